"""What the API asks of the reader's tables. Every function only reads, and orders totally."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan, TupleLookupMixin

from cms.events import article_path
from reader.api_cursors import Position
from reader.api_parameters import ID, PER_PAGE, Asked
from reader.filed import counted
from reader.models import Article, Page
from reader.names import Byline, Named, Part, Tagging
from reader.queries import listed

COLUMNS: Final[dict[type[Named], str]] = {Tagging: "tags", Byline: "authors", Part: "series"}
BLANK: Final[dict[str, Any]] = {"description": "", "bio": "", "picture": "", "links": []}  # of one just gone
EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MICROSECOND: Final = timedelta(microseconds=1)
MOMENTS: Final = {
    "published_after": "at__gt",
    "published_before": "at__lt",
    "modified_after": "updated_at__gt",
    "modified_before": "updated_at__lt",
}


class Below(TupleLessThan):
    """A comparison of rows, as both databases know it: Django spells it out for SQLite, past the index."""

    def as_sql(self, *args: Any) -> Any:
        """Return `(a, b) < (x, y)`."""
        return super(TupleLookupMixin, self).as_sql(*args)


class Above(TupleGreaterThan):
    """As `Below`, the other way."""

    def as_sql(self, *args: Any) -> Any:
        """Return `(a, b) > (x, y)`."""
        return super(TupleLookupMixin, self).as_sql(*args)


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
    more, rows = len(rows) > limit, rows[:limit]
    if back:
        return Portion(rows[::-1], before=more, behind=True)
    return Portion(rows, before=position is not None, behind=more)


def narrowed(asked: Asked) -> QuerySet[Article]:
    """Return the listed articles that were asked for, with what they are ordered by as `at` and `key`."""
    found, rest = walk(asked)
    if tags := rest.get("tag"):
        found = found.filter(pk__in=bearing(tags))
    for tag in rest.get("tag_all", ()):
        found = found.filter(pk__in=bearing([tag]))
    if tags := rest.get("tag_not"):
        found = found.exclude(pk__in=bearing(tags))
    if author := rest.get("author"):
        found = found.filter(pk__in=Byline.objects.filter(slug=author).values("article"))
    if series := rest.get("series"):
        found = found.filter(pk__in=Part.objects.filter(slug=series).values("article"))
    if language := rest.get("lang"):
        found = found.filter(Q(language__iexact=language) | Q(language__istartswith=f"{language}-"))
    if "ids" in rest:
        found = found.filter(pk__in=rest["ids"])
    return found.filter(**{lookup: rest[name] for name, lookup in MOMENTS.items() if name in rest})


def walk(asked: Asked) -> tuple[QuerySet[Article], Asked]:
    """Return the listed articles by an index that leads past few others, and what is still to be asked.

    Of one tag, or one author, no article of others is looked at.
    """
    rest = dict(asked)
    if len(tags := asked.get("tag", ())) == 1:
        del rest["tag"]
        return tagged(tags[0]), rest
    if tags := asked.get("tag_all", ()):
        rest["tag_all"] = tags[1:]
        return tagged(tags[0]), rest
    if author := rest.pop("author", ""):
        return along("bylines", listed().filter(bylines__slug=author)), rest
    return listed().alias(at=F("published_at"), key=F("post_id")), rest


def tagged(slug: str) -> QuerySet[Article]:
    """Return the listed articles that bear a tag; of one that was merged, those of the other."""
    merged = Tagging.objects.filter(slug=slug, leads_to__gt="").values_list("leads_to", flat=True)
    other = merged.order_by("leads_to").first()
    return along("taggings", listed().filter(taggings__slug=other or slug, taggings__leads_to=""))


def along(rows: str, found: QuerySet[Article]) -> QuerySet[Article]:
    """Return the articles ordered by what these rows say of them."""
    return found.alias(at=F(f"{rows}__published_at"), key=F(f"{rows}__article"))


def bearing(tags: Sequence[str]) -> QuerySet[Tagging, Any]:
    """Return the ids of the articles that bear any of the tags, also by the name of one merged into it."""
    return Tagging.objects.filter(slug__in=tags).values("article")


def place_of(article: Article) -> list[Any]:
    """Return what tells the place of an article among others, as JSON values."""
    assert article.published_at is not None
    return [(article.published_at - EPOCH) // MICROSECOND, article.post_id.hex]


def beside(key: list[Any]) -> tuple[datetime, UUID]:
    """Return such a place as the database compares it."""
    return EPOCH + key[0] * MICROSECOND, UUID(key[1])


class State(NamedTuple):
    """What became of an article, as far as its address asks."""

    post_id: UUID
    status: int  # 200, 301 or 410
    slug: str
    version: int
    digest: str
    render_version: str


def state(key: str) -> State | None:
    """Return what stands under an id or a slug; None if nothing ever did."""
    asked = ("post_id", "gone_at", "slug", "version", "digest", "render_version")
    status, articles = 200, Article.objects.none()
    if ID.fullmatch(key):
        articles = Article.objects.filter(pk=UUID(key))
    row = articles.values_list(*asked).first()
    if row is None:
        page = Page.objects.filter(path=article_path(key), post_id__isnull=False)
        found = page.values_list("status", "post_id").first()
        if found is None or (post_id := found[1]) is None:
            return None
        status = found[0]
        row = Article.objects.filter(pk=post_id).values_list(*asked).first()
    if row is None:
        return None
    pk, gone_at, *said = row
    return State(pk, 410 if gone_at else status, *said)


def article(post_id: UUID, columns: set[str]) -> Article | None:
    """Return these columns of a live article; None if it is gone by now."""
    return Article.objects.filter(pk=post_id, gone_at=None).only(*columns).first()


def names(rows: type[Named]) -> QuerySet[Any, Any]:
    """Return {slug, name, count, newest} of everything that articles are filed under in these rows."""
    filed: QuerySet[Any, Any] = rows._default_manager.all()
    if rows is Tagging:
        filed = filed.filter(leads_to="")
    newest = filed.filter(slug=OuterRef("slug")).order_by("-published_at", "-article").values("article")[:1]
    return counted(filed).annotate(newest=Subquery(newest, output_field=UUIDField()))


def told_of(rows: type[Named], found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the newest article of each says of it, with the number of its articles. One SELECT."""
    column = COLUMNS[rows]
    newest = Article.objects.filter(pk__in=[row["newest"] for row in found])
    said = dict(newest.values_list("pk", column))
    return [{**BLANK, **told_by(said.get(row["newest"]), row["slug"]), **row} for row in found]


def told_by(said: Any, slug: str) -> dict[str, Any]:
    """Return what an article says of one of its tags or authors, or of its series."""
    many = said if isinstance(said, list) else [said] if said else []
    return next((one for one in many if one["slug"] == slug), {})


def months() -> QuerySet[Article, Any]:
    """Return {month, count} of the months that articles were published in, each a number like 202611."""
    return listed().exclude(month=None).values("month").annotate(count=Count("*"))


def changed(post_ids: list[UUID], columns: set[str]) -> dict[UUID, Article]:
    """Return these columns of articles, gone ones too, with all that tells what became of them."""
    told = {*columns, "gone_at", "unlisted", "paths", "version"}
    return Article.objects.filter(pk__in=post_ids).only(*told).in_bulk()
