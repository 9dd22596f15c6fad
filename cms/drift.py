"""Drift: how the two sides differ. Only looks, and changes nothing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from django.db import connections

from cms.events import SITE_ID
from cms.report import INDEX_ID, Finding, Kind, Report
from cms.settling import Look, look_twice
from reader import queries as reader
from reader import search
from reader.comparing import is_projected
from writer import queries as writer

AT_ONCE: Final = 500  # posts that are looked at together

Sides = tuple[reader.Entry | None, writer.Entry | None]


@contextmanager
def read_only() -> Iterator[None]:
    """Let both databases refuse to be written through this thread's connections."""
    commands = {
        "sqlite": ("PRAGMA query_only = 1", "PRAGMA query_only = 0"),
        "postgresql": (
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        ),
    }
    both = [(connections[alias], commands[connections[alias].vendor]) for alias in ("default", "reader")]
    try:
        for connection, (close, _open) in both:
            connection.cursor().execute(close)
        yield
    finally:
        for connection, (_close, reopen) in both:
            connection.cursor().execute(reopen)


def find(report: Report, going_on: Callable[[], None]) -> None:
    """Compare the two sides, batch by batch in the order of ids, and take up what differs.

    The reader is read first: the other way round, a post published in between would look
    like an orphan.
    """
    report.begin_round()
    after = None
    for theirs in reader.inventory():
        up_to = theirs[-1].post_id
        report.articles += sum(not entry.gone and entry.post_id != SITE_ID for entry in theirs)
        for suspects in compare(report, theirs, after=after, up_to=up_to):
            examine(report, suspects, going_on)
        after = up_to
    for suspects in compare(report, [], after=after, up_to=None):
        examine(report, suspects, going_on)
    if report.deep:
        strays = {post_id for post_id in reader.strays() if writer.entry(post_id) is None}
        examine(report, strays, going_on)
    if reader.any_not_found() or (report.deep and not search.is_whole()):  # what refuses a row is malformed
        report.add(Finding(Kind.CORRUPT, INDEX_ID))


def compare(
    report: Report, theirs: list[reader.Entry], *, after: UUID | None, up_to: UUID | None
) -> Iterator[set[UUID]]:
    """Yield what there is to look at between two ids, in the reader's entries and the writer's posts."""
    for mine in writer.inventory(after=after, up_to=up_to):
        report.compared += sum(entry.post_id != SITE_ID for entry in mine)
        covered = bisect_right(theirs, mine[-1].post_id, key=lambda entry: entry.post_id)
        yield suspects_of(theirs[:covered], mine, deep=report.deep)
        theirs = theirs[covered:]
    yield suspects_of(theirs, [], deep=report.deep)


def suspects_of(theirs: list[reader.Entry], mine: list[writer.Entry], *, deep: bool) -> set[UUID]:
    """Return the posts of two inventories to look at by themselves: nearly all is equal, so sets tell."""
    said = {(entry.post_id, entry.version, entry.digest) for entry in mine}
    sound = {(entry.post_id, entry.version, entry.digest) for entry in theirs if entry.sound}
    unsound = {entry.post_id for entry in theirs if not entry.sound and not entry.gone}
    return unsound | {post_id for post_id, _version, _digest in (said | sound if deep else said ^ sound)}


def examine(report: Report, suspects: set[UUID], going_on: Callable[[], None]) -> None:
    """Look at these posts once more, each by itself if need be, and take up what differs."""
    inquiry = sorted(suspects)
    for start in range(0, len(inquiry), AT_ONCE):
        batch = inquiry[start : start + AT_ONCE]
        outdated = alike(batch, Kind.OUTDATED)
        for post_id in batch:
            known = (False, Kind.OUTDATED) if post_id in outdated else None
            waiting, kind = known or look(post_id, deep=report.deep)
            report.waiting += waiting
            if kind:
                report.add(Finding(kind, post_id))
            going_on()
    going_on()


def alike(post_ids: list[UUID], kind: Kind | None) -> set[UUID]:
    """Return those of the posts that `look` would find outdated, or without drift, by three queries for all.

    A new renderer makes every post outdated. That both sides agree on what is public is believed when
    it is seen once.
    """
    moving = writer.pending_posts(post_ids)
    theirs = reader.entries_of(post_ids)
    mine = writer.entries_of(post_ids)
    return {
        post_id
        for post_id in theirs.keys() & mine.keys() - moving
        if drift(theirs[post_id], mine[post_id]) is kind
    }


def look(post_id: UUID, *, deep: bool) -> Look:
    """Look at one post by itself: whether its state is on its way to readers, and how the sides differ."""

    def compare() -> tuple[Sides, Kind | None]:
        now = _theirs, mine = sides(post_id)
        return now, drift(*now) or (decay(mine) if deep and mine else None)

    return look_twice(lambda: bool(writer.pending_posts([post_id])), compare)


def sides(post_id: UUID) -> Sides:
    """Return what the reader says of a post, and then what the writer says."""
    theirs = reader.entry(post_id)
    mine = writer.entry(post_id)
    if mine is None and (theirs is None or theirs.gone):
        theirs = reader.stray(post_id) or theirs
    return theirs, mine


def drift(theirs: reader.Entry | None, mine: writer.Entry | None) -> Kind | None:
    """Return how an article and its public post (None: it is not public) differ; None if they agree."""
    if mine is None:
        return Kind.ORPHAN if theirs and not theirs.gone else None
    if theirs is None:
        return Kind.MISSING
    if theirs.version > mine.version:
        return Kind.AHEAD
    if theirs.gone:
        return Kind.MISSING
    if theirs.version < mine.version:
        return Kind.STALE
    if theirs.digest != mine.digest:
        return Kind.CHANGED
    if not theirs.whole:
        return Kind.MISSING
    return None if theirs.current else Kind.OUTDATED


def decay(mine: writer.Entry) -> Kind | None:
    """Return how what is stored differs from what the writer's tables make; None if it does not."""
    event = writer.public_event(mine.post_id)
    if event is None or event.digest != mine.digest:
        return Kind.CHANGED
    try:
        return None if is_projected(event) else Kind.CORRUPT
    except Exception:  # it cannot be rendered any more: its repair will say why
        return Kind.CORRUPT
