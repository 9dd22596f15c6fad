"""Holdings: what each side holds of every post, and how two of them differ. Knows no side.

For reconciling with the stream, where a withdrawal is held like a text: on a node, whose articles are to
follow it, and at the writer, whom it is to follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Final, NamedTuple
from uuid import UUID

from cms.cores import spread
from cms.events import SITE_ID
from cms.report import Finding, Kind, Report
from cms.settling import Look, look_twice, settled

MANY: Final = 50  # posts that differ; so many or fewer are looked at one by one
AT_ONCE: Final = 500  # posts that are asked for together


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
    moving: Callable[[list[UUID]], set[UUID]]  # those whose state is on its way
    mend: Callable[[UUID], None]


def find(report: Report, sides: Sides, going_on: Callable[[], None]) -> None:
    """Take up what differs. Theirs is read first, as above."""
    report.begin_round()
    theirs, mine = sides.theirs(), sides.mine()
    report.articles = sum(not each.gone for each in theirs.values())
    report.compared = len(mine)
    posts = sorted(differing(theirs, mine))
    known = look_at_all(posts, theirs, mine, sides) if len(posts) > MANY else {}
    for post_id in posts:
        waiting, kind = known.get(post_id) or look(post_id, sides)
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


def look_at_all(posts: list[UUID], theirs: Holdings, mine: Holdings, sides: Sides) -> dict[UUID, Look]:
    """Look once more at these posts, of which the sides have said this; leave out what does not hold still.

    As `look_twice` does, by two inventories for all: a stream that lost everything lacks every post.
    """
    parts = (posts[start : start + AT_ONCE] for start in range(0, len(posts), AT_ONCE))
    moving = {post_id for part in parts for post_id in sides.moving(part)}
    theirs_now, mine_now = sides.theirs(), sides.mine()
    still = {
        post_id: difference(theirs.get(post_id), mine.get(post_id))
        for post_id in posts
        if (theirs_now.get(post_id), mine_now.get(post_id)) == (theirs.get(post_id), mine.get(post_id))
    }
    return {post_id: (True, None) if post_id in moving else (False, kind) for post_id, kind in still.items()}


def look(post_id: UUID, sides: Sides) -> Look:
    """Look at one post by itself: whether its state is on its way, and how the sides differ."""

    def compare() -> tuple[Both, Kind | None]:
        now = sides.both(post_id)
        return now, difference(*now)

    return look_twice(lambda: bool(sides.moving([post_id])), compare)


def repair(
    report: Report, sides: Sides, going_on: Callable[[], None], *, until: float, processes: int = 1
) -> None:
    """Repair what was found, each kind of urgency as a whole before the next; so many processes do.

    What cannot be repaired keeps its reason and holds up nothing.
    """
    work, report.work = report.work, []
    act = partial(settle, sides=sides, until=until)
    for _rank, findings in groupby(sorted(work, key=urgency), urgency):
        for finding, error in spread(act, findings, processes=processes):
            report.settle(replace(finding, error=error or ""))
            going_on()


def settle(finding: Finding, *, sides: Sides, until: float) -> str:
    """Repair what was found, and look again; return why it remains, or nothing."""
    post_id = finding.post_id
    return settled(post_id, partial(sides.mend, post_id), partial(look, post_id, sides), until=until)


def urgency(finding: Finding) -> tuple[bool, bool]:
    """Return when a finding's turn is: that of the site, of which every page tells, then of what is to go."""
    return finding.post_id != SITE_ID, finding.kind != Kind.ORPHAN
