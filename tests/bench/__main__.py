"""`python -m tests.bench WHAT`: choose the benchmark."""

import argparse

from tests.bench import place  # noqa: F401  says where the data is, before Django asks

import django

django.setup()

from tests.bench import blog, desk, search, serve, upkeep

BENCHMARKS = {
    "fill": blog.fill,
    "reconcile": upkeep.reconcile,
    "rerender": upkeep.rerender,
    "search": search.search,
    "desk": desk.desk,
    "serve": serve.serve,
}


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("what", choices=BENCHMARKS)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=100, help="of each post; `serve` takes 700")
    parser.add_argument(
        "--each", action="store_true", help="each post has a page of its own, not that of another"
    )
    parser.add_argument(
        "--imported", type=int, default=1000, help="up to so many posts are imported, more made in bulk"
    )
    parser.add_argument("--seconds", type=int, default=4, help="that each thing is asked for, in each round")
    parser.add_argument("--workers", type=int, default=1, help="processes of each web server")
    options = parser.parse_args()
    BENCHMARKS[options.what](options)


if __name__ == "__main__":
    main()
