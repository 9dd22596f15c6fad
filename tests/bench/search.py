"""What a search costs, one after the other."""

import random
import time

from django.db import connections
from django.test import Client

from tests.bench.blog import prepare


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
