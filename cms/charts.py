"""Where the marks of a chart stand: percentages and pixels, as texts for an SVG. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cms.figures import DAY, SLOT, Slot
from cms.models import Reconciliation
from cms.report import ExitCode, Kind

FLOOR: Final = 0.1  # s; whatever is faster stands on the floor
STEPS: Final = {
    1: "1 s",
    10: "10 s",
    60: "1 min",
    600: "10 min",
    3600: "1 h",
    21_600: "6 h",
    86_400: "1 d",
}  # s, where lines are drawn, and what stands at them
TOP: Final = 6.0  # % of the height, where the longest stands
BOTTOM: Final = 94.0  # and the fastest

RUNS: Final = 72  # half a day of runs
ROW: Final = 24  # px
TALL: Final = 18  # px, of the largest mark in a row
SHARE: Final = 0.7  # of its column that a mark fills
HEIGHTS: Final = {
    ExitCode.IN_SYNC: 3,
    ExitCode.REPAIRED: 9,
    ExitCode.DRIFT_REMAINS: TALL,
    ExitCode.REFUSED: TALL,
}  # px


@dataclass(frozen=True, slots=True)
class Line:
    """A line across a chart, and what stands at its end."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A rectangle."""

    x: str
    y: str
    width: str
    height: str
    look: str = ""  # a class of the stylesheet
    middle: str = ""  # where a dot stands in its middle
    dot: str = ""


@dataclass(frozen=True, slots=True)
class Lag:
    """The chart of how long events of the last day took."""

    lines: list[Line]
    limit: str  # where what is late begins; empty: nothing is
    hours: list[Line]
    marks: list[Mark]


def lag(slots: Sequence[Slot], *, now: datetime, late: timedelta) -> Lag:
    """Return the chart: a bar for each half hour, from the median to the longest, on a scale of powers.

    What took longer than `late` looks so. `now` gives the zone of the hours.
    """
    longest = max((slot.longest for slot in slots), default=0)
    top = next((step for step in list(STEPS)[1:] if step >= longest), longest)
    lines = [Line(percent(height(step, top)), label) for step, label in STEPS.items() if step <= top]
    full = now.replace(minute=0, second=0, microsecond=0)
    hours = [full - timedelta(hours=ago) for ago in range(23, -1, -1) if (full.hour - ago) % 6 == 0]
    limit = late.total_seconds()
    return Lag(
        lines,
        percent(height(limit, top)) if longest > limit else "",
        [Line(percent(across(hour, now)), f"{hour:%H:%M}") for hour in hours],
        [bar(slot, top, now, late) for slot in slots],
    )


def bar(slot: Slot, top: float, now: datetime, late: timedelta) -> Mark:
    """Return the mark of half an hour."""
    left, right = max(0, across(slot.start, now)), min(100, across(slot.start + SLOT, now))
    above, usual = height(slot.longest, top), height(slot.usual, top)
    return Mark(
        percent(left + (right - left) * (1 - SHARE) / 2),
        percent(above),
        percent((right - left) * SHARE),
        percent(max(1, usual - above)),
        "late" if slot.longest > late.total_seconds() else "",
        percent((left + right) / 2),
        percent(usual),
    )


def height(seconds: float, top: float) -> float:
    """Return where so many seconds stand, in % from above."""
    share = math.log(max(seconds, FLOOR) / FLOOR) / math.log(top / FLOOR)
    return BOTTOM - share * (BOTTOM - TOP)


def across(moment: datetime, now: datetime) -> float:
    """Return where a moment of the last day stands, in % from the left."""
    return 100 * (1 - (now - moment) / DAY)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the strip of runs."""

    label: str
    floor: int  # px
    middle: int  # px
    marks: list[Mark]


def strip(runs: Sequence[Reconciliation], *, under_way: bool) -> list[Row]:
    """Return a row of what the runs came to, and one for each kind of drift that any of them found.

    The runs are given with the newest first, and stand with it at the right.
    """
    shown = list(enumerate(runs[:RUNS]))
    results = [result(place, run) for place, run in shown if run.finished_at or place or not under_way]
    rows = [Row("", ROW, ROW // 2, results)]
    for kind in Kind:
        found = [(place, run.found[kind]) for place, run in shown if run.found.get(kind)]
        if found:
            floor, most = ROW * (len(rows) + 1), max(count for _place, count in found)
            marks = [column(place, floor, TALL * math.sqrt(count / most)) for place, count in found]
            rows.append(Row(str(kind), floor, floor - ROW // 2, marks))
    return rows


def result(place: int, run: Reconciliation) -> Mark:
    """Return the mark for what a run came to: the taller, the worse; hollow if it did not end."""
    if run.exit_code is None:
        return column(place, ROW, TALL, "hollow")
    tall = HEIGHTS[ExitCode(run.exit_code)]
    return column(place, ROW, tall, "late" if tall == TALL else "")


def column(place: int, floor: int, tall: float, look: str = "") -> Mark:
    """Return a mark in the column of a run, counted from the right, that stands on a floor."""
    width = 100 / RUNS
    left = 100 - (place + 1) * width + width * (1 - SHARE) / 2
    tall = max(2, round(tall))
    return Mark(percent(left), str(floor - tall), percent(width * SHARE), str(tall), look)


def percent(number: float) -> str:
    """Return a percentage as SVG takes it, in whatever language the page is."""
    return f"{number:.2f}%"
