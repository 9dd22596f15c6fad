"""Who reads a site on many machines all the time, and complains of what a living node must not do."""

import threading
from collections import Counter
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException

from cms.edge_files import NUMBERS

PATHS = (
    *("/", "/posts/one/", "/posts/sometimes/", "/posts/deleted/", "/feed.xml", "/healthz"),
    *("/search/?q=word", "/api/v1/articles/", "/api/v1/changes/", "/sitemap.xml"),
)
READS = 0.08  # s between two reads of each reader


class Read:
    """The part of `Many` that is read: which nodes have to answer, and what they did."""

    def __init__(self):
        self.kills, self.up = Counter(), Counter()
        self.answers, self.complaints, self.stopped = Counter(), [], threading.Event()

    def read(self, name, number=None):
        """Read one address after the other until told to stop; complain of what a living node must not do."""
        turn = 0
        while not self.stopped.wait(READS):
            before = self.kills[number], self.up[number]
            path = PATHS[turn % len(PATHS)]
            turn += 1
            status = ask(self.edge.ports[name], path)
            self.answers[name, status] += 1
            lived = number is None or (before[1] and (self.kills[number], self.up[number]) == before)
            if lived and (not isinstance(status, int) or status >= 500):
                self.complaints.append(f"{name}{path}: {status}")

    @contextmanager
    def readers(self):
        """Let somebody read each node, and somebody the front, all the time."""
        given = [("front",), *((f"node-{number}", number) for number in NUMBERS)]
        threads = [threading.Thread(target=self.read, args=args) for args in given]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopped.set()
            for thread in threads:
                thread.join()


def ask(port, path):
    """Return the status of an answer, or what came instead."""
    try:
        return page(port, path)[0]
    except (OSError, HTTPException) as fault:
        return type(fault).__name__


def page(port, path):
    """Return status and text of an answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
