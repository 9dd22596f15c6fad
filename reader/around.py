"""What surrounds an article: the posts before and after it, and posts like it.

It says something of other articles, so it is in no page that the projector stores, which is made
of one event. It is put in at the first request of an edition, and the whole page is kept until the
next, as lists are (docs/adr/0010).
"""

from __future__ import annotations

from collections import Counter
from math import log
from typing import Any, Final

from django.db.models import QuerySet

from reader import queries
from reader.lists import keep
from reader.models import Article, Page
from reader.names import Tagging
from reader.rendering import finished, html

PLACE: Final = (
    "<!--:around-->"  # in an article's page; no text can bring one along, as comments are cleaned away
)
RELATED: Final = 3  # posts at most
TAGS: Final = 12  # of an article, by name, and
NEWEST: Final = 300  # posts of each say what is related: what that costs is bounded
ASKED: Final = ("post_id", "slug", "language", "tags", "published_at", "unlisted", "gone_at")


def whole(path: str) -> Page | None:
    """Return what stands at the path of an article, with what surrounds it, and keep that if it can be done.

    The edition is read before all else, so what is kept is never newer than it says.
    """
    edition = queries.edition()
    page = queries.answer(path)
    article = Article.objects.only(*ASKED).filter(pk=page.post_id).first() if page and page.post_id else None
    if page is None or article is None or not page.is_bare:
        return page  # it was withdrawn meanwhile, or somebody else has kept the whole
    return keep(
        finished(
            page.whole_path,
            surrounded(page.identity.decode(), article),
            edition=edition.number,
            version=edition.number,
            last_modified=edition.raised_at,
        )
    )


def surrounded(body: str, article: Article) -> str:
    """Return the article's page with what surrounds it now, whether or not readers have the article yet."""
    return body.replace(PLACE, html("reader/around.html", **surroundings(article)), 1)


def surroundings(article: Article) -> dict[str, Any]:
    """Return {earlier, later, related}: articles beside this one. One that is unlisted has none."""
    if article.unlisted or article.published_at is None:
        return {}
    beside = {"earlier": earlier(article).first(), "later": later(article).first()}
    named = {other.pk for other in beside.values() if other}
    return {**beside, "related": related(article, but=named)}


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
    as an integer, so that sums are exact. The newest 300 speak for a tag. Of equals the newest comes first.
    """
    scores: Counter[tuple[Any, Any]] = Counter()
    for tag in article.tags[:TAGS]:
        bearing = newest_bearers(tag["slug"], but=article)
        for one in bearing:
            scores[one] += round(1_000_000 / log(len(bearing) + 1))  # with this article, whose tag it is too
    best = sorted(
        (one for one in scores if one[1] not in but), key=lambda one: (scores[one], *one), reverse=True
    )
    found = others(article).in_bulk([pk for _at, pk in best[:RELATED]])
    return [found[pk] for _at, pk in best[:RELATED] if pk in found]


def newest_bearers(slug: str, *, but: Article) -> list[tuple[Any, Any]]:
    """Return when the newest other articles that bear the tag were published, and their ids."""
    bearing = Tagging.objects.filter(slug=slug, leads_to="").exclude(article=but)
    return list(
        bearing.order_by("-published_at", "-article").values_list("published_at", "article_id")[:NEWEST]
    )
