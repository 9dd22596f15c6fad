"""What the API asks of the reader's tables, beside lists of articles.

Every function only reads, and orders totally.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery, UUIDField

from cms.events import article_path
from reader.api_parameters import ID
from reader.filed import counted
from reader.models import Article
from reader.names import Byline, Named, Part, Tagging
from reader.pages import Page
from reader.queries import listed

COLUMNS: Final[dict[type[Named], str]] = {Tagging: "tags", Byline: "authors", Part: "series"}
BLANK: Final[dict[str, Any]] = {"description": "", "bio": "", "picture": "", "links": []}  # of one just gone


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
