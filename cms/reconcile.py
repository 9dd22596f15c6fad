"""Reconciliation: prove that readers get what writers published, and repair what differs.

Compares two inventories, the writer's posts and the reader's articles, and repairs by the
same call as delivery. It asks for the state, not for what happened, so it does not matter
how a difference came about.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final
from uuid import UUID

from django.utils import timezone

from cms.drift import drift, look
from cms.events import Event, PostWithdrawn, sealed
from cms.lease import Held, lease
from cms.models import Reconciliation
from cms.report import Finding, Kind, Report
from reader import queries as reader
from reader.projector import project
from writer import queries as writer
from writer.commands import announce_again

logger = logging.getLogger(__name__)

BRAKE: Final = 50  # articles, or BRAKE_SHARE of them if that is more: so many may be taken down in one run
BRAKE_SHARE: Final = 0.02
HANDFUL: Final = 5  # articles; of a site with more, never all
AT_MOST: Final = 100_000  # drifted posts that one round keeps in memory
KEPT: Final = 100  # findings kept in a report


Renew = Callable[[], None]


def reconcile(
    *,
    repair: bool = True,
    deep: bool = False,
    force: bool = False,
    trust_writer: bool = False,
    seconds: float = math.inf,
    progress: Callable[[list[Finding]], Iterable[Finding]] = iter,
) -> Report:
    """Compare every public post with what readers get, and repair what differs.

    `deep` also makes every article anew from the writer's own tables and compares the two to the
    byte. With `repair` off nothing is written. Unless forced, refuses to take down so many articles
    that it must be the writer's database that is wrong. Where articles are ahead of the writer
    nothing is repaired at all, unless `trust_writer` says that the writer is right. After so
    many seconds no further repair is begun; the next run goes on where this one ended.
    """
    report = Report(started_at=timezone.now(), deep=deep)
    if not repair:
        find(report)
        return report
    try:
        with lease("reconcile") as renew:
            find(report, renew)
            report.refusal = refusal(report, force=force, trust_writer=trust_writer)
            if not report.refusal:
                repair_all(report, progress(report.findings), renew, until=time.monotonic() + seconds)
            keep(report)
    except Held:
        report.busy = True
    return report


def find(report: Report, renew: Renew = lambda: None) -> None:
    """Compare the two sides, batch by batch in the order of ids, and note what differs.

    The reader is read first: the other way round, a post published in between would look
    like an orphan.
    """
    after = None
    for batch in reader.inventory():
        up_to = batch[-1].post_id
        report.articles += sum(not entry.gone for entry in batch)
        compare(report, {entry.post_id: entry for entry in batch}, after=after, up_to=up_to)
        after = up_to
        renew()
    compare(report, {}, after=after, up_to=None)
    if report.deep:
        examine(report, [post_id for post_id in reader.strays() if writer.entry(post_id) is None])
    report.findings.sort(
        key=lambda finding: finding.kind != Kind.ORPHAN
    )  # first what holds others' addresses


def compare(
    report: Report, theirs: dict[UUID, reader.Entry], *, after: UUID | None, up_to: UUID | None
) -> None:
    """Compare the reader's entries with the writer's posts between two ids."""
    suspects = []
    for mine in writer.inventory(after=after, up_to=up_to):
        report.compared += 1
        if drift(mine, theirs.pop(mine.post_id, None)) or report.deep:
            suspects.append(mine.post_id)
    examine(report, suspects + [entry.post_id for entry in theirs.values() if not entry.gone])


def examine(report: Report, suspects: list[UUID]) -> None:
    """Look at each of these posts by itself, and note what differs."""
    for post_id in suspects:
        waiting, kind = look(post_id, deep=report.deep)
        if waiting:
            report.waiting += 1
        elif kind and len(report.findings) == AT_MOST:
            report.unfinished = True
        elif kind:
            report.findings.append(Finding(kind, post_id))


def refusal(report: Report, *, force: bool, trust_writer: bool) -> str:
    """Return why nothing may be repaired in this run; empty if it may."""
    orphans, ahead = report.found.get(Kind.ORPHAN, 0), report.found.get(Kind.AHEAD, 0)
    if ahead and not trust_writer:
        return (
            f"Refused: {ahead} articles are newer than the writer knows. Was it restored from a backup? "
            "If its state is the one to keep, run again with --trust-writer."
        )
    allowed = max(BRAKE, int(report.articles * BRAKE_SHARE))
    if not force and (orphans > allowed or orphans == report.articles > HANDFUL):
        return (
            f"Refused: {orphans} of {report.articles} articles would be taken down. "
            "Is this the right writer database? If it is, run again with --force."
        )
    return ""


def repair_all(report: Report, findings: Iterable[Finding], renew: Renew, *, until: float) -> None:
    """Repair one post after the other, and note what could not be repaired, and why."""
    settled = []
    for finding in findings:
        error = (
            "There was no time left for it."
            if time.monotonic() > until
            else settle(finding, deep=report.deep)
        )
        settled.append(replace(finding, error=error))
        renew()
    report.findings = settled
    report.repaired = sum(not finding.error for finding in settled)


def settle(finding: Finding, *, deep: bool) -> str:
    """Repair what was found, and look again; return why it remains, or nothing."""
    try:
        mend(finding.post_id)
        waiting, remaining = look(finding.post_id, deep=deep)
    except Exception as failure:  # one post that cannot be repaired holds up no other
        logger.exception("Post %s could not be repaired.", finding.post_id)
        return f"{type(failure).__name__}: {failure}"
    return f"It is still {remaining}." if remaining else "Its event waits to be delivered." if waiting else ""


def mend(post_id: UUID) -> None:
    """Bring the reader to what the writer says of this post.

    Projecting is safe whatever happens meanwhile: a newer event wins. Where the writer's own
    version and digest cannot be relied on, or an address of the post is held by what the writer
    does not know, it announces the post anew.
    """
    theirs, mine = reader.entry(post_id) or reader.stray(post_id), writer.entry(post_id)
    event = writer.public_event(post_id)
    known = theirs.version if theirs else 0
    above = max(known, reader.newest_at(event.paths) if event else 0)
    if mine is None and theirs is not None:
        project(withdrawal(post_id, above=known))
    elif mine and (above > mine.version or event is None or event.digest != mine.digest):
        announce_again(post_id, above=above, now=timezone.now())
    elif event:
        project(event)


def withdrawal(post_id: UUID, *, above: int) -> Event:
    """Return an event that takes an article down which the writer does not know as public."""
    return sealed(
        PostWithdrawn(
            post_id=post_id,
            version=above + 1,
            paths=tuple(sorted(reader.paths(post_id))),
            withdrawn_at=timezone.now(),
        )
    )


def keep(report: Report) -> None:
    """Keep the report, with its first findings."""
    Reconciliation.objects.create(
        started_at=report.started_at,
        finished_at=timezone.now(),
        exit_code=report.exit_code,
        compared=report.compared,
        waiting=report.waiting,
        found=report.found,
        repaired=report.repaired,
        findings=report.named()[:KEPT],
    )
