"""Where somebody at the desk reads the clock."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Clock(models.Model):
    """The time zone of a user, as his browser told last."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="clock"
    )
    zone = models.CharField(max_length=64)

    class Meta:
        default_permissions: ClassVar = ()  # everybody sets his own

    def __str__(self) -> str:
        return self.zone
