"""What the Sync page shows, gathered from both sides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import Error
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cms import charts
from cms.broker import Declined, Unreachable
from cms.events import SITE_ID
from cms.figures import LAG, OVERDUE, Figures, Slot, figures, lag_of_the_day
from cms.models import Lease, Reconciliation
from cms.nodes import nodes
from cms.report import INDEX_ID, ExitCode
from cms.schedule import reconcile_is_queued
from cms.verdict import drift, verdict
from reader import queries as reader
from writer import queries as writer
from writer.arrival import duration, reason, tried

SHOWN: Final = 20  # events, and appointments of each sort
FIRST_RUNS: Final = 10  # the others are folded away
DEEP: Final = 5000  # posts; a deep run of more takes longer than the worker gives it (60 posts/s)
SWEEPS: Final = {
    "relay": gettext_lazy("Relay, which delivers what failed"),
    "publish_due": gettext_lazy("Publishing by the clock"),
    "renditions": gettext_lazy("Renditions, which makes pictures smaller"),
    "reconcile": gettext_lazy("Reconcile, which compares and repairs"),
    "empty_trash": gettext_lazy("Emptying the trash, once a day"),
}


def overview() -> dict[str, Any]:
    """Return all that the page shows. A fixed number of queries."""
    known = figures()
    edition = present_edition()
    slots = lag_of_the_day(known.now)
    rows = list(Reconciliation.objects.defer("findings")[: charts.RUNS])
    going_on = under_way(rows)
    runs = [in_words(row, going_on=row == going_on) for row in rows]
    strip = charts.strip(rows, under_way=going_on is not None)
    return {
        "figures": known,
        "verdict": verdict(known, readable=edition is not None or not settings.PROJECTS),
        "edition": edition,
        "edition_is_kept_here": settings.PROJECTS,
        "key_figures": key_figures(known),
        "slots": slots_in_words(slots),
        "lag": charts.lag(slots, now=timezone.localtime(known.now), late=LAG),
        "failing": failing_events(readable=edition is not None),
        "runs": runs[:FIRST_RUNS],
        "older_runs": runs[FIRST_RUNS:],
        "strip": strip,
        "strip_height": strip[-1].floor + 1,
        "under_way": going_on,
        "expected": known.last.compared if known.last else 0,
        "queued": going_on is None and reconcile_is_queued(),
        "deep_allowed": known.last is None or known.last.compared <= DEEP,
        "overdue": writer.appointments(until=known.now - OVERDUE, at_most=SHOWN),
        "scheduled": writer.appointments(after=known.now - OVERDUE, at_most=SHOWN),
        "follows": bool(settings.EVENTS_URL),
        "nodes": nodes_in_words(),
        "sweeps": [(words, age(known, sweep)) for sweep, words in SWEEPS.items()],
    }


def present_edition() -> int | None:
    """Return the number of the read side's state; None if its database does not answer, or is not here."""
    if not settings.PROJECTS:
        return None
    try:
        return reader.edition().number
    except Error:
        return None


def nodes_in_words() -> list[tuple[str, str]] | None:
    """Return the nodes that follow the stream, each with how far it has come; None if that cannot be told."""
    try:
        known = nodes() if settings.EVENTS_URL else []
    except (Unreachable, Declined):
        return None
    return [(node.name, how_far(node.behind)) for node in known]


def how_far(behind: int) -> str:
    """Return how far a node has come that lacks so many messages."""
    if not behind:
        return _("has all that was told")
    return ngettext("one message behind", "%(n)d messages behind", behind) % {"n": behind}


def under_way(rows: list[Reconciliation]) -> Reconciliation | None:
    """Return the run that is going on: the newest, if it has not ended and somebody holds the lease."""
    held = Lease.objects.filter(name="reconcile", expires_at__gt=timezone.now())
    return rows[0] if rows and rows[0].finished_at is None and held.exists() else None


def age(figures: Figures, sweep: str) -> str:
    """Return when a sweep last showed itself."""
    known = figures.age(figures.seen.get(sweep))
    return _("never") if known is None else _("%s ago") % duration(known)


class Key(NamedTuple):
    """A figure that says how the site is."""

    name: str
    value: str
    bad: bool = False  # it needs somebody


def key_figures(figures: Figures) -> list[Key]:
    """Return the few figures that stand first."""
    backlog, silence = figures.backlog, figures.silence
    return [
        Key(_("Lag"), duration(figures.lag) if backlog.pending else _("none"), figures.lag > LAG),
        Key(_("On their way"), str(backlog.untried)),
        Key(_("Failing"), str(backlog.failing), backlog.failing > 0),
        Key(_("Overdue"), str(figures.overdue), figures.overdue > 0),
        Key(
            _("Worker seen"),
            _("never") if silence is None else _("%s ago") % duration(silence),
            not figures.working,
        ),
    ]


def slots_in_words(slots: Iterable[Slot]) -> list[dict[str, Any]]:
    """Return the figures of the chart as a table has them, the latest first."""
    return [
        {
            "start": slot.start,
            "events": slot.events,
            "usual": duration(timedelta(seconds=slot.usual)),
            "longest": duration(timedelta(seconds=slot.longest)),
        }
        for slot in sorted(slots, key=lambda slot: slot.start, reverse=True)
    ]


def failing_events(*, readable: bool) -> list[dict[str, Any]]:
    """Return the events that fail, each with its post's title, reason and next try."""
    events = writer.failing_events(at_most=SHOWN)
    names = titles({event.post_id for event in events}, readable=readable)
    return [
        {
            "post": names[event.post_id],
            "withdraws": event.kind == "post.withdrawn",
            "since": event.occurred_at,
            "reason": reason(event.last_error),
            "tried": tried(event),
        }
        for event in events
    ]


class Named(NamedTuple):
    """A post as it is named on the page."""

    title: str
    post_id: UUID | None  # to link to; None: the writer does not have it any more


def titles(post_ids: set[UUID], *, readable: bool) -> dict[UUID, Named]:
    """Return how to name each of these posts: as the writer does, or as readers last knew it."""
    written = writer.titles(list(post_ids))
    read = reader.titles(list(post_ids - written.keys())) if readable else {}
    return {SITE_ID: Named(_("Site settings"), None), INDEX_ID: Named(_("Search index"), None)} | {
        post_id: Named(written[post_id] or _("Untitled"), post_id)
        if post_id in written
        else Named(read.get(post_id) or str(post_id), None)
        for post_id in post_ids - {SITE_ID, INDEX_ID}
    }


class Run(NamedTuple):
    """One run of reconcile, in words."""

    row: Reconciliation
    took: str
    drift: str
    result: str
    bad: bool


def in_words(row: Reconciliation, *, going_on: bool) -> Run:
    """Return what a run found and came to."""
    if row.finished_at is None:
        result = _("Under way") if going_on else _("Did not end: it was killed or crashed; see the log.")
        return Run(row, "", drift(row), result, bad=not going_on)
    bad = row.exit_code not in (ExitCode.IN_SYNC, ExitCode.REPAIRED)
    return Run(row, duration(row.finished_at - row.started_at), drift(row), result_of(row), bad)


def result_of(row: Reconciliation) -> str:
    """Return what a run that ended came to."""
    left = sum(row.found.values()) - row.repaired
    match row.exit_code:
        case ExitCode.IN_SYNC:
            return _("In sync")
        case ExitCode.REPAIRED:
            return _("Repaired")
        case ExitCode.REFUSED:
            return row.refusal
    return ngettext("%d post still differs", "%d posts still differ", left) % left
