"""Events as they were announced, and how far they have come."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q


class OutboxQuerySet(models.QuerySet["OutboxEvent"]):
    """Events by what is still to be done with them."""

    def pending(self) -> Self:
        """Return the events that have not reached every destination."""
        return self.filter(delivered_at=None)

    def to_send(self) -> Self:
        """Return of each post's pending events the newest, which tells all that the others told.

        Were an older one sent first, readers would for a moment have what is no longer so, and for longer if
        the process died in between: a post that was taken back and published again would be gone.
        """
        others = OutboxEvent.objects.pending()
        newer = others.filter(post_id=OuterRef("post_id"), version__gt=OuterRef("version"))
        return self.pending().filter(~Exists(newer))


class OutboxEvent(models.Model):
    """An event as it was announced; append-only, so also the history of what was public when."""

    post_id = models.UUIDField()
    version = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    actor = models.CharField(max_length=150, blank=True)  # user name; empty: the system
    correlation_id = models.UUIDField(default=uuid.uuid4)
    reached = models.CharField(max_length=100, blank=True)  # destinations that have it while others do not
    delivered_at = models.DateTimeField(null=True)  # when all of them had it
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    last_error = models.TextField(blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["post_id", "version"], name="event_once")]
        indexes: ClassVar = [
            # By id, as the relay reads them: else SQLite walks the whole outbox to have them in order.
            models.Index(fields=["id"], condition=Q(delivered_at=None), name="event_pending"),
            models.Index(fields=["occurred_at"], name="event_by_time"),
            models.Index(fields=["attempts"], condition=Q(attempts__gt=1), name="event_that_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.post_id} v{self.version}"
