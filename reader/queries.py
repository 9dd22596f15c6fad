"""What readers ask. Every function only reads, and says in its order what comes first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import (
    Case,
    Exists,
    Func,
    IntegerField,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)

from cms.events import SITE_ID
from reader.editions import Edition
from reader.filing import FILED
from reader.index import Terms
from reader.models import NOT_FOUND, Article, Site
from reader.pages import Page
from reader.rendering import code_version, render_version

OF_LIVE: Final[tuple[type[Model], ...]] = (*FILED, Terms)  # rows that no article which is gone may have
LISTED = ("post_id", "slug", "title", "summary", "language", "words", "published_at", "pinned")


def edition() -> Edition:
    """Return the present edition; number 0 before the first projection."""
    return Edition.objects.first() or Edition(number=0, history=UUID(int=0))


def listed() -> QuerySet[Article]:
    """Return the live articles that may be named: every list, feed, sitemap and search begins here."""
    return Article.objects.filter(gone_at=None, unlisted=False)


def front(start: int = 0, stop: int | None = None) -> QuerySet[Article]:
    """Return the articles of the home page: those that are pinned, then the others, newest first."""
    order = ("-pinned", "-published_at", "-post_id")
    return named(listed().order_by(*order).values("pk")[start:stop]).order_by(*order)


def named(keys: QuerySet[Any, Any]) -> QuerySet[Article]:
    """Return the listed articles with these ids, newest first, as a list names them.

    The ids are a part of what an index says in its order, so no article is read that is only passed by.
    """
    return listed().filter(pk__in=keys).only(*LISTED).order_by("-published_at", "-post_id")


def newest() -> QuerySet[Article]:
    """Return the live articles that may be named, newest first."""
    return listed().order_by("-published_at", "-post_id")


def oldest() -> QuerySet[Article]:
    """Return the live articles that may be named, oldest first."""
    return listed().order_by("published_at", "post_id")


class Entry(NamedTuple):
    """What the reader says of one article, live or gone, or of the site."""

    post_id: UUID
    version: int
    digest: str
    gone: bool
    current: bool  # made by the present renderer
    whole: bool  # its own page is there, in its version, and so are its redirects

    @property
    def sound(self) -> bool:
        """Tell whether readers get this article as it says."""
        return self.current and self.whole and not self.gone


def entries(articles: QuerySet[Article]) -> Iterator[Entry]:
    """Yield what an inventory says of the articles. An index has it all: no text is read."""
    own = Page.objects.filter(post_id=OuterRef("post_id"), version=OuterRef("version"))
    number = Func(
        Value(1), function="COUNT", output_field=IntegerField()
    )  # Count() would group: 4 times slower
    counted = own.annotate(number=number).values("number")
    rows = articles.values_list(
        "post_id",
        "version",
        "digest",
        Case(When(gone_at=None, then=False), default=True),
        Case(When(render_version=render_version(), then=True), default=False),
        Case(When(page_count=Subquery(counted), then=True), default=False),
    )
    return map(Entry._make, rows)


def inventory(batch: int = 5000) -> Iterator[list[Entry]]:
    """Yield batches of entries for the site and every article, gone ones too, in the order of ids.

    Each batch is a query of its own, so no transaction stays open.
    """
    if site := site_entry():
        yield [site]
    articles = Article.objects.order_by("post_id")
    rows = list(entries(articles[:batch]))
    while rows:
        yield rows
        rows = list(entries(articles.filter(post_id__gt=rows[-1].post_id)[:batch]))


def entry(post_id: UUID) -> Entry | None:
    """Return what the reader says of this article, or of the site; None if it has never heard of it."""
    if post_id == SITE_ID:
        return site_entry()
    return next(entries(Article.objects.filter(post_id=post_id)), None)


def entries_of(post_ids: Iterable[UUID]) -> dict[UUID, Entry]:
    """Return what the reader says of those of the articles that it has heard of."""
    found = entries(Article.objects.filter(post_id__in=list(post_ids)))
    return {entry.post_id: entry for entry in found}


def site_entry() -> Entry | None:
    """Return what the reader says of the site; None until it is described."""
    site = Site.objects.first()
    if site is None:
        return None
    current = site.render_version == code_version()
    return Entry(SITE_ID, site.version, site.digest, gone=False, current=current, whole=True)


def strays() -> set[UUID]:
    """Return the posts of which something is kept for readers though their article is lost or gone."""
    live = Article.objects.filter(post_id=OuterRef("post_id"), gone_at=None)
    pages = Page.objects.filter(~Exists(live), post_id__isnull=False, status__in=(200, 301))
    kept = set(pages.values_list("post_id", flat=True))
    for model in OF_LIVE:
        gone = model._default_manager.filter(article__gone_at__isnull=False)
        kept.update(gone.values_list("article_id", flat=True))
    return {post_id for post_id in kept if post_id}


def any_not_found() -> bool:
    """Tell whether the search index could not take some article. An index has it: no text is read."""
    return Article.objects.filter(render_version=NOT_FOUND).exists()


def stray(post_id: UUID) -> Entry | None:
    """Return what stands for the article of such a post; None if nothing of it can be read."""
    pages = Page.objects.filter(post_id=post_id)
    kept = (model._default_manager.filter(article=post_id) for model in OF_LIVE)
    if not any(rows.exists() for rows in (pages.filter(status__in=(200, 301)), *kept)):
        return None
    known = [
        *pages.values_list("version", flat=True),
        *Article.objects.filter(pk=post_id).values_list("version", flat=True),
    ]
    return Entry(post_id, max(known), "", gone=False, current=False, whole=False)


def paths(post_id: UUID) -> set[str]:
    """Return every path that the article has claimed and no other holds, or at which it can be read."""
    claimed = Article.objects.filter(pk=post_id).values_list("paths", flat=True).first() or []
    own = Page.objects.filter(post_id=post_id).values_list("path", flat=True)
    others = Page.objects.filter(path__in=claimed).exclude(post_id=post_id).values_list("path", flat=True)
    return {*claimed, *own}.difference(others)


def newest_at(paths: Iterable[str]) -> int:
    """Return the highest version of the pages at these paths; 0 if there is none."""
    return max(versions_at(paths).values(), default=0)


def versions_at(paths: Iterable[str]) -> dict[str, int]:
    """Return the versions of the pages that are stored at these paths."""
    return dict(Page.objects.filter(path__in=list(paths)).values_list("path", "version"))


def titles(post_ids: list[UUID]) -> dict[UUID, str]:
    """Return the titles of those of the articles that there are."""
    return dict(Article.objects.filter(pk__in=post_ids).values_list("pk", "title"))
