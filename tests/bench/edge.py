"""How long a new node takes until it is ready, and how soon every node shows what was published."""

import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from queue import Empty, Queue
from random import Random
from threading import Thread

from django.conf import settings
from django.db import connections
from django.utils import timezone

from cms import events, stream
from cms.edge import Edge
from cms.edge_files import NUMBERS, PORTS
from cms.events import READER, STREAM
from tests.bench import results
from tests.bench.blog import prepare, taken
from tests.bench.publish import at, changed
from tests.installation import free_port
from writer import commands
from writer.models import Post

RATE = 10  # publications a second
POLL = 0.02  # s between two looks at a node
LATE = 60  # s after which a publication is given up


def edge(options):
    """Measure filling a stream, a new node from it and from a snapshot, and publications to all nodes."""
    prepare(options, each=True)
    machine = results.machine()
    place = Edge(Path(settings.DATA_DIR) / "edge", {name: free_port() for name in PORTS})
    shutil.rmtree(place.folder, ignore_errors=True)
    place.prepare()
    writer = place.writer | {"DATABASE_URL": os.environ.get("DATABASE_URL") or file_url()}
    with ExitStack() as stack:
        for server in place.servers():
            stack.enter_context(running(server))
        for number in NUMBERS:
            server.wait(place.ports[f"health-{number}"], "/healthz")
        told = {"words": options.words, "filled": manage(writer, "reconcile", codes=(0, 3))}
        told |= filled_nodes(place, options)
        told["message"] = stored(place.folder / "nats-1") / options.posts
        told["publications"] = {
            "one node": published(place, NUMBERS[:1], options),
            "three nodes": published(place, NUMBERS, options),
        }
    results.keep("edge", options, machine, **told)


def filled_nodes(place, options):
    """Fill one node from the stream, and the others from a snapshot of it; return what each took."""
    file = place.folder / "node.snapshot"
    for number in NUMBERS:
        manage(place.node(number), "migrate")
        manage(place.node(number), "collectstatic", "--noinput")
    from_stream = manage(place.node(1), "follow", "--once")
    snapshot = manage(place.node(1), "snapshot", str(file))
    started = [manage(place.node(number), "start_from", str(file)) for number in NUMBERS[1:]]
    for number in NUMBERS:
        assert articles(place, number) == options.posts, f"node {number} has {articles(place, number)}"
    size = (place.folder / "node-2" / "reader.sqlite3").stat().st_size
    return {
        "from_stream": from_stream,
        "snapshot": snapshot,
        "started": started[0],
        "article": size / options.posts,
    }


def manage(environment, *given, codes=(0,)):
    """Run manage.py as one part has it; return seconds, seconds of the processor, and the most memory in MB."""
    seconds, used, code, _printed = taken(*given, env=environment, stderr=subprocess.DEVNULL)
    assert code in codes, f"{given} ended with {code}"
    return {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "mb": used.ru_maxrss / 1024}


@contextmanager
def running(part):
    """Run a part of the edge; end it and all that it started."""
    part.start()
    try:
        yield part
    finally:
        part.see_end(until=0)


def published(place, numbers, options):
    """Publish for a while while these nodes run; return when each publication was to be read on all of them."""
    nodes = [node for node in place.nodes() if int(node.name[-1]) in numbers]
    followers = [part for part in place.followers() if int(part.name[-1]) in numbers]
    with ExitStack() as stack:
        for part in (*followers, *nodes):
            stack.enter_context(running(part))
        for node in nodes:
            node.wait(place.ports[node.name], "/readyz")
        time.sleep(5)
        with told_to(place):
            return measured(place, nodes, count=RATE * options.seconds)


@contextmanager
def told_to(place):
    """Let this process be the writer of the edge: only the stream is told."""
    settings.EVENTS_URL = place.writer["EVENTS_URL"].split(",")
    settings.EVENTS_REPLICAS = len(NUMBERS)
    events.happened.disconnect(dispatch_uid=READER)
    events.happened.connect(stream.on_happened, dispatch_uid=STREAM)
    try:
        yield
    finally:
        events.happened.disconnect(dispatch_uid=STREAM)


def measured(place, nodes, *, count):
    """Publish so many changes at RATE; return how long they took to be read everywhere, in ms, and how late they began."""
    queues = [Queue() for _node in nodes]
    seen = [{} for _node in nodes]
    watchers = [
        Thread(target=watch, args=(place.ports[node.name], file_of(place, node.name), queue, found))
        for node, queue, found in zip(nodes, queues, seen, strict=True)
    ]
    for watcher in watchers:
        watcher.start()
    begun = time.monotonic()
    answered = dict(published_words(queues, count=count))
    rate = count / (time.monotonic() - begun)
    for queue, watcher in zip(queues, watchers, strict=True):
        queue.put(None)
        watcher.join()
    connections.close_all()
    taken = [max(found.get(word, 1000 * LATE) for found in seen) for word in answered]
    return {
        "count": count,
        "rate": rate,
        **{f"seen_{name}": at(taken, share) for name, share in (("p50", 0.5), ("p99", 0.99))},
        **{
            f"command_{name}": at([*answered.values()], share)
            for name, share in (("p50", 0.5), ("p99", 0.99))
        },
    }


def published_words(queues, *, count):
    """Publish so many changes at RATE, and tell those who watch; yield each word and how long its command took, in ms.

    Each post has its turn before one comes again, so that no word is overwritten before it was seen.
    """
    posts = list(Post.objects.live().order_by("pk").values_list("pk", flat=True)[:1000])
    Random(4).shuffle(posts)
    begun = time.monotonic()
    for number, post_id in zip(range(count), cycle(posts)):
        time.sleep(max(0, begun + number / RATE - time.monotonic()))
        word = f"w{number}w{time.monotonic_ns()}w"
        post = changed(post_id, word)
        since = time.perf_counter()
        commands.publish(post.pk, actor=None, now=timezone.now())
        yield word, 1000 * (time.perf_counter() - since)
        post.refresh_from_db(fields=["version"])
        for queue in queues:
            queue.put((f"/posts/{post.slug}/", post.version, word, since))


def watch(port, file, queue, found):
    """Ask a node for what was published once it is there; note how long after the call of `publish`, in ms.

    That it is there its file tells: pages asked for before would take from the node what it needs to be in time.
    """
    node = HTTPConnection("127.0.0.1", port, timeout=60)
    waiting, more = [], True
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as there:
        while more or waiting:
            try:
                while (one := queue.get_nowait()) is not None:
                    waiting.append(one)
                more = False
            except Empty:
                pass
            waiting = [one for one in waiting if not shown(node, there, one, found)]
            time.sleep(POLL)
    node.close()


def shown(node, there, one, found):
    """Tell whether the node shows what was published, or has had too long; note when, if it does."""
    path, version, word, since = one
    row = there.execute(
        "SELECT 1 FROM reader_page WHERE path = ? AND version >= ?", (path, version)
    ).fetchone()
    if row:
        node.request("GET", path, headers={"Host": "localhost"})
        if word in node.getresponse().read().decode():
            found[word] = 1000 * (time.perf_counter() - since)
    return word in found or time.perf_counter() > since + LATE


def articles(place, number):
    """Return how many articles a node has."""
    with closing(sqlite3.connect(file_of(place, f"node-{number}"))) as connection:
        return connection.execute("SELECT count(*) FROM reader_article WHERE gone_at IS NULL").fetchone()[0]


def file_of(place, name):
    """Return the file of a node's articles."""
    return place.folder / name / "reader.sqlite3"


def stored(folder):
    """Return the bytes of all files in a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def file_url():
    return f"sqlite:///{Path(settings.DATA_DIR).resolve() / 'writer.sqlite3'}"
