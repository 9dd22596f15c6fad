"""Benchmarks that anybody can run: `make bench`, or `python -m tests.bench reconcile --posts 1000000`.

Each makes a blog of its own in a scratch folder, on SQLite or (TEST_ON=postgresql) on PostgreSQL;
or in DATA_DIR if that is set, and then a second run finds it there. What is measured are whole
processes, from outside. The results are rows of a Markdown table.
"""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from threading import Event

if "DATA_DIR" not in os.environ:
    from tests import plugin  # noqa: F401  says where the data is, before Django asks
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cms.models import Lease
from reader.models import Article, Page
from reader.rendering import render_version
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
        make_database(connections[alias])
        call_command("migrate", database=alias, verbosity=0)
    if Post.objects.exists():
        return
    begun = time.monotonic()
    corpus.fill(options.posts, words=options.words)
    post = Post.objects.order_by("pk").first()
    assert writer.public_event(post.pk).digest == post.digest  # it is what the commands would have left
    print(f"{options.posts:,} posts made in {time.monotonic() - begun:.0f} s", file=sys.stderr)


def make_database(connection):
    """Let PostgreSQL have the database, as a server that was only just started has none."""
    if connection.vendor == "postgresql":
        name = connection.settings_dict["NAME"]
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")


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
    drifted = damage()
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


def damage():
    """Let a hundred posts drift in five ways; return them."""
    spread = Post.objects.live().order_by("pk").values_list("pk", flat=True)
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


def rerender(options):
    """Render every article anew while readers read, and be killed half-way."""
    prepare(options)
    on, paths = connections["default"].vendor, ["/", "/page/2/", "/tags/", "/tags/tag-1/"]
    paths += random.Random(1).choices(list(Page.objects.values_list("path", flat=True)), k=500)
    before = render_version()
    with load(paths) as answers:
        begun = time.monotonic()
        killed = subprocess.Popen([sys.executable, "manage.py", "reconcile", "--rerender"])
        outdated = Article.objects.exclude(render_version=before)
        marked = 0  # it marks all of them first
        while not (left := outdated.count()) < options.posts / 2 < marked:
            assert killed.poll() is None
            marked = max(marked, left)
            time.sleep(0.2)
        killed.kill()
        killed.wait()
        half, left = time.monotonic() - begun, outdated.count()
        Lease.objects.filter(name="reconcile").update(expires_at=timezone.now())  # or wait for a minute
        seconds, memory, code, printed = measured("reconcile", "--rerender")
    assert (code, outdated.count()) == (3, 0), printed
    assert set(answers) == {200}, answers
    note = f"killed after {half:.0f} s with {left:,} left, resumed; {printed.splitlines()[-1]}"
    row(f"`reconcile --rerender`, {options.posts:,} articles under load, {on}", half + seconds, memory, note)
    each = (half + seconds) / options.posts * 1000
    row(
        "the same, for each article",
        0,
        0,
        f"{each:.1f} ms; meanwhile {answers[200]:,} answers 200, none else, none empty",
    )


@contextmanager
def load(paths):
    """Serve the blog, and read it without a pause; yield how often each status was answered."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    where = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--no-ws", "--log-level", "error"]
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--blocking-threads",
            "4",
            *where,
            "cms.wsgi:application",
        ],
        start_new_session=True,
    )
    answers, done = Counter(), Event()

    def read(chance):
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        while not done.is_set():
            connection.request("GET", chance.choice(paths), headers={"Host": "localhost"})
            response = connection.getresponse()
            body = response.read()
            answers[response.status if len(body) > 500 else "empty"] += 1
            time.sleep(0.01)  # a load, not a flood

    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.1)
        with ThreadPoolExecutor() as pool:
            readers = [pool.submit(read, random.Random(number)) for number in range(4)]
            try:
                yield answers
            finally:
                done.set()
            for reader in readers:
                reader.result()
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


PAGES = {  # of the desk
    "first page": "",
    "list": "writer/post/",
    "its 1,900th page": "writer/post/?p=1900",
    "search, many hits": "writer/post/?q=harbour",
    "search, one hit": "writer/post/?q=post-777",
    "search, no hit": "writer/post/?q=zebra",
    "live, no hit": "writer/post/?state=live&q=zebra",
    "drafts": "writer/post/?state=draft",
    "needs review": "writer/post/?state=review",
    "with a schedule": "writer/post/?state=appointed",
    "failed": "writer/post/?state=failed",
    "trash": "writer/post/?state=trash",
    "by tag": "writer/post/?tag=tag+1",
    "by author, no hit": "writer/post/?author=ada&q=zebra",
    "mine": "writer/post/?mine=1",
    "last published, no hit": "writer/post/?order=published&q=zebra",
}


def desk(options):
    """What the pages of the desk cost: for somebody who made every post, and for one who made 300."""
    prepare(options)
    on, (boss, contributor) = connections["default"].vendor, staff()
    for who, pages in ((boss, PAGES), (contributor, ("first page", "list", "search, no hit"))):
        client = Client(headers={"host": "localhost"})
        client.force_login(who)
        for page in pages:
            wall, cpu, queries = visited(client, PAGES[page])
            times = f"{wall * 1000:.0f} ms | {cpu * 1000:.0f} ms"
            print(f"| {who.username}: {page}, {on} | {times} | {queries} |", flush=True)
            assert queries <= (12 if page == "first page" else 15), (page, queries)


def staff():
    """Return a superuser who made every post, and a contributor; make both, and posts in every state, at first."""
    make = get_user_model().objects
    boss = make.filter(username="boss").first() or make.create_superuser("boss")
    contributor, new = make.get_or_create(username="contributor", is_staff=True)
    if new:
        contributor.groups.add(Group.objects.get(name="Contributor"))
        Post.objects.update(created_by=boss)
        unpublished(1000, boss, contributor)
    return boss, contributor


def unpublished(number, boss, contributor):
    """Make so many drafts, some scheduled, ready for review, refused or in the trash."""
    now, day = timezone.now(), timedelta(days=1)
    shared = {"created_at": now, "edited_at": now}
    Post.objects.bulk_create(
        Post(
            title=f"Draft {place}",
            slug=f"draft-{place}",
            body="Text.",
            created_by=contributor if place % 10 < 3 else boss,
            publish_at=now + day * (place % 20 + 1) if place % 10 == 1 else None,
            review_asked_at=now if place % 10 == 2 else None,
            refusal="It was refused." if place % 100 == 4 else "",
            trashed_at=now if place % 10 == 5 else None,
            **shared,
        )
        for place in range(number)
    )
    with connections["default"].cursor() as cursor:
        cursor.execute("ANALYZE")


def visited(client, path):
    """Open a page seven times; return the median time and the least processor time in s, and the queries."""
    wall, cpu = [], []
    for _ in range(7):
        with CaptureQueriesContext(connections["default"]) as queries:
            begun, used = time.perf_counter(), time.process_time()
            answer = client.get(f"/admin/{path}")
            wall.append(time.perf_counter() - begun)
            cpu.append(time.process_time() - used)
        assert answer.status_code == 200, (path, answer.status_code)
    return sorted(wall)[3], min(cpu), len(queries)


def search(options):
    """What a search costs, from the request to the page, for words that all posts have, one has, none has."""
    prepare(options)
    on, chance = connections["default"].vendor, random.Random(1)
    asked = {
        "a word that every post has": lambda: chance.choice(("thing", "another", "part", "last")),
        "two of them": lambda: " ".join(chance.sample(("thing", "another", "part", "last"), 2)),
        "two side by side": lambda: '"another thing"',
        "a beginning": lambda: chance.choice(("thi", "anot", "par")),
        "a word that one post has": lambda: str(chance.randrange(options.posts)),
        "a mistyped word": lambda: chance.choice(("harbuor", "leters", "evenning")),
        "a word that no post has": lambda: "zzyzx",
        "a common word, narrowed by tag and year": lambda: "thing",
    }
    for what, text in asked.items():
        narrowed = {"tag": "tag-3", "year": "2023"} if "narrowed" in what else {}
        wall, cpu = timed({"q": text(), **narrowed} for _time in range(60))
        p50, p95 = (1000 * wall[int(len(wall) * share)] for share in (0.5, 0.95))
        print(
            f"| {what}, {on} | {p50:.0f} ms | {p95:.0f} ms | {1000 * cpu[len(cpu) // 2]:.0f} ms |", flush=True
        )


def timed(questions):
    """Return how long each search took, by the clock and of the processor, sorted; the first five warm up."""
    client, taken = Client(), []
    for question in questions:
        begun = time.perf_counter(), time.process_time()
        assert client.get("/search/", question, headers={"host": "localhost"}).status_code == 200
        taken.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
    return (sorted(times) for times in zip(*taken[5:], strict=True))


BENCHMARKS = {"fill": fill, "reconcile": reconcile, "rerender": rerender, "search": search, "desk": desk}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=BENCHMARKS)
    parser.add_argument("--posts", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=100)
    options = parser.parse_args()
    BENCHMARKS[options.what](options)


if __name__ == "__main__":
    main()
