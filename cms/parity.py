"""Parity: every public surface shows the same posts. Only looks, and asks as a reader would.

In memory are eight bytes for each post and one for what was seen of it, however large the site.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client  # calls the views themselves: no server has to be up

from cms.surfaces import SURFACES, Get, Surface, Unreadable
from reader import queries

NAMED: Final = 10  # of what differs
LOOKS: Final = 3  # at a surface while posts are being published


@dataclass(slots=True)
class Finding:
    """What one surface shows."""

    surface: str
    expected: int = 0
    missing: int = 0
    strange: int = 0  # shown, but not to be
    twice: int = 0
    named: list[str] = field(default_factory=list)  # the first of what differs
    unreadable: str = ""
    restless: bool = False  # posts were published all the while, so this says nothing

    @property
    def agrees(self) -> bool:
        """Tell whether it shows what it should, each once."""
        return not (self.missing or self.strange or self.twice or self.unreadable)

    def __str__(self) -> str:
        """Return a line about it, and one about each of the first differences."""
        shown = f"{self.expected - self.missing} of {self.expected}"
        more = [
            f"{number} {word}" for word in ("missing", "strange", "twice") if (number := getattr(self, word))
        ]
        said = self.unreadable or ", ".join([shown, *more])
        said += "; posts were published meanwhile, look again" if self.restless else ""
        return "\n".join([f"{self.surface:10} {said}", *(f"  {line}" for line in self.named)])


def parity(only: Collection[str] = (), get: Get | None = None) -> Iterator[Finding]:
    """Yield what each surface shows, compared with the articles that may be named."""
    for name in only or SURFACES:
        yield look(name, get or asking())


def look(name: str, get: Get) -> Finding:
    """Return what a surface shows, once no post was published while it was looked at."""
    finding = Finding(name)
    for _time in range(LOOKS):
        before = queries.edition().number
        try:
            finding = compared(name, SURFACES[name](get), get)
        except Unreadable as error:
            finding = Finding(name, unreadable=str(error))
        if finding.agrees or queries.edition().number == before:
            return finding
    finding.restless = True
    return finding


def compared(name: str, surface: Surface, get: Get) -> Finding:
    """Return how what a surface shows differs from what it should show."""
    keys = array("Q", sorted(map(key, surface.expected())))
    seen = bytearray(len(keys))
    finding = Finding(name, expected=len(keys))
    for one in surface.shown(get):
        place = bisect_left(keys, known := key(one))
        if place == len(keys) or keys[place] != known:
            finding.strange += 1
            note(finding, f"strange {one}")
        elif seen[place] and surface.once:
            finding.twice += 1
            note(finding, f"twice   {one}")
        else:
            seen[place] = 1
    finding.missing = seen.count(0)
    if finding.missing:
        for one in unseen(surface.expected(), keys, seen):
            note(finding, f"missing {one}")
    return finding


def unseen(expected: Iterable[str], keys: array[int], seen: bytearray) -> Iterator[str]:
    """Yield what was not shown."""
    for one in expected:
        place = bisect_left(keys, key(one))
        if place == len(keys) or not seen[place]:
            yield one


def note(finding: Finding, line: str) -> None:
    """Name a difference, if it is among the first."""
    if len(finding.named) < NAMED:
        finding.named.append(line)


def key(text: str) -> int:
    """Return 64 bits that stand for a text: of a million, two are the same by a chance of one to 10⁷."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def asking() -> Get:
    """Return what asks the site for a path, under its own name; it waits where it is told to."""
    client: Callable = Client(headers={"host": urlsplit(settings.SITE_URL).netloc}).get

    def get(path: str) -> bytes:
        answer = client(path, secure=settings.HTTPS)
        while answer.status_code == 429:
            time.sleep(int(answer.headers.get("Retry-After", 1)))
            answer = client(path, secure=settings.HTTPS)
        if answer.status_code != 200:
            raise Unreadable(f"{path} answers {answer.status_code}.")
        return answer.content

    return get
