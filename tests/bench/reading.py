"""Readers at a steady pace, in a process of their own: `python -m tests.bench.reading PORT FILE RATE`.

They ask for the paths of a file in any order until their standard input ends, then print what they were answered.
"""

import json
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event

READERS = 16  # at once


def read(port, paths, pause, number, done):
    """Ask for one path after another, one each `pause` s if the site keeps up; return statuses and times in s."""
    chance, statuses, taken = random.Random(number), Counter(), []
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    due = time.perf_counter() + pause * chance.random()
    while not done.is_set():
        time.sleep(max(0, due - time.perf_counter()))
        begun = time.perf_counter()
        due = max(due + pause, begun)  # what is late is not made up for
        try:
            connection.request(
                "GET", chance.choice(paths), headers={"Host": "localhost", "Accept-Encoding": "gzip"}
            )
            answer = connection.getresponse()
            answer.read()
            statuses[answer.status] += 1
        except (OSError, HTTPException):
            statuses["no answer"] += 1
            connection.close()
        taken.append(time.perf_counter() - begun)
    return statuses, taken


def main(port, file, rate):
    """Read until nobody wants more; print {statuses, rate, p50, p99}, in requests/s and ms."""
    paths, done = Path(file).read_text().splitlines(), Event()
    begun, pause = time.monotonic(), READERS / float(rate)
    with ThreadPoolExecutor(READERS) as pool:
        asked = [pool.submit(read, int(port), paths, pause, number, done) for number in range(READERS)]
        sys.stdin.read()
        done.set()
        told = [one.result() for one in asked]
    statuses = sum((counted for counted, _taken in told), Counter())
    taken = sorted(1000 * one for _counted, times in told for one in times)
    p50, p99 = (taken[int(len(taken) * share)] for share in (0.5, 0.99))
    seconds = time.monotonic() - begun
    print(json.dumps({"statuses": statuses, "rate": len(taken) / seconds, "p50": p50, "p99": p99}))


if __name__ == "__main__":
    main(*sys.argv[1:])
