"""The author's clock: wall time in a zone to a moment, asking where the clock does not say."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from writer.refusals import NeedsAnswer, Refused


def moment(wall: datetime, *, zone: str, later: bool | None = None) -> datetime:
    """Return the moment, in UTC and to the minute, at which a clock in that zone shows this naive time.

    Raise Refused where clocks skip it in spring, NeedsAnswer where it comes twice in autumn
    and `later` does not say which is meant. `zoneinfo` itself does neither.
    """
    wall = wall.replace(tzinfo=None, second=0, microsecond=0)
    first, second = (wall.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if first.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall:
        raise Refused(
            _("%(time)s does not exist in %(zone)s: the clocks skip it. Choose a time before or after.")
            % {"time": f"{wall:%Y-%m-%d %H:%M}", "zone": zone}
        )
    if first.utcoffset() != second.utcoffset() and later is None:
        raise NeedsAnswer(
            _("%(time)s comes twice in %(zone)s, as the clocks go back. Say which: the first or the second.")
            % {"time": f"{wall:%Y-%m-%d %H:%M}", "zone": zone}
        )
    return (second if later else first).astimezone(UTC)
