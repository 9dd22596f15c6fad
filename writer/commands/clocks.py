"""The command on a user's clock. It changes no post and no schedule."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from writer.models import Clock
from writer.refusals import Refused
from writer.wall_time import ZONES


def set_clock(*, zone: str, actor: User, now: datetime) -> None:
    """Note in which zone the user reads the clock, for the times that he chooses from now on."""
    if zone not in ZONES:
        raise Refused(_("“%s” is no time zone. Write one such as Europe/Berlin or UTC.") % zone[:100])
    Clock.objects.update_or_create(user=actor, defaults={"zone": zone})
