"""A node compares its articles with what the stream holds, and takes in what it lacks. It needs no writer.

What the stream does not hold says nothing: it may just have been made anew. So articles that it lacks, or
holds in an older version, are named and stay, until the operator says otherwise.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final
from uuid import UUID

from django.db import Error
from django.utils import timezone

from cms import documents, inventory, stream
from cms.broker import Declined, Unreachable
from cms.events import SITE_ID
from cms.holdings import Both, Holding, Holdings, Sides, find, look, repair
from cms.intake import take
from cms.report import Finding, Kind, Report
from cms.tail import Lost
from reader import queries as reader
from reader.projector import make_way, project

NAME: Final = "node"  # in the summary line


def reconcile_node(
    *,
    check: bool = False,
    force: bool = False,
    seconds: float = math.inf,
    watch: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Compare this node's articles with the stream, and unless this is a check, take in what it lacks."""
    report, until = Report(timezone.now(), name=NAME), time.monotonic() + seconds
    sides = replace(SIDES, mend=partial(mend, force=force))
    try:
        find(report, sides, lambda: watch(report))
        if not check:
            while put_right(report, sides, lambda: watch(report), force=force, until=until):
                find(report, sides, lambda: watch(report))
            report.refusal = refusal(report)
    except (Unreachable, Declined, Lost, Error) as fault:
        report.refusal = f"Nothing was compared: {fault}"
    report.keep(report.work)
    return report


def put_right(
    report: Report, sides: Sides, going_on: Callable[[], None], *, force: bool, until: float
) -> bool:
    """Repair what one round found; tell whether it was the site, of which every article says something."""
    left = [finding for finding in report.work if not mendable(finding, force=force)]
    report.work = [finding for finding in report.work if mendable(finding, force=force)]
    is_site = any(finding.post_id == SITE_ID for finding in report.work)
    repair(report, sides, going_on, until=until)
    report.work += left
    return is_site and look(SITE_ID, sides) == (False, None)


def mendable(finding: Finding, *, force: bool) -> bool:
    """Tell whether the node may repair this by itself."""
    return force or finding.kind not in (Kind.AHEAD, Kind.ORPHAN)


def refusal(report: Report) -> str:
    """Return what the node leaves as it is, and why; empty if there is nothing like that."""
    left = [finding.kind for finding in report.work]
    orphans, ahead = left.count(Kind.ORPHAN), left.count(Kind.AHEAD)
    if not orphans + ahead:
        return ""
    return (
        f"Left as they are: {orphans} articles that the stream does not hold, {ahead} that it holds in an "
        "older version. The writer's reconcile gives the stream what it lost; if it has and found no drift, "
        "--force lets this node be as the stream is."
    )


def theirs() -> Holdings:
    """Return what this node holds of every post."""
    return {entry.post_id: held(entry) for batch in reader.inventory() for entry in batch}


def held(entry: reader.Entry) -> Holding:
    """Return what the node holds by an entry of its inventory."""
    sound = entry.gone or entry.sound
    return Holding(entry.post_id, entry.version, entry.digest, entry.gone, sound)


def both(post_id: UUID) -> Both:
    """Return what this node holds of a post, and then what the stream does."""
    entry = reader.entry(post_id)
    return held(entry) if entry else None, inventory.holding(post_id)


def mend(post_id: UUID, *, force: bool = False) -> None:
    """Take in what the stream holds of a post; forced also what is older, and that it holds nothing.

    That there is nothing may be since a moment ago, when the stream was made anew: nobody withdrew the post.
    """
    there = stream.message(stream.subject_of(post_id))
    if there:
        if force:
            make_way(stream.event_of(there))
        take(there, in_turn=False)
    elif force:
        take_down(post_id)


def take_down(post_id: UUID) -> None:
    """Show an article no longer, or forget the site."""
    if entry := reader.entry(post_id):
        project(documents.withdrawal(post_id, above=entry.version, paths=reader.paths(post_id)))


SIDES: Final = Sides(
    theirs=theirs, mine=inventory.holdings, both=both, moving=lambda post_ids: set(), mend=mend
)
