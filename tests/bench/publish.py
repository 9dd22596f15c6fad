"""How soon readers see what was published, while others read; and how fast a blog comes in and is made anew."""

import time
from dataclasses import replace
from http.client import HTTPConnection
from random import Random

from django.utils import timezone

from reader.models import Article
from tests.bench import first, results, web
from tests.bench.blog import made, measured, prepare
from tests.bench.readers import reading
from writer import commands
from writer.commands.drafts import draft_of
from writer.models import Post

READS = 200  # a second
TIMES = 100
PAUSE = 1.0  # s between two publications, as the soak has it


def publish(options):
    """Measure import, rendering anew, and publications."""
    prepare(options, each=True)
    machine, number = results.machine(), Article.objects.filter(gone_at=None).count()
    seconds, memory, code, printed = measured("reconcile", "--rerender")
    assert code == 3, printed
    rerendered = {"posts": number, "seconds": seconds, "mb": memory}
    with web.imprint(workers=options.workers) as site:
        first.warm(site)
        alone = published(site)
        with reading(site, READS) as reads:
            time.sleep(2)
            while_read = published(site)
    told = {
        "made": made(),
        "rerendered": rerendered,
        "alone": alone,
        "while_read": while_read,
        "reads": reads,
    }
    results.keep("publish", options, machine, **told)


def published(site):
    """Publish many changes; return {p50, p99 of seen, p50, p99 of command} in ms."""
    posts = list(Post.objects.live().order_by("pk").values_list("pk", flat=True)[:1000])
    chance, taken, answered = Random(4), [], []
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    for number in range(TIMES):
        word = f"w{number}w{time.monotonic_ns()}w"
        post = changed(chance.choice(posts), word)
        begun = time.perf_counter()
        commands.publish(post.pk, actor=None, now=timezone.now())
        answered.append(1000 * (time.perf_counter() - begun))
        while word not in ask(connection, f"/posts/{post.slug}/"):
            pass
        taken.append(1000 * (time.perf_counter() - begun))
        time.sleep(PAUSE)
    connection.close()
    return {
        **{f"seen_{name}": at(taken, share) for name, share in (("p50", 0.5), ("p99", 0.99))},
        **{f"command_{name}": at(answered, share) for name, share in (("p50", 0.5), ("p99", 0.99))},
    }


def at(times, share):
    """Return what such a share of the times does not exceed."""
    return sorted(times)[int(len(times) * share)]


def changed(pk, word):
    """Write a word into the text of a post; return the post."""
    post = Post.objects.get(pk=pk)
    draft = replace(draft_of(post), body=f"{post.body}\n\n{word}")
    commands.save_draft(pk, draft=draft, lock_version=post.lock_version, actor=None, now=timezone.now())
    return Post.objects.get(pk=pk)


def ask(connection, path):
    """Return the text at a path of the site."""
    connection.request("GET", path, headers={"Host": "localhost"})
    return connection.getresponse().read().decode()
