"""`python -m tests.bench WHAT`: choose the benchmark."""

import argparse
import logging
import signal
import sys

from tests.bench import place  # noqa: F401  says where the data is, before Django asks

import django
from django.conf import settings

django.setup()
logging.getLogger().setLevel(logging.WARNING)  # thousands of posts are published here

from tests.bench import (
    blog,
    desk,
    edge,
    front,
    profile,
    publish,
    report,
    scale,
    search,
    serve,
    soak,
    start,
    upkeep,
)

BENCHMARKS = {
    "fill": blog.fill,
    "reconcile": upkeep.reconcile,
    "rerender": upkeep.rerender,
    "search": search.search,
    "scale": scale.scale,
    "cost": scale.cost,
    "desk": desk.desk,
    "serve": serve.serve,
    "front": front.front,
    "publish": publish.publish,
    "soak": soak.soak,
    "edge": edge.edge,
    "start": start.start,
    "profile": profile.profile,
    "report": report.report,
}
POSTS = {
    "serve": 1000,
    "front": 1000,
    "publish": 751,
    "soak": 751,
    "edge": 1000,
    "start": 751,
    "profile": 1000,
}  # unless --posts says otherwise
WORDS = dict.fromkeys(POSTS, 700)
SECONDS = {"soak": 600, "edge": 20}


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))  # and its servers with it
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("what", choices=BENCHMARKS)
    parser.add_argument("--posts", type=int)
    parser.add_argument("--words", type=int, help="of each post")
    parser.add_argument(
        "--each", action="store_true", help="each post has a page of its own, not that of another"
    )
    parser.add_argument(
        "--imported", type=int, default=1000, help="up to so many posts are imported, more made in bulk"
    )
    parser.add_argument(
        "--seconds",
        type=int,
        help="that each thing is asked for in each round of `serve`; that `soak` lasts, and that `edge` publishes",
    )
    parser.add_argument(
        "--workers", type=int, default=settings.WEB_WORKERS, help="processes of each web server"
    )
    options = parser.parse_args()
    options.posts = options.posts or POSTS.get(options.what, 100_000)
    options.seconds = options.seconds or SECONDS.get(options.what, 4)
    options.words = options.words or WORDS.get(options.what, 100)
    BENCHMARKS[options.what](options)


if __name__ == "__main__":
    main()
