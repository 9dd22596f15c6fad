"""Commands that try again what did not reach readers. They announce nothing new."""

from __future__ import annotations

import time
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from writer import delivery
from writer.models import OutboxEvent
from writer.refusals import Refused

PATIENCE: Final = 10.0  # s that somebody waits for deliveries that he asked for


@transaction.atomic
def deliver_again(post_id: UUID, *, actor: User | None, now: datetime) -> None:
    """Deliver what was announced last of the post, once this has committed, whatever its pause."""
    row = OutboxEvent.objects.to_send().filter(post_id=post_id).first()
    if row is None:
        raise Refused(_("Readers have everything that was published of this post."))
    transaction.on_commit(partial(deliver_now, row), using="default", robust=True)


def deliver_all_again(*, actor: User | None, now: datetime) -> tuple[int, int]:
    """Deliver what waits, whatever its pause; return how many events arrived and how many failed.

    A screenful is tried at once; the relay takes the others at its next turn.
    """
    OutboxEvent.objects.pending().update(next_attempt_at=now)
    until = time.monotonic() + PATIENCE
    rows = OutboxEvent.objects.to_send().order_by("next_attempt_at", "pk")[: delivery.AT_ONCE]
    outcomes = [deliver_now(row) for row in rows if time.monotonic() < until]
    return outcomes.count(True), outcomes.count(False)


def deliver_now(row: OutboxEvent) -> bool:
    """Deliver an event at this moment; tell whether it arrived."""
    return delivery.deliver(row, now=timezone.now())
