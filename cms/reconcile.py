"""Reconciliation: prove that readers get what writers published, and repair what differs.

Compares two inventories, the writer's posts and the reader's articles, and repairs by the
same call as delivery. It asks for the state, not for what happened, so it does not matter
how a difference came about.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Final

from django.utils import timezone

from cms.cores import Outcome, spread, spread_together
from cms.drift import find, read_only
from cms.events import SITE_ID
from cms.lease import Held, lease
from cms.mending import settle, settle_together
from cms.pulse import now_and_then
from cms.recording import Watch, recorded
from cms.report import INDEX_ID, Finding, Kind, Report
from reader.projector import mark_outdated

BRAKE: Final = 50  # articles, or BRAKE_SHARE of them if that is more: so many may be taken down in one run
BRAKE_SHARE: Final = 0.02
HANDFUL: Final = 5  # articles; of a site with more, never all
LAST: Final = 2  # in urgency: what readers lack, or have in an older state


def check(*, deep: bool = False, only: Iterable[Kind] = (), watch: Watch = lambda report: None) -> Report:
    """Compare every public post with what readers get. Writes nothing: the databases would refuse it."""
    report = Report(timezone.now(), deep=deep, only=frozenset(only))
    with read_only():
        find(report, now_and_then(lambda: watch(report)))
    report.keep(report.work)
    return report


def reconcile(
    *,
    deep: bool = False,
    rerender: bool = False,
    only: Iterable[Kind] = (),
    force: bool = False,
    trust_writer: bool = False,
    seconds: float = math.inf,
    per_second: float = math.inf,
    processes: int = 1,
    watch: Watch = lambda report: None,
) -> Report:
    """Compare every public post with what readers get, and repair what differs.

    `deep` also makes every article anew from the writer's own tables and compares the two to the
    byte; `rerender` makes every article anew and stores it. Unless forced, refuses to take down so
    many articles that it must be the writer's database that is wrong. Where articles are ahead of
    the writer nothing is repaired at all, unless `trust_writer` says that the writer is right. After
    so many seconds no further repair is begun; the next run goes on where this one ended. So many
    processes repair, but only one where so many a second are enough.
    """
    report = Report(timezone.now(), deep=deep, only=frozenset(only))
    try:
        with lease("reconcile") as renew, recorded(report, renew, watch) as going_on:
            if rerender:
                mark_outdated(going_on)
            until, pause, goes_on = time.monotonic() + seconds, 1 / per_second, True
            while goes_on:
                find(report, going_on)
                report.refusal = refusal(report, force=force, trust_writer=trust_writer)
                goes_on = not report.refusal and repair(
                    report, going_on, until=until, pause=pause, processes=processes
                )
            report.keep(report.work)
    except Held:
        report.busy = True
    return report


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


def repair(
    report: Report, going_on: Callable[[], None], *, until: float, pause: float, processes: int
) -> bool:
    """Repair what one round found, each kind of urgency as a whole before the next.

    Tell whether there is more to do that can be done: after the site, another round looks at the articles.
    """
    before, work, report.work = report.repaired, report.work, []
    act = partial(settle, deep=report.deep, until=until)
    for rank, findings in groupby(sorted(work, key=urgency), urgency):
        outcomes: Iterator[Outcome[Finding]]
        if report.deep or pause or rank < LAST:
            outcomes = spread(act, paced(findings, pause), processes=1 if pause else processes)
        else:
            together = partial(settle_together, until=until)
            outcomes = spread_together(together, act, findings, processes=processes)
        for finding, error in outcomes:
            report.settle(replace(finding, error=error or ""))
            report.unfinished |= finding.post_id == SITE_ID and not error
            going_on()
    return report.unfinished and report.repaired > before and time.monotonic() <= until


def urgency(finding: Finding) -> int:
    """Return when a finding's turn is.

    The site comes first, as every article says something of it, with the index: nothing can be found
    while that is malformed. Then orphans, which may hold the addresses of others.
    """
    if finding.post_id in (SITE_ID, INDEX_ID):
        return 0
    return 1 if finding.kind == Kind.ORPHAN else LAST


def paced(findings: Iterable[Finding], pause: float) -> Iterator[Finding]:
    """Yield the findings, one in so many seconds at most."""
    for finding in findings:
        begun = time.monotonic()
        yield finding
        time.sleep(max(0, begun + pause - time.monotonic()))
