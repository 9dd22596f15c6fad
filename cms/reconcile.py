"""Reconciliation: prove that readers get what writers published, and repair what differs.

Compares two inventories, the writer's posts and the reader's articles, and repairs by the
same call as delivery. It asks for the state, not for what happened, so it does not matter
how a difference came about.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final
from uuid import UUID

from django.utils import timezone

from cms.events import Event, PostWithdrawn, sealed
from cms.lease import Held, lease
from cms.models import Reconciliation
from reader import queries as reader
from reader.projector import is_projected, project
from reader.rendering import render_version
from writer import queries as writer
from writer.commands import announce_again

logger = logging.getLogger(__name__)

BRAKE: Final = 50  # articles, or BRAKE_SHARE of them if that is more: so many may be taken down in one run
BRAKE_SHARE: Final = 0.02
HANDFUL: Final = 5  # articles; of a site with more, never all
AT_MOST: Final = 100_000  # drifted posts that one round keeps in memory
KEPT: Final = 100  # findings kept in a report


Renew = Callable[[], None]


class Kind(StrEnum):
    """How a post and its article can differ."""

    MISSING = "missing"  # public in the writer, absent or gone in the reader, or a page of it is
    STALE = "stale"  # the reader has an older version
    CHANGED = "changed"  # the same version, another content
    ORPHAN = "orphan"  # readable, but not public in the writer
    AHEAD = "ahead"  # the reader is newer: the writer was restored from a backup
    OUTDATED = "outdated"  # made by an older renderer, template, stylesheet or site setting
    CORRUPT = "corrupt"  # (deep) what is stored is not what its event makes


class ExitCode(IntEnum):
    """What a run of reconcile came to."""

    IN_SYNC = 0
    REPAIRED = 3
    DRIFT_REMAINS = 4
    REFUSED = 5
    BUSY = 75


@dataclass(frozen=True, slots=True)
class Finding:
    """One post that differs, and why it still does, if it does."""

    kind: Kind
    post_id: UUID
    error: str = ""


@dataclass(slots=True)
class Report:
    """What a run found and did."""

    started_at: datetime
    deep: bool = False
    compared: int = 0
    articles: int = 0
    waiting: int = 0
    findings: list[Finding] = field(default_factory=list)
    repaired: int = 0
    refusal: str = ""
    busy: bool = False
    unfinished: bool = False  # there was more to do than one run may

    @property
    def found(self) -> dict[str, int]:
        """Return how many posts drifted, by kind."""
        return dict(sorted(Counter(str(finding.kind) for finding in self.findings).items()))

    @property
    def exit_code(self) -> ExitCode:
        """Return what the run came to."""
        if self.busy:
            return ExitCode.BUSY
        if self.refusal:
            return ExitCode.REFUSED
        if self.unfinished or self.repaired < len(self.findings):
            return ExitCode.DRIFT_REMAINS
        return ExitCode.REPAIRED if self.findings else ExitCode.IN_SYNC

    def __str__(self) -> str:
        if self.busy:
            return "reconcile: another run is under way; nothing was done."
        drift = ", ".join(f"{count} {kind}" for kind, count in self.found.items()) or "no drift"
        waiting = f", {self.waiting} on the way" if self.waiting else ""
        line = f"reconcile: {self.compared} posts compared, {drift}{waiting}, {self.repaired} repaired."
        return f"{line} {self.refusal}".rstrip()

    def as_json(self) -> str:
        """Return the run for programs, on one line."""
        return json.dumps(
            {
                "exit_code": self.exit_code,
                "compared": self.compared,
                "waiting": self.waiting,
                "found": self.found,
                "repaired": self.repaired,
                "refusal": self.refusal,
                "findings": self.named(),
            }
        )

    def named(self) -> list[dict[str, str]]:
        """Return the findings as plain values."""
        return [{**asdict(finding), "post_id": str(finding.post_id)} for finding in self.findings]


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


def compare(
    report: Report, theirs: dict[UUID, reader.Entry], *, after: UUID | None, up_to: UUID | None
) -> None:
    """Compare the reader's entries with the writer's posts between two ids."""
    suspects = []
    for mine in writer.inventory(after=after, up_to=up_to):
        report.compared += 1
        if drift(mine, theirs.pop(mine.post_id, None)) or report.deep:
            suspects.append(mine.post_id)
    suspects += [entry.post_id for entry in theirs.values() if not entry.gone]
    for post_id in suspects:
        waiting, kind = look(post_id, deep=report.deep)
        if waiting:
            report.waiting += 1
        elif kind and len(report.findings) == AT_MOST:
            report.unfinished = True
        elif kind:
            report.findings.append(Finding(kind, post_id))


def look(post_id: UUID, *, deep: bool) -> tuple[bool, Kind | None]:
    """Look at one post by itself: whether an event of it is on its way, and how the sides differ.

    What was delivered between the two readings looks like drift, so drift is believed only
    when it is seen twice.
    """
    for _time in range(2):
        if writer.pending_posts([post_id]):
            return True, None
        theirs = reader.entry(post_id)
        mine = writer.entry(post_id)
        kind = drift(mine, theirs) or (decay(mine) if deep and mine else None)
        if kind is None:
            return False, None
    return False, kind


def decay(mine: writer.Entry) -> Kind | None:
    """Return how what is stored differs from what the writer's tables make; None if it does not."""
    event = writer.public_event(mine.post_id)
    if event is None or event.digest != mine.digest:
        return Kind.CHANGED
    return None if is_projected(event) else Kind.CORRUPT


def drift(mine: writer.Entry | None, theirs: reader.Entry | None) -> Kind | None:
    """Return how a public post (None: it is not public) and its article differ; None if they agree."""
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
    return Kind.OUTDATED if theirs.render_version != render_version() else None


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
    version and digest cannot be relied on, it announces the post anew.
    """
    theirs, mine = reader.entry(post_id), writer.entry(post_id)
    kind = drift(mine, theirs)
    event = writer.public_event(post_id)
    if mine is None and theirs is not None:
        project(withdrawal(post_id, above=theirs.version))
    elif mine and (kind == Kind.AHEAD or event is None or event.digest != mine.digest):
        announce_again(post_id, above=theirs.version if theirs else 0, now=timezone.now())
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
