"""How soon a web process answers, and what it weighs after requests of all kinds."""

import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import cycle, islice
from statistics import median

from django.db import connections

from tests.bench import readers, web
from tests.bench.blog import prepare, row

TIMES = 3
REQUESTS = 10_000
AT_ONCE = 4
# What nobody reads, but somebody or something asks for.
OTHERS = (
    "/admin/login/",
    "/api/",
    "/api/schema/",
    "/feed.json",
    "/healthz",
    "/metrics",
    "/no/such/page/",
    "/posts/no-such-post/",
    "/robots.txt",
    "/search/?q=harbuor",
    "/sitemap.xml",
)


def start(options):
    """Start the web process some times, and let the last one answer."""
    prepare(options, each=True)
    on, seconds, used = connections["reader"].vendor, [], []
    for number in range(TIMES):
        begun = time.monotonic()
        with web.imprint() as server:
            seconds.append(time.monotonic() - begun)
            used.append(server.cpu())
            if number == TIMES - 1:
                fresh, grown, seen = weighed(server)
    cpu = f"processor time {min(used):.1f} s; first of {TIMES}: {seconds[0]:.1f} s"
    row(f"web process until it answers, {on}", median(seconds), fresh, cpu)
    row(f"the worker after {REQUESTS:,} requests of all kinds, {on}", 0, grown, f"statuses {sorted(seen)}")


def weighed(server):
    """Return what the heaviest process holds before and after many requests, in MB, and the statuses seen."""
    fresh = heaviest(server)
    paths = [*readers.mixed(), *OTHERS * 10]
    shares = [list(islice(cycle(paths), first, REQUESTS, AT_ONCE)) for first in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = set().union(*pool.map(asked, [server.port] * AT_ONCE, shares))
    return fresh, heaviest(server), seen


def heaviest(server):
    """Return what the heaviest process of the server holds resident, in MB: the worker."""
    return max(one["mb"] for one in server.memory())


def asked(port, paths):
    """Ask for the paths on one connection; return the statuses of the answers. None may be a fault."""
    connection, seen = HTTPConnection("127.0.0.1", port, timeout=60), set()
    for path in paths:
        connection.request("GET", path, headers={"Host": "localhost", "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        seen.add(answer.status)
    connection.close()
    assert not {status for status in seen if status >= 500}, seen
    return seen
