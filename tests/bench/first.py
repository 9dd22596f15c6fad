"""What the first request of an edition costs: it makes what all others are given."""

import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import cycle, islice
from statistics import median

from cms.events import article_path
from reader.pages import KEPT, Page
from tests.bench import targets

READERS = 8  # at once
TIMES = 20


def warm(server):
    """Let every article that will be asked for be asked for once; return {pages, seconds, cpu}."""
    kept = {page.address for page in targets.whole_pages()}
    paths = [path for path in map(article_path, targets.slugs()) if path not in kept]
    begun, used = time.monotonic(), server.cpu()
    with ThreadPoolExecutor(READERS) as pool:
        shares = [paths[start::READERS] for start in range(READERS)]
        list(pool.map(read, [server.port] * READERS, shares))
    return {"pages": len(paths), "seconds": time.monotonic() - begun, "cpu": server.cpu() - used}


def requests(server, paths):
    """Forget what is kept of a path and ask for it, some times; return {p50, cpu} of one request in ms."""
    taken, used = [], server.cpu()
    for path in islice(cycle(paths), TIMES):
        Page.objects.filter(path=KEPT + path).delete()
        begun = time.perf_counter()
        read(server.port, [path])
        taken.append(1000 * (time.perf_counter() - begun))
    return {"p50": median(taken), "cpu": 1000 * (server.cpu() - used) / TIMES}


def read(port, paths):
    """Ask for each path on one connection; each has to be there."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for path in paths:
        connection.request("GET", path, headers={"Host": "localhost", "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        assert answer.read(), path
        assert answer.status == 200, (path, answer.status)
    connection.close()
