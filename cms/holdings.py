"""Holdings: what each side holds of every post, and how two of them differ. Knows no side.

For reconciling with the stream, where a withdrawal is held like a text: on a node, whose articles are to
follow it, and at the writer, whom it is to follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple
from uuid import UUID

from cms.events import SITE_ID
from cms.report import Finding, Kind, Report
from cms.settling import Look, look_twice, settled


class Holding(NamedTuple):
    """What one side holds of a post, or of the site."""

    post_id: UUID
    version: int
    digest: str
    gone: bool  # withdrawn
    sound: bool = True  # with all that is made of it, as it is made now


Holdings = dict[UUID, Holding]
Both = tuple[Holding | None, Holding | None]


@dataclass(frozen=True)
class Sides:
    """Two sides: who follows (theirs), and who says what is so (mine)."""

    theirs: Callable[[], Holdings]
    mine: Callable[[], Holdings]
    both: Callable[[UUID], Both]  # of one post, theirs first: else what arrives in between is an orphan
    moving: Callable[[UUID], bool]  # whether its state is on its way
    mend: Callable[[UUID], None]


def find(report: Report, sides: Sides, going_on: Callable[[], None]) -> None:
    """Take up what differs. Theirs is read first, as above."""
    report.begin_round()
    theirs, mine = sides.theirs(), sides.mine()
    report.articles = sum(not each.gone for each in theirs.values())
    report.compared = len(mine)
    for post_id in sorted(differing(theirs, mine)):
        waiting, kind = look(post_id, sides)
        report.waiting += waiting
        if kind:
            report.add(Finding(kind, post_id))
        going_on()


def differing(theirs: Holdings, mine: Holdings) -> Iterator[UUID]:
    """Yield the posts of which the sides do not hold the same."""
    for post_id in theirs.keys() | mine.keys():
        if difference(theirs.get(post_id), mine.get(post_id)):
            yield post_id


def difference(theirs: Holding | None, mine: Holding | None) -> Kind | None:
    """Return how two holdings differ; None if they agree. What is withdrawn theirs may be unknown to mine."""
    if mine is None:
        return Kind.ORPHAN if theirs and not theirs.gone else None
    if theirs is None:
        return None if mine.gone and mine.post_id == SITE_ID else Kind.MISSING  # no node keeps its tombstone
    if theirs.version != mine.version:
        return Kind.AHEAD if theirs.version > mine.version else Kind.STALE
    if (theirs.digest, theirs.gone) != (mine.digest, mine.gone):
        return Kind.CHANGED
    return None if theirs.sound else Kind.OUTDATED


def look(post_id: UUID, sides: Sides) -> Look:
    """Look at one post by itself: whether its state is on its way, and how the sides differ."""

    def compare() -> tuple[Both, Kind | None]:
        now = sides.both(post_id)
        return now, difference(*now)

    return look_twice(lambda: sides.moving(post_id), compare)


def repair(report: Report, sides: Sides, going_on: Callable[[], None], *, until: float) -> None:
    """Repair what was found, orphans first; what cannot be keeps its reason and holds up nothing."""
    work, report.work = report.work, []
    for finding in by_urgency(work):
        mend, again = partial(sides.mend, finding.post_id), partial(look, finding.post_id, sides)
        report.settle(replace(finding, error=settled(finding.post_id, mend, again, until=until)))
        going_on()


def by_urgency(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings with the site first, of which every page says something, then what is to go."""
    return sorted(findings, key=lambda finding: (finding.post_id.int > 0, finding.kind != Kind.ORPHAN))
