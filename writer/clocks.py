"""Moments in words, on the clock of who chooses them and on the site's. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from writer.forms import PostForm
from writer.models import Clock
from writer.wall_time import offset

MINUTE, HOUR, DAY = 60, 3600, 86_400  # s


class Line(NamedTuple):
    """What there is to say of a time that is typed."""

    words: str
    wrong: bool = False


def home_zone(user: User) -> str:
    """Return the zone in which the user reads the clock; the site's until his browser has told."""
    return Clock.objects.filter(user=user).values_list("zone", flat=True).first() or settings.TIME_ZONE


def lines(form: PostForm, *, now: datetime) -> Iterator[Line]:
    """Yield what there is to say of the times that are typed: when that is, or why it is no time."""
    times = {
        "publish_on": _("Published in %(span)s, on %(known)s."),
        "unpublish_on": _("Unpublished in %(span)s, on %(known)s."),
    }
    for field in (*times, "zone", "occurrence"):
        yield from (Line(str(said), wrong=True) for said in form.errors.get(field, []))
    typed = {field: form.cleaned_data.get(field) for field in times}
    for field, words in times.items():
        if at := typed[field]:
            known = {"known": moment_in_words(at, form.cleaned_data["zone"]), "span": span_in_words(at - now)}
            yield Line(
                (_("%(known)s: that time has passed.") if at <= now else words) % known, wrong=at <= now
            )
    if typed["publish_on"] and typed["unpublish_on"] and typed["unpublish_on"] <= typed["publish_on"]:
        yield Line(_("It would be unpublished before it is published."), wrong=True)


def moment_in_words(at: datetime, zone: str) -> str:
    """Return the moment on a clock in that zone, with its offset, and on the site's clock if that differs."""
    wall, site = at.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(settings.TIME_ZONE))
    words = f"{date_format(wall, 'l j F Y, H:i')} {zone} ({offset(wall)})"
    if wall.utcoffset() == site.utcoffset():
        return words
    known = date_format(site, "H:i" if site.date() == wall.date() else "j F, H:i")
    return _("%(words)s, which is %(known)s on the site’s clock (%(zone)s)") % {
        "words": words, "known": known, "zone": settings.TIME_ZONE,
    }  # fmt: skip


def span_in_words(span: timedelta) -> str:
    """Return how long that is, in its largest units: 251 days, 2 days 4 h, 3 h 20 min, 5 min."""
    seconds = span.total_seconds()
    days, hours, minutes = (int(seconds // DAY), int(seconds % DAY // HOUR), int(seconds % HOUR // MINUTE))
    parts = [ngettext("%d day", "%d days", days) % days] if days else []
    parts += [_("%d h") % hours] if hours else []
    parts += [_("%d min") % minutes] if minutes else []
    return " ".join(parts[: 1 if days > 6 else 2]) or _("less than a minute")
