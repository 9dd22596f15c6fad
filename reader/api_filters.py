"""Lists of articles as the API narrows them. Only reads.

Each thing that is asked for is a range of an index, in the order of publication. The shortest one leads,
and what stands in it is asked for the rest. Where ranges are long and hardly meet, a page ends early and
says where the next one begins, so that no request reads more than so many rows, however large the blog.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple

from reader.api_cursors import Position
from reader.api_parameters import PER_PAGE, Asked
from reader.api_portions import Above, Below, DownTo, Portion, UpTo, parted
from reader.names import Byline, Named, Part, Tagging, Tongue
from reader.queries import listed

WALKED: Final = 2000  # rows of an index that are looked at for one page
FEW: Final = 500  # rows that are put in order if no index has them so
COUNTED: Final = 10_000  # rows of an index that are counted
EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MICROSECOND: Final = timedelta(microseconds=1)
ORDER: Final = ("at", "key")
PLACE: Final = Tuple(*ORDER)
MODIFIED: Final = {"modified_after": "updated_at__gt", "modified_before": "updated_at__lt"}
FILED: Final[dict[str, type[Named]]] = {"author": Byline, "series": Part, "lang": Tongue}

Key = tuple[datetime, UUID]  # when an article was published, and its id: its place among others
Range = QuerySet[Any, Any]  # rows with `at` and `key`, of one stretch of an index
Condition = Q | Exists


class Filter(NamedTuple):
    """One thing that is asked of articles."""

    ranges: list[Range]  # that hold all articles which fit, and no others
    fits: Condition  # the same, asked of one article that another range led to
    in_order: bool = True  # whether a range has them in the order of publication


def page(asked: Asked, position: Position | None, columns: set[str]) -> tuple[Portion, list[list[Any]]]:
    """Return a page of the listed articles that were asked for, with these columns, and the places on it.

    It may have fewer than its limit though others follow: then the last place is where it ended.
    """
    back, limit = bool(position and position.back), asked.get("limit", PER_PAGE)
    down = (asked.get("order") != "published_at") != back
    place = beside(position.key) if position else None
    found, edge = walked(walk_of(asked), Stretch(asked, down=down, place=place), limit + 1)
    shown = parted(found, limit, position)
    places = shown.rows
    if edge and len(found) <= limit:
        places = [edge, *places] if back else [*places, edge]
        shown = shown._replace(before=shown.before or back, behind=shown.behind or not back)
    articles = listed().only(*columns).in_bulk([key for _at, key in shown.rows])
    rows = [articles[key] for _at, key in shown.rows if key in articles]
    return shown._replace(rows=rows), [[(at - EPOCH) // MICROSECOND, key.hex] for at, key in places]


def count(asked: Asked) -> tuple[int, bool]:
    """Return how many listed articles were asked for, and whether there may be more than were counted."""
    walk, stretch = walk_of(asked), Stretch(asked)
    if len(walk.ranges) == 1 and not walk.rest:
        number = walk.on(stretch)[0][: COUNTED + 1].count()
        return min(number, COUNTED), number > COUNTED
    stretch = walk.bounded(stretch)
    ways = [way[:WALKED] for way in walk.on(stretch)]
    if len(ways) == 1:
        return ways[0].count(), stretch.edge is not None
    return len({key for way in ways for key in way.values_list("key", flat=True)}), stretch.edge is not None


def walked(walk: Walk, stretch: Stretch, most: int) -> tuple[list[Key], Key | None]:
    """Return up to so many articles of a stretch, and where the walk ended if it may not go on."""
    if walk.rest:
        stretch = walk.bounded(stretch)
    found = {key for way in walk.on(stretch) for key in (way[:most] if walk.in_order else way)}
    return sorted(found, reverse=stretch.down)[:most], stretch.edge


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is read of a range, and in which order: from a place on, up to an edge."""

    asked: Asked
    down: bool = True
    place: Key | None = None
    edge: Key | None = None

    def of(self, way: Range) -> Range:
        """Return it. It has one bound on each side, as SQLite would walk along the looser one of two."""
        low, high = (self.edge, self.place) if self.down else (self.place, self.edge)
        if low:
            way = way.filter((DownTo if self.down else Above)(PLACE, low))
        elif after := self.asked.get("published_after"):
            way = way.filter(at__gt=after)
        if high:
            way = way.filter((Below if self.down else UpTo)(PLACE, high))
        elif before := self.asked.get("published_before"):
            way = way.filter(at__lt=before)
        return way.order_by(*(f"-{key}" if self.down else key for key in ORDER)).values_list(*ORDER)


class Walk(NamedTuple):
    """How a list is read: along these ranges, asking what stands there for the rest."""

    ranges: list[Range]
    rest: list[Condition]
    in_order: bool  # else there are few, which are read in any order

    def on(self, stretch: Stretch) -> list[Range]:
        """Return what is found of each range."""
        found = [stretch.of(way).filter(*self.rest) for way in self.ranges]
        # asked for in order, SQLite might read an index whole that has it, rather than sort these few
        return found if self.in_order else [way.order_by() for way in found]

    def bounded(self, stretch: Stretch) -> Stretch:
        """Return a stretch as far as may be looked at: up to the first edge, if there are any."""
        if not self.in_order:
            return stretch
        share = WALKED // len(self.ranges)
        ends = [stretch.of(way)[share - 1 : share + 1] for way in self.ranges]
        edges = [keys[0] for keys in ends if len(keys) == 2]
        return replace(stretch, edge=(max if stretch.down else min)(edges, default=None))


def walk_of(asked: Asked) -> Walk:
    """Return how to read a list: along what holds the fewest of all that was asked for."""
    filters = list(filters_of(asked))
    leading = shortest([one for one in filters if one.ranges], Stretch(asked))
    rest = [one.fits for one in filters if one is not leading]
    if leading is None:
        return Walk([along(listed(), "post_id")], rest, in_order=True)
    return Walk(leading.ranges, rest, leading.in_order)


def shortest(filters: list[Filter], stretch: Stretch) -> Filter | None:
    """Return the filter whose ranges hold the fewest; None if they had to be put in order and hold many."""
    if len(filters) == 1 and filters[0].in_order:
        return filters[0]
    sizes = [sum(stretch.of(way).order_by()[:WALKED].count() for way in one.ranges) for one in filters]
    known = [(size, n) for n, size in enumerate(sizes) if filters[n].in_order or size < FEW]
    return filters[min(known)[1]] if known else None


def filters_of(asked: Asked) -> Iterator[Filter]:
    """Yield what is asked of articles, but for when they were published."""
    if tags := asked.get("tag"):
        yield filed(Tagging, *tags)
    for tag in asked.get("tag_all", ()):
        yield filed(Tagging, tag)
    if tags := asked.get("tag_not"):
        yield Filter([], ~Q(of_one(Tagging.objects.all(), tags)))
    for name, rows in FILED.items():
        if name in asked:
            yield filed(rows, asked[name].lower() if rows is Tongue else asked[name])
    if modified := {lookup: asked[name] for name, lookup in MODIFIED.items() if name in asked}:
        found = listed().filter(**modified)
        # found by its id alone, SQLite would read the whole row: of a range of ids, an index tells all
        own = {"published_at": OuterRef("at"), "post_id__range": (OuterRef("key"), OuterRef("key"))}
        yield Filter([along(found, "post_id")], Exists(found.filter(**own)), in_order=False)
    if "ids" in asked:
        found = listed().filter(pk__in=asked["ids"])
        yield Filter([along(found, "post_id")], Q(key__in=asked["ids"]), in_order=False)


def filed(rows: type[Named], *slugs: str) -> Filter:
    """Return what asks that an article is filed under one of these slugs."""
    model: Any = rows._default_manager
    ranges = [along(model.filter(slug=slug), "article") for slug in slugs]
    return Filter(ranges, of_one(model.all(), slugs))


def along(rows: QuerySet[Any], key: str) -> Range:
    """Return rows with what they are ordered by."""
    return rows.annotate(at=F("published_at"), key=F(key))


def of_one(rows: QuerySet[Any], slugs: tuple[str, ...]) -> Exists:
    """Return what asks whether the article at hand has any of these slugs, by the whole key of the index."""
    return Exists(rows.filter(slug__in=slugs, published_at=OuterRef("at"), article=OuterRef("key")))


def beside(key: list[Any]) -> Key:
    """Return the place that a cursor names as the database compares it."""
    return EPOCH + key[0] * MICROSECOND, UUID(key[1])
