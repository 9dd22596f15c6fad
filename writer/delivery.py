"""Delivery: events that stand in the outbox are sent to where readers get them from, until they have arrived.

The delivery in the request is for speed; the relay finds whatever it left behind.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F

from cms import documents, events
from writer.models import OutboxEvent

logger = logging.getLogger(__name__)

AT_ONCE: Final = 25  # events delivered in the request that made them; the relay takes the rest
FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)


def relay(*, now: datetime, patient: bool = True) -> tuple[int, int]:
    """Send of each post what was announced last, once; return how many events arrived and how many failed.

    Unless `patient` is off, those that failed before wait until their pause is over.
    """
    pending = OutboxEvent.objects.to_send().order_by("pk")
    if patient:
        pending = pending.filter(next_attempt_at__lte=now)
    begun, arrived, failed, last = time.monotonic(), 0, 0, 0
    while batch := list(pending.filter(pk__gt=last)[:100]):
        last = batch[-1].pk
        outcomes = [deliver(row, now=now + timedelta(seconds=time.monotonic() - begun)) for row in batch]
        arrived += outcomes.count(True)
        failed += outcomes.count(False)
    return arrived, failed


def deliver(row: OutboxEvent, *, now: datetime) -> bool:
    """Send one event, and `note` what came of it. It arrives later than `now` by what the sending takes."""
    begun = time.monotonic()
    with events.correlated(row.correlation_id):
        error = attempt(row)
        taken = timedelta(seconds=time.monotonic() - begun)
        return note(row, error, now=now if error else now + taken)


def note(row: OutboxEvent, error: str | None, *, now: datetime) -> bool:
    """Note that an event has arrived, or why it did not and when to try again; tell which.

    With it, the older events of its post are settled: it tells all that they told.
    """
    pending = OutboxEvent.objects.pending()
    if error is None:
        settled = pending.filter(post_id=row.post_id, version__lte=row.version)
        settled.update(delivered_at=now, attempts=F("attempts") + 1, last_error="")
        logger.info("Delivered %s.", row)
        return True
    logger.warning("Event %s was not delivered: %s", row, error)
    pending.filter(pk=row.pk).update(
        attempts=F("attempts") + 1, next_attempt_at=now + pause(row.attempts), last_error=error[:2000]
    )
    return False


def attempt(row: OutboxEvent) -> str | None:
    """Send one event to where it has not arrived yet; return what went wrong, in words, or None.

    One destination that fails neither keeps the event from the others nor has it sent to them again.
    """
    try:
        event = documents.opened(row.kind, row.document, row.digest)
    except (ValueError, KeyError, TypeError) as error:
        return f"The event cannot be read: {error}"
    before = frozenset(row.reached.split())
    answers = events.happened.send_robust(sender=OutboxEvent, event=event, reached=before)
    if not answers:
        return "Nobody listens: the reader's receiver is not connected."
    faults = [answer for _receiver, answer in answers if isinstance(answer, Exception)]
    arrived = before.union(answer for _receiver, answer in answers if isinstance(answer, str))
    if faults and arrived != before:
        row.reached = " ".join(sorted(arrived))
        OutboxEvent.objects.filter(pk=row.pk).update(reached=row.reached)
    return "; ".join(f"{type(fault).__name__}: {fault}" for fault in faults) or None


def pause(attempts: int) -> timedelta:
    """Return how long to wait after this many earlier failures: 10 s, 20 s, 40 s … up to an hour."""
    return min(FIRST_PAUSE * 2 ** min(attempts, 20), LONGEST_PAUSE)
