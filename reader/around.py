"""What surrounds an article: its translations, the parts of its series, the posts beside it and like it.

It says something of other articles, so it is in no page that the projector stores, which is made
of one event. It is put in at the first request of an edition, and the whole page is kept until the
next, as lists are (docs/adr/0010).
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from math import log
from typing import Any, Final
from uuid import UUID

from django.db import connections
from django.db.models import Count, Max, QuerySet, TextField
from django.db.models.functions import Cast

from reader import queries, stored
from reader.keeping import keep, of_edition
from reader.models import Article
from reader.names import Part, Tagging
from reader.pages import Finished
from reader.rendering import html, site

PLACE: Final = (
    "<!--:around-->"  # in an article's page; no text can bring one along, as comments are cleaned away
)
PLACES: Final = {  # place → what makes that which is put there
    "<!--:alternates-->": "reader/alternates.html",  # in the head
    "<!--:also-in-->": "reader/also_in.html",
    PLACE: "reader/around.html",
}
RELATED: Final = 3  # posts at most
PARTS: Final = 5  # of a series before this one, and as many after it
TAGS: Final = 12  # of an article, by name, and
NEWEST: Final = 100  # posts of each say what is related, as of a key what is translated: costs are bounded
ASKED: Final = (
    "post_id",
    "slug",
    "language",
    "tags",
    "series",
    "title",
    "published_at",
    "unlisted",
    "translation_key",
    "gone_at",
)


def whole(path: str) -> Finished | None:
    """Return what stands at the path of an article, with what surrounds it, and keep that if it can be done.

    The edition is read before all else, so what is kept is never newer than it says.
    """
    edition = queries.edition()
    page = stored.answer(path)
    live = Article.objects.filter(gone_at=None).only(*ASKED)
    article = live.filter(pk=page.post_id).first() if page and page.post_id else None
    if page is None or article is None or not page.is_bare:
        return page  # it was withdrawn meanwhile, or somebody else has kept the whole
    return keep(of_edition(edition, page.path, surrounded(page.identity.decode(), article)))


def surrounded(body: str, article: Article) -> str:
    """Return the article's page with what surrounds it now, whether or not readers have the article yet."""
    return filled(body, of=site(), article=article, **surroundings(article))


def filled(body: str, **known: Any) -> str:
    """Return the article's page with its places filled by what is known; where that is nothing, emptied."""
    for place, template in PLACES.items():
        if place in body:
            body = body.replace(place, html(template, **known), 1)
    return body


def surroundings(article: Article) -> dict[str, Any]:
    """Return {translations, also_in, series, earlier, later, related}. Unlisted: the series only."""
    series = series_of(article) if article.series else None
    if article.unlisted:
        return {"series": series}
    beside = {"earlier": earlier(article).first(), "later": later(article).first()}
    named = {other.pk for other in beside.values() if other}
    if series:
        named |= {part.article_id for part in series["parts"]}
    said = translations(article)
    return {
        "translations": said,
        "also_in": [other for other in said if other.language.lower() != article.language.lower()],
        "series": series,
        **beside,
        "related": related(article, but=named),
    }


def translations(article: Article) -> list[Article]:
    """Return what says the same in each language, this one's too: of each the newest, by language tag.

    Those are the listed articles with its key. None where that is in one language only.
    """
    if not article.translation_key or article.unlisted:
        return []
    bearing = newest_translations(article)[:NEWEST]
    oldest_first = sorted([article, *bearing], key=lambda one: (one.published_at, one.pk))
    newest = {one.language.lower(): one for one in oldest_first}
    return [newest[language] for language in sorted(newest)] if len(newest) > 1 else []


def newest_translations(article: Article) -> QuerySet[Article]:
    """Return the other articles with its key, newest first."""
    bearing = others(article).filter(translation_key=article.translation_key)
    # SQLite walks a partial index only for a query that repeats its condition.
    return bearing.exclude(translation_key="").order_by("-published_at", "-post_id")


def series_of(article: Article) -> dict[str, Any] | None:
    """Return {slug, name, part, of, parts, more}: the parts around this one; None where it is the only one.

    `of` is the number of the last part that is public, `more` tells whether there are others than `parts`.
    """
    mine: dict[str, Any] = article.series or {}
    at: Any = article.published_at
    number: int = mine["part"]
    own = Part(article=article, part=number)
    told = Part.objects.filter(slug=mine["slug"]).exclude(article=article)
    all_told = told.aggregate(count=Count("pk"), last=Max("part"))
    if not all_told["count"]:
        return None
    told = told.select_related("article").only("part", *(f"article__{name}" for name in queries.LISTED))
    order = ("part", "published_at", "article")
    after = told.filter(part__gte=number).exclude(part=number, published_at__lt=at)
    after = after.exclude(part=number, published_at=at, article__lt=article).order_by(*order)[:PARTS]
    before = told.filter(part__lte=number).exclude(part=number, published_at__gt=at)
    before = before.exclude(part=number, published_at=at, article__gt=article)
    before = before.order_by(*(f"-{name}" for name in order))[:PARTS]
    parts = [*reversed(before), own, *after]
    last = max(number, all_told["last"])
    return {**mine, "of": last, "parts": parts, "more": len(parts) <= all_told["count"]}


def others(article: Article) -> QuerySet[Article]:
    """Return the listed articles but this one, as a list names them."""
    return queries.listed().exclude(pk=article.pk).only(*queries.LISTED)


def earlier(article: Article) -> QuerySet[Article]:
    """Return the articles that were published before this one, newest first."""
    at = article.published_at
    before = others(article).filter(published_at__lte=at).exclude(published_at=at, post_id__gt=article.pk)
    return before.order_by("-published_at", "-post_id")


def later(article: Article) -> QuerySet[Article]:
    """Return the articles that were published after this one, oldest first."""
    at = article.published_at
    after = others(article).filter(published_at__gte=at).exclude(published_at=at, post_id__lt=article.pk)
    return after.order_by("published_at", "post_id")


def related(article: Article, *, but: set[Any]) -> list[Article]:
    """Return the articles that share most tags with this one, those that few share counting more.

    A tag that n posts bear counts 1 / log n (Adamic and Adar 2003, doi:10.1016/S0378-8733(03)00009-1),
    as an integer, so that sums are exact. The newest 100 speak for a tag. Of equals the newest comes first.
    """
    scores: Counter[tuple[Any, Any]] = Counter()
    for tag in article.tags[:TAGS]:
        bearing = newest_bearers(tag["slug"], but=article)
        for one in bearing:
            scores[one] += round(1_000_000 / log(len(bearing) + 1))  # with this article, whose tag it is too
    best = sorted(scores, key=lambda one: (scores[one], *one), reverse=True)[: RELATED + len(but)]
    chosen = [pk for pk in (UUID(str(one[1])) for one in best) if pk not in but][:RELATED]
    found = others(article).in_bulk(chosen)
    return [found[pk] for pk in chosen if pk in found]


def newest_bearers(slug: str, *, but: Article) -> list[tuple[Any, Any]]:
    """Return when the newest other articles that bear the tag were published, and their ids.

    As the database writes them, which sorts alike: to make datetimes and UUIDs of them costs more than to
    find them.
    """
    sql, params = bearing()
    with connections["reader"].cursor() as cursor:
        cursor.execute(sql, [slug if param == "x" else param for param in params])
        rows = cursor.fetchall()
    return [row for row in rows if row[1] not in (but.pk, but.pk.hex)][:NEWEST]


@lru_cache(maxsize=1)
def bearing() -> tuple[str, tuple[Any, ...]]:
    """Return the SELECT for those that bear the tag x, one more than are asked for."""
    borne = Tagging.objects.filter(slug="x", leads_to="").order_by("-published_at", "-article")
    at = Cast("published_at", TextField())
    return stored.compiled(borne.values_list(at, "article_id")[: NEWEST + 1])
