"""Writes lines as Python-Markdown wants them: four columns for each list, a blank line around every block.

Knows what is open, and where blank lines belong; `cms.markup.habits` decides what the lines mean.
"""

from __future__ import annotations

from collections.abc import Callable

from cms.markup.guard import check_containers
from cms.markup.lines import Container, Rest, Verbatim


class Output:
    """What has been written, and what is open. `store` puts HTML aside and returns what stands for it."""

    def __init__(self, store: Callable[[str], str]) -> None:
        self.store = store
        self.out: list[str] = []
        self.containers: list[Container] = []
        self.number = 0  # of the line
        self.count = 0  # of the containers so far
        self.verbatim: Verbatim | None = None
        self.paragraph: list[str] = []  # the lines of the open one
        self.table = False  # whether that is a table
        self.head = ""  # what the new line begins with
        self.matched = 0  # how many of the containers the line goes on with
        self.kept = 0  # and how many with those that it opens
        self.margin = 0  # as `matched`, of the first line after a blank one
        self.apart = False  # whether a blank line belongs before what is written next

    @property
    def opened(self) -> bool:
        """Whether the line has opened a container."""
        return self.kept > self.matched

    @property
    def inside(self) -> bool:
        """Whether the line lies in everything that is open, and has opened nothing."""
        return self.matched == len(self.containers)

    def match(self, count: int) -> None:
        """Say how many of the containers the line goes on with."""
        self.matched = self.kept = count
        self.head = self.prefix()

    def prefix(self) -> str:
        """Return what a line begins with that opens nothing."""
        return "".join(container.prefix for container in self.containers[: self.matched])

    def push(self, container: Container, opening: str) -> None:
        """Open a container in those that are kept."""
        self.close()
        self.containers.append(container)
        self.count += 1
        check_containers(self.number, len(self.containers), self.count)
        self.kept += 1
        self.head += opening

    def close(self) -> None:
        """Close the containers that are not kept, and the paragraph."""
        self.apart = self.apart or any(container.kind in ">:^" for container in self.containers[self.kept :])
        del self.containers[self.kept :]
        self.paragraph = []
        self.table = False

    def block(self, text: str) -> None:
        """Write a line that is a block by itself."""
        self.close()
        self.stand_apart()
        self.write(text)
        self.apart = True

    def stand_apart(self) -> None:
        """Ask for a blank line before this one, unless it has begun with the mark of a container."""
        self.apart = self.apart or not self.opened

    def set_aside(self, verbatim: Verbatim, rest: Rest | None = None) -> None:
        """Begin to take lines as they are, with what is left of this one."""
        self.block("")
        self.verbatim = verbatim
        if rest:
            verbatim.feed(rest)

    def finish(self) -> None:
        """Put aside what was taken as it is."""
        if self.verbatim:
            self.out[-1] += self.store(self.verbatim.html())
            self.verbatim = None

    def write(self, text: str) -> None:
        """Write a line in the kept containers."""
        if text and self.inside and self.containers and self.containers[-1].hollow:
            self.head = self.out.pop()  # the mark of the item stands there alone
        else:
            self.part()
        if text:
            for container in self.containers:
                container.hollow = False
        self.out.append(self.head + text)
        self.apart = False

    def part(self) -> None:
        """Write a blank line where one must be, as before a line further left than the one before."""
        gap = self.prefix().rstrip()
        blanks = ("", gap.strip())
        if self.out and self.out[-1].strip() not in blanks and (self.apart or self.matched < self.margin):
            self.out.append(gap)
        if not self.out or self.out[-1].strip() in blanks:
            quotes = (place for place, found in enumerate(self.containers, start=1) if found.kind == ">")
            self.margin = max(self.matched, *quotes, 0)  # Python-Markdown begins anew in a quote
