"""How the site is doing, in figures: what /readyz, /metrics and the Sync page say in their own ways.

Reads only, and nothing here grows with the number of posts or of events that were delivered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from django.utils import timezone

from cms.models import Lease, Reconciliation
from cms.report import ExitCode
from writer import queries as writer

OVERDUE: Final = timedelta(minutes=2)  # of an appointment; the sweep runs every minute
LAG: Final = timedelta(minutes=2)  # of the oldest pending event
SILENCE: Final = timedelta(minutes=3)  # of the worker; one sweep may take two minutes
UNCHECKED: Final = timedelta(minutes=30)  # since the last good run of reconcile, which is due every ten

GOOD: Final = (ExitCode.IN_SYNC, ExitCode.REPAIRED)
WORKER: Final = ("worker", "relay", "publish_due")  # what shows that it is there

DAY: Final = timedelta(days=1)
SLOT: Final = timedelta(minutes=30)
JOURNEYS: Final = 10_000  # events of a day that are looked at, the newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The writer's side at one moment. A time that is None has never been."""

    now: datetime
    backlog: writer.Backlog
    traffic: writer.Traffic
    overdue: int  # appointments
    scheduled: int  # appointments to come
    seen: dict[str, datetime]  # a sweep, or the worker at its start → when it last showed itself
    last: Reconciliation | None  # the newest run that ended
    good: Reconciliation | None  # the newest that left no drift

    @property
    def lag(self) -> timedelta:
        """Return the age of the oldest pending event; 0 if none is pending."""
        return self.age(self.backlog.oldest) or timedelta(0)

    @property
    def silence(self) -> timedelta | None:
        """Return for how long the worker, or cron in its place, has not shown itself."""
        return self.age(max((self.seen[sign] for sign in WORKER if sign in self.seen), default=None))

    @property
    def working(self) -> bool:
        """Tell whether there is a worker, or cron in its place."""
        return self.silence is not None and self.silence <= SILENCE

    @property
    def unchecked(self) -> timedelta | None:
        """Return how long ago the last good run of reconcile ended."""
        return self.age(self.good.finished_at if self.good else None)

    def age(self, moment: datetime | None) -> timedelta | None:
        """Return how long ago a moment was, at least 0: clocks of two machines differ."""
        return max(timedelta(0), self.now - moment) if moment else None


def figures() -> Figures:
    """Return the figures of this moment. Eight queries, all to the writer's database."""
    now, backlog = timezone.now(), writer.backlog()
    overdue, scheduled = writer.appointment_counts(before=now - OVERDUE)
    shown = Lease.objects.filter(seen_at__isnull=False).values_list("name", "seen_at")
    ended = Reconciliation.objects.filter(finished_at__isnull=False)
    return Figures(
        now=now,
        backlog=backlog,
        traffic=writer.traffic(backlog),
        overdue=overdue,
        scheduled=scheduled,
        seen={name: at for name, at in shown if at},
        last=ended.first(),
        good=ended.filter(exit_code__in=GOOD).first(),
    )


@dataclass(frozen=True, slots=True)
class Slot:
    """How long events of half an hour took to reach readers."""

    start: datetime
    events: int
    usual: float  # s; the median. Of events that still wait, how long they have waited
    longest: float  # s


def lag_of_the_day(now: datetime) -> list[Slot]:
    """Return the half hours of the last day that had events, the earliest first."""
    return slots(writer.journeys(since=now - DAY, at_most=JOURNEYS), now=now)


def slots(journeys: Iterable[tuple[datetime, datetime | None]], *, now: datetime) -> list[Slot]:
    """Return, for each half hour in which something occurred, how long it took to arrive."""
    taken: dict[datetime, list[float]] = {}
    for occurred_at, delivered_at in journeys:
        start = occurred_at - (occurred_at - datetime.min.replace(tzinfo=occurred_at.tzinfo)) % SLOT
        taken.setdefault(start, []).append(max(0.0, ((delivered_at or now) - occurred_at).total_seconds()))
    return [Slot(start, len(each), median(each), max(each)) for start, each in sorted(taken.items())]


def late_now() -> list[str]:
    """Return what is late at this moment, as below."""
    return lateness(figures())


def lateness(figures: Figures) -> list[str]:
    """Return what should have happened by now and has not, each in a sentence that says what to do."""
    reasons = []
    if figures.overdue:
        reasons.append(
            f"{figures.overdue} scheduled posts are overdue. "
            "Does the worker run? Was a post refused? See the desk."
        )
    if figures.lag > LAG:
        seconds = round(figures.lag.total_seconds())
        reasons.append(
            f"{figures.backlog.pending} events wait to be delivered, the oldest for {seconds} s. "
            "The Sync page of the desk has the reasons."
        )
    if figures.silence is None:
        reasons.append("The worker has never shown itself. Start it: manage.py worker.")
    elif not figures.working:
        seconds = round(figures.silence.total_seconds())
        reasons.append(
            f"The worker has not shown itself for {seconds} s. Does it run? Scheduled posts wait for it."
        )
    return reasons
