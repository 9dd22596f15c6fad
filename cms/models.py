"""What belongs to neither side: who may sweep now, and what reconciliation found."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Lease(models.Model):
    """The right to run a sweep, until it is given back or runs out."""

    name = models.CharField(primary_key=True, max_length=50)
    holder = models.UUIDField(null=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Reconciliation(models.Model):
    """What one run of reconcile found, and did about it."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    exit_code = models.PositiveSmallIntegerField()
    compared = models.PositiveIntegerField()
    waiting = models.PositiveIntegerField()  # posts that differ because an event is on its way
    found = models.JSONField(default=dict)  # kind of drift → posts
    repaired = models.PositiveIntegerField()
    findings = models.JSONField(default=list)  # the first ones: {kind, post_id, error}

    class Meta:
        ordering: ClassVar = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} exit {self.exit_code}"
