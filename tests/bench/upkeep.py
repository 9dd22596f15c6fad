"""What it costs to compare both sides, and to render every article anew."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Event

from django.db import connections
from django.utils import timezone

from cms.models import Lease
from reader.models import Article
from reader.pages import Page
from reader.rendering import render_version
from tests.bench import web
from tests.bench.blog import measured, prepare, row
from writer.models import Post


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
    answers, done = Counter(), Event()

    def read(port, chance):
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        while not done.is_set():
            connection.request("GET", chance.choice(paths), headers={"Host": "localhost"})
            response = connection.getresponse()
            body = response.read()
            answers[response.status if len(body) > 500 else "empty"] += 1
            time.sleep(0.01)  # a load, not a flood

    with web.imprint() as server, ThreadPoolExecutor() as pool:
        readers = [pool.submit(read, server.port, random.Random(number)) for number in range(4)]
        try:
            yield answers
        finally:
            done.set()
        for reader in readers:
            reader.result()
