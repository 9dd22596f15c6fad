"""The author's clock: wall time in a zone to a moment, asking where the clock does not say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from writer.refusals import NeedsAnswer, Refused

ZONES: Final = available_timezones() - {"Factory", "localtime"}  # which mean another on each machine


def moment(wall: datetime, *, zone: str, later: bool | None = None) -> datetime:
    """Return the moment, in UTC and to the minute, at which a clock in that zone shows this naive time.

    Raise Refused where clocks skip it in spring, NeedsAnswer where it comes twice in autumn
    and `later` does not say which is meant. `zoneinfo` itself does neither.
    """
    wall = wall.replace(tzinfo=None, second=0, microsecond=0)
    if not 1 < wall.year < 9999:  # on some clock, that moment would be in a year that no date can have
        raise Refused(_("The year %d is too far away. Choose another.") % wall.year)
    first, second = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall:
        raise Refused(
            _("%(time)s does not exist in %(zone)s: the clocks skip it. Choose a time before or after.")
            % {"time": f"{wall:%Y-%m-%d %H:%M}", "zone": zone}
        )
    if first.utcoffset() != second.utcoffset() and later is None:
        raise NeedsAnswer(
            _(
                "%(time)s comes twice in %(zone)s, as the clocks go back. Say which: the first (%(first)s) "
                "or the second (%(second)s)."
            )
            % {
                "time": f"{wall:%Y-%m-%d %H:%M}",
                "zone": zone,
                "first": offset(first),
                "second": offset(second),
            }
        )
    return (second if later else first).astimezone(UTC)


def offset(wall: datetime) -> str:
    """Return how far an aware time is from UTC: UTC, UTC+05:30, UTC−03:00."""
    minutes = round((wall.utcoffset() or timedelta(0)).total_seconds() / 60)
    if not minutes:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '−'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
