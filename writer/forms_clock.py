"""Wall times as they are typed at the desk, on the clock of a zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from writer.models import Post
from writer.refusals import NeedsAnswer, Refused
from writer.wall_time import ZONES, moment


class WallClock(forms.BaseForm):
    """A form with wall times in a zone: fields `zone` and `occurrence`, and those that hold the times."""

    home_zone = settings.TIME_ZONE  # where the author reads the clock

    def clean_zone(self) -> str:
        """Refuse what is no time zone."""
        zone = self.cleaned_data["zone"] or self.home_zone
        if zone not in ZONES:
            raise ValidationError(_("Write a time zone such as Europe/Berlin or UTC."))
        return zone

    def moment_of(self, field: str) -> datetime | None:
        """Return the moment a wall time stands for, None if there is none or it is wrong."""
        text, zone = self.cleaned_data.get(field), self.cleaned_data.get("zone")
        if not text or not zone:
            return None
        later = {"first": False, "second": True}.get(self.cleaned_data.get("occurrence", ""))
        try:
            return moment(datetime.fromisoformat(text), zone=zone, later=later)
        except NeedsAnswer as question:
            self.add_error("occurrence", str(question))
        except Refused as refusal:
            self.add_error(field, str(refusal))
        except (ValueError, OverflowError):
            self.add_error(field, _("This is not a date and time. Write it as 2026-03-29 09:30."))
        return None


def appointments(post: Post) -> dict[str, str]:
    """Return the fields of the schedule as they are typed: when, on a clock in which zone."""
    if not post.publish_at and not post.unpublish_at:
        return {}
    zone = (post.publish_zone if post.publish_at else post.unpublish_zone) or "UTC"
    typed = {"zone": zone, "occurrence": ""}
    for field, at in (("publish_on", post.publish_at), ("unpublish_on", post.unpublish_at)):
        if at:
            wall = at.astimezone(ZoneInfo(zone))
            typed[field] = f"{wall:%Y-%m-%dT%H:%M}"
            if wall.utcoffset() != wall.replace(fold=1 - wall.fold).utcoffset():
                typed["occurrence"] = "second" if wall.fold else "first"
    return typed
