"""A page of a list of the API: what stands behind a place in it, or before it. Only reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import Lookup, QuerySet
from django.db.models.fields.tuple_lookups import (
    Tuple,
    TupleGreaterThan,
    TupleGreaterThanOrEqual,
    TupleLessThan,
    TupleLessThanOrEqual,
    TupleLookupMixin,
)

from reader.api_cursors import Position
from reader.api_parameters import PER_PAGE, Asked


class Rows(TupleLookupMixin, Lookup):
    """A comparison of rows, as both databases know it: Django spells it out for SQLite, past the index."""

    def as_sql(self, *args: Any) -> Any:
        """Return `(a, b) < (x, y)`."""
        return super(TupleLookupMixin, self).as_sql(*args)


class Below(Rows, TupleLessThan):
    """What is lower than a row."""


class Above(Rows, TupleGreaterThan):
    """What is higher than a row."""


class UpTo(Rows, TupleLessThanOrEqual):
    """What is lower than a row, and that."""


class DownTo(Rows, TupleGreaterThanOrEqual):
    """What is higher than a row, and that."""


class Portion(NamedTuple):
    """A page of a list: its rows, and whether there may be others before and behind it."""

    rows: list[Any]
    before: bool
    behind: bool


def portion(
    found: QuerySet[Any, Any],
    keys: tuple[str, ...],
    asked: Asked,
    position: Position | None,
    *,
    beside: Callable[[list[Any]], tuple[Any, ...]] = tuple,
    descending: bool = False,
) -> Portion:
    """Return a page of a list in the order of these keys: behind a place in it, or before it. One SELECT.

    `beside` makes values to compare with of the place in a cursor.
    """
    back, limit = bool(position and position.back), asked.get("limit", PER_PAGE)
    down = descending != back
    if position:
        found = found.filter((Below if down else Above)(Tuple(*keys), beside(position.key)))
    rows = list(found.order_by(*(f"-{key}" if down else key for key in keys))[: limit + 1])
    return parted(rows, limit, position)


def parted(rows: list[Any], limit: int, position: Position | None) -> Portion:
    """Return the page that these rows make, of which there is one more than it may have if others follow.

    They come as they were read: from the place on, which for a page before it is backwards.
    """
    more, rows = len(rows) > limit, rows[:limit]
    if position and position.back:
        return Portion(rows[::-1], before=more, behind=True)
    return Portion(rows, before=position is not None, behind=more)
