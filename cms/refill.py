"""Refilling: the writer compares what the stream holds with what it has told, and gives it what it lacks.

That the broker acknowledged a message says nothing of its disks: this is reconciliation with the stream.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from django.utils import timezone

from cms import completeness, documents, inventory, stream
from cms.broker import Declined, Unreachable
from cms.events import STREAM, least
from cms.holdings import Both, Holding, Holdings, Sides, find, repair
from cms.lease import Held, lease
from cms.mending import announce_anew
from cms.reconcile import refusal
from cms.report import ExitCode, Report
from cms.tail import Lost
from writer import queries as writer
from writer import told

NAME: Final = "stream"  # in the summary line


def check_stream(watch: Callable[[Report], None] = lambda report: None) -> Report:
    """Compare what the stream holds with what was told. Writes nothing."""
    report = Report(timezone.now(), name=NAME)
    try:
        find(report, SIDES, lambda: watch(report))
    except (Unreachable, Declined, Lost) as fault:
        report.refusal = unable(fault)
    report.keep(report.work)
    return report


def refill(
    *,
    force: bool = False,
    trust_writer: bool = False,
    seconds: float = math.inf,
    processes: int = 1,
    watch: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Compare what the stream holds with what was told, and repair what differs. The brake is reconcile's.

    So many processes repair. A stream that lacks nothing any more is marked as complete.
    """
    report, until = Report(timezone.now(), name=NAME), time.monotonic() + seconds
    try:
        with lease("refill") as renew:

            def going_on() -> None:
                renew()
                watch(report)

            stream.ensure()
            history = stream.state().history
            find(report, SIDES, going_on)
            report.refusal = refusal(report, force=force, trust_writer=trust_writer)
            if not report.refusal:
                repair(report, SIDES, going_on, until=until, processes=processes)
            if report.exit_code in (ExitCode.IN_SYNC, ExitCode.REPAIRED):
                completeness.mark(history)
    except Held:
        report.busy = True
    except (Unreachable, Declined, Lost) as fault:
        report.refusal = unable(fault)
    report.keep(report.work)
    return report


def unable(fault: Exception) -> str:
    """Return why nothing could be compared."""
    return f"Nothing was compared: {fault}"


def mine() -> Holdings:
    """Return what was told of every post."""
    return {one.post_id: Holding(*one) for one in told.everything()}


def both(post_id: UUID) -> Both:
    """Return what the stream holds of a post, and then what was told of it."""
    theirs, known = inventory.holding(post_id), told.told_of(post_id)
    return theirs, Holding(*known) if known else None


def moving(post_ids: list[UUID]) -> set[UUID]:
    """Return those of the posts whose present state is on its way to the stream."""
    return writer.pending_posts(post_ids, to=STREAM)


def mend(post_id: UUID) -> None:
    """Let the stream hold what was told of this post.

    Where the writer's digest cannot be relied on, or the stream holds a newer version, it is announced anew.
    """
    theirs, known = inventory.holding(post_id), told.told_of(post_id)
    if known is None:
        if theirs and not theirs.gone:
            withdraw(theirs)
        return
    event = told.event_of(known)
    needed = least(theirs.version, gone=theirs.gone and not known.gone) if theirs else 0
    if event is None or needed > known.version or event.digest != known.digest:
        announce_anew(post_id, above=max(needed, known.version))
    else:
        stream.publish(event)


def withdraw(theirs: Holding) -> None:
    """Take from the stream's readers what the writer does not know at all."""
    there = stream.message(stream.subject_of(theirs.post_id))
    paths = stream.event_of(there).paths if there else ()
    stream.publish(documents.withdrawal(theirs.post_id, above=theirs.version, paths=paths))


SIDES: Final = Sides(theirs=inventory.holdings, mine=mine, both=both, moving=moving, mend=mend)
