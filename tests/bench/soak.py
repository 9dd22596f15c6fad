"""Ten minutes of mixed reads with a publication every second: nothing fails, nothing is stale, nothing grows."""

import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from http.client import HTTPConnection

from django.utils import timezone

from reader import queries
from tests.bench import results, web
from tests.bench.blog import measured, prepare
from tests.bench.readers import reading
from tests.bench.targets import API
from writer import commands
from writer.commands.drafts import draft_of
from writer.models import Post

READS = 100  # a second
EVERY = 1.0  # s, a publication
SAMPLES = 10  # s between two looks at the memory
NEWEST = 10  # posts, which home page and feed both name
SETTLED = 0.2  # of the time, until all that is kept in memory is there
LONG = 300  # s; in less, memory has not settled
GROWTH = 1.1  # × what was held then; more is no flat line


def soak(options):
    """Read and publish; end with 1 if an answer was a 5xx or missing, a page stale, or memory grew."""
    prepare(options, each=True)
    machine = results.machine()
    with ExitStack() as stack:
        site = stack.enter_context(web.imprint(workers=options.workers))
        worker = stack.enter_context(web.procfile("worker"))
        reads = stack.enter_context(reading(site, READS))
        stale, asked, memory = publications(site, {"web": site, "worker": worker}, options.seconds)
    _seconds, _memory, code, printed = measured("reconcile", "--check")
    grown = growth(memory)
    told = {
        "reads": reads,
        "asked": asked,
        "stale": stale,
        "memory": memory,
        "grown": grown,
        "reconcile": printed.strip(),
    }
    results.keep("soak", options, machine, **told)
    wrong = [status for status in reads["statuses"] if status not in ("200", "301", "304", "410")]
    swollen = options.seconds >= LONG and max(grown.values()) > GROWTH
    if stale or wrong or code or swollen:
        sys.exit(f"stale: {stale}; other answers: {wrong}; reconcile: {code}; grown: {grown}")


def publications(site, servers, seconds):
    """Publish each second and look at once; return what was stale, how often was looked, and the memory."""
    begun, stale, asked, memory = time.monotonic(), [], Counter(), []
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    number = 0
    while (now := time.monotonic() - begun) < seconds:
        if now >= len(memory) * SAMPLES:
            memory.append({name: [one["mb"] for one in server.memory()] for name, server in servers.items()})
        post, shown, word = withdrawal(number) if number % 10 == 9 else publication(number)
        for path in (f"/posts/{post.slug}/", "/", "/feed.xml", f"{API}{post.slug}/"):
            status, text = answer(connection, path)
            asked[status] += 1
            if (word in text) is not shown or status >= 500:
                stale.append(f"{path} after {number} publications: {status}")
        number += 1
        time.sleep(max(0, begun + number * EVERY - time.monotonic()))
    return stale, asked, memory


def publication(number):
    """Change the title and text of one of the newest posts, or publish a new one; return (post, True, a word)."""
    word = f"w{number}w{time.monotonic_ns()}w"
    newest = list(queries.front().values_list("pk", flat=True)[:NEWEST])
    if number % 10 == 8:  # the next one withdraws it
        draft = commands.Draft(title=f"Post {word}", body=f"{word} is new.")
        pk = commands.create_draft(draft=draft, actor=None, now=timezone.now())
    else:
        pk = newest[number % len(newest)]
        post = Post.objects.get(pk=pk)
        draft = replace(draft_of(post), title=f"Post {word}", body=f"{word} {post.body.partition(' ')[2]}")
        commands.save_draft(pk, draft=draft, lock_version=post.lock_version, actor=None, now=timezone.now())
    commands.publish(pk, actor=None, now=timezone.now())
    return Post.objects.get(pk=pk), True, word


def withdrawal(number):
    """Withdraw the newest post; return (post, False, its title)."""
    post = Post.objects.get(pk=queries.newest().values_list("pk", flat=True)[0])
    commands.unpublish(post.pk, actor=None, now=timezone.now())
    return post, False, post.title


def answer(connection, path):
    """Return status and text of what stands at a path."""
    connection.request("GET", path, headers={"Host": "localhost"})
    got = connection.getresponse()
    return got.status, got.read().decode()


def growth(memory):
    """Return by how much each server's memory grew from when it had settled until the end, as a ratio."""
    settled, last = memory[int(len(memory) * SETTLED)], memory[-1]
    return {name: round(sum(last[name]) / sum(settled[name]), 3) for name in last}
