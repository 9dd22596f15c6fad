"""Benchmarks that anybody can run: `make bench`, or `python -m tests.bench reconcile --posts 1000000`.

Each makes a blog of its own in a scratch folder, on SQLite or (TEST_ON=postgresql) on PostgreSQL;
or in DATA_DIR if that is set, and then a second run finds it there. What is measured are whole
processes, from outside. The results are rows of a Markdown table.
"""

import argparse
import json
import os
import subprocess
import sys
import time

if "DATA_DIR" not in os.environ:
    from tests import plugin  # noqa: F401  says where the data is, before Django asks
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.core.management import call_command
from django.db import connections

from reader.models import Article, Page
from tests import corpus
from writer import queries as writer
from writer.models import Post


def measured(*given):
    """Run manage.py; return seconds, the most memory it held in MB, its exit code, and what it printed."""
    connections.close_all()
    begun = time.monotonic()
    process = subprocess.Popen([sys.executable, "manage.py", *given], stdout=subprocess.PIPE, text=True)
    printed = process.stdout.read()
    _pid, status, used = os.wait4(process.pid, 0)
    return time.monotonic() - begun, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), printed


def prepare(options):
    """Make the blog, in a process of its own: the memory of a parent would be counted as its children's."""
    given = ["--posts", str(options.posts), "--words", str(options.words)]
    subprocess.run([sys.executable, "-m", "tests.bench", "fill", *given], check=True)


def fill(options):
    """Make the blog, if it is not there."""
    for alias in ("default", "reader"):
        call_command("migrate", database=alias, verbosity=0)
    if Post.objects.exists():
        return
    begun = time.monotonic()
    corpus.fill(options.posts, words=options.words)
    post = Post.objects.order_by("pk").first()
    assert writer.public_event(post.pk).digest == post.digest  # it is what the commands would have left
    print(f"{options.posts:,} posts made in {time.monotonic() - begun:.0f} s", file=sys.stderr)


def row(what, seconds, memory, note):
    print(f"| {what} | {seconds:.1f} s, {memory:.0f} MB | {note} |", flush=True)


def reconcile(options):
    """What reconcile costs when there is nothing to do, and when a hundred posts drifted."""
    prepare(options)
    on = connections["default"].vendor
    clean = []
    for number in range(3):
        seconds, memory, code, printed = measured("reconcile")
        assert (code, "no drift" in printed) == (0, True), printed
        clean.append(seconds)
        row(f"`reconcile`, {options.posts:,} posts in sync, {on}", seconds, memory, f"run {number + 1}")
    drifted = damage(on)
    seconds, memory, code, printed = measured("reconcile", "--json")
    report = json.loads(printed)
    assert code == 3, printed
    assert {finding["post_id"] for finding in report["findings"]} == {str(post) for post in drifted}
    assert report["repaired"] == len(drifted)
    share = seconds / sorted(clean)[1]
    row(
        f"`reconcile`, {len(drifted)} drifted, {on}",
        seconds,
        memory,
        f"{report['found']}; {share:.2f} × the clean run",
    )
    seconds, memory, code, printed = measured("reconcile", "--check")
    assert code == 0, printed
    row(f"`reconcile --check` afterwards, {on}", seconds, memory, printed.strip())


def damage(vendor):
    """Let a hundred posts drift in five ways; return them."""
    spread = Post.objects.order_by("pk").values_list("pk", flat=True)
    step = max(1, spread.count() // 100)
    posts = [spread[place] for place in range(0, step * 100, step)]
    missing, stale, changed, orphan, outdated = (posts[start::5] for start in range(5))
    Page.objects.filter(post_id__in=missing).delete()
    Article.objects.filter(pk__in=missing).delete()
    for article in Article.objects.filter(pk__in=stale):
        Article.objects.filter(pk=article.pk).update(version=article.version - 1)
    Article.objects.filter(pk__in=changed).update(digest="0" * 64)
    Post.objects.filter(pk__in=orphan).update(live=None)
    Article.objects.filter(pk__in=outdated).update(render_version="older")
    return posts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["fill", "reconcile"])
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=100)
    options = parser.parse_args()
    {"fill": fill, "reconcile": reconcile}[options.what](options)


if __name__ == "__main__":
    main()
