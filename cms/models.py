"""What belongs to neither side: who may sweep now, and what reconciliation found."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Lease(models.Model):
    """The right to run a sweep, until it is given back or runs out."""

    name = models.CharField(primary_key=True, max_length=50)
    holder = models.UUIDField(null=True)
    expires_at = models.DateTimeField()
    seen_at = models.DateTimeField(
        null=True
    )  # when such a sweep last showed itself: began, went on, or ended

    def __str__(self) -> str:
        return self.name


class Reconciliation(models.Model):
    """What one run of reconcile found, and did about it; while it is under way, how far it has come."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)  # null: under way, or killed
    exit_code = models.PositiveSmallIntegerField(null=True)
    deep = models.BooleanField(default=False)
    articles = models.PositiveIntegerField(default=0)  # live ones
    compared = models.PositiveIntegerField(default=0)  # public posts
    waiting = models.PositiveIntegerField(default=0)  # posts that differ because an event is on its way
    found = models.JSONField(default=dict)  # kind of drift → posts
    repaired = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list)  # the first ones: {kind, post_id, error}
    refusal = models.TextField(blank=True)  # why nothing was repaired

    class Meta:
        verbose_name = verbose_name_plural = _("Sync")  # the desk's page of that name
        ordering: ClassVar = ["-started_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["-started_at", "-id"], name="reconciliation_newest_first")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M} exit {self.exit_code}"
