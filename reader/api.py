"""The endpoints of the JSON API: what readers get, for programs. Only reads."""

from __future__ import annotations

import unicodedata
from typing import Any, Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from rest_framework.request import Request

from reader import api_filters, api_queries, queries
from reader.answers import is_known
from reader.api_allowed import ARTICLE, ARTICLES, CHANGES, SEARCH
from reader.api_answers import (
    Endpoint,
    address,
    entity_tag,
    envelope,
    finished,
    meta_of,
    unchanged,
)
from reader.api_articles import ArticleDocument, HitDocument, columns, documents, related_to
from reader.api_cursors import Position, sealed
from reader.api_names import ChangeDocument
from reader.api_parameters import PER_PAGE, Asked
from reader.api_portions import portion
from reader.api_schema import KEY, ChangesMeta, SearchMeta, openapi, operation, page_of
from reader.editions import Change, Edition
from reader.models import Article
from reader.problems import Faulty, Gone
from reader.search import search
from reader.views import moved, reading

ROOT: Final = "/api/v1/"


@operation("articles", "List articles", ARTICLES, page_of(ArticleDocument))
class Articles(Endpoint):
    """The listed articles."""

    parameters = ARTICLES

    def document(
        self, path: str, asked: Asked, position: Position | None, edition: Edition
    ) -> dict[str, Any]:
        """Return a page of them."""
        shown, places = api_filters.page(asked, position, columns(asked))
        meta = meta_of(asked, edition)
        if asked.get("count"):
            meta["count"], meta["more"] = api_filters.count(asked)
        return envelope(path, asked, shown, places, documents(shown.rows, asked), meta)


@operation("article", "Read one article", ARTICLE, ArticleDocument, KEY, also=(301, 404, 410))
class OneArticle(Endpoint):
    """One article, by its id or slug; an unlisted one too, for who knows it."""

    parameters = ARTICLE

    def answer(self, request: Request, asked: Asked, position: Position | None, **where: str) -> HttpResponse:
        """Return the article; 301 from a slug that it had before, 410 if it is gone."""
        state = api_queries.state(unicodedata.normalize("NFC", where["key"]))
        if state is None:
            raise Http404
        if state.status == 410:
            raise Gone
        if state.status == 301:
            return moved(request, f"{ROOT}articles/{state.slug}/")
        others = queries.edition().number if "related" in asked.get("include", ()) else ""
        tag = entity_tag(request, asked, f"{state.version} {state.digest} {state.render_version} {others}")
        if is_known(request.META, tag):
            return unchanged(tag)
        article = api_queries.article(state.post_id, columns(asked))
        if article is None:  # it was withdrawn this very moment
            raise Gone
        return finished(request, documents([article], asked, related_to(article, asked))[0], tag)


@operation("search", "Search", SEARCH, page_of(HitDocument, SearchMeta))
class Search(Endpoint):
    """What somebody typed, to articles."""

    parameters = SEARCH

    def document(
        self, path: str, asked: Asked, position: Position | None, edition: Edition
    ) -> dict[str, Any]:
        """Return a page of what was found, the best first."""
        limit: int = asked.get("limit", PER_PAGE)
        number, of = position.key if position else (1, limit)
        if of != limit:
            raise Faulty([("cursor", f"cursor was made for limit={of}; it holds for no other.")])
        facts: dict[str, str] = {
            name: str(asked[name]) for name in ("tag", "author", "year") if name in asked
        }
        results = search(asked["q"], facts, number=number, per_page=limit)
        pks = [hit.article.pk for hit in results.hits]
        articles = queries.listed().only(*columns(asked)).in_bulk(pks)
        hits = [hit for hit in results.hits if hit.article.pk in articles]
        told = documents([articles[hit.article.pk] for hit in hits], asked)
        for hit, one in zip(hits, told, strict=True):
            one["matched"] = {"title": hit.title, "text": hit.piece}
        meta = {**meta_of(asked, edition, lambda: results.count), "more": results.more}
        meta |= {"instead": results.instead, "meant": results.meant, "partly": results.partly}
        behind = Position([number + 1, limit]) if number * limit < results.count else None
        before = Position([number - 1, limit]) if number > 1 else None
        return {
            "results": told,
            "next": behind and address(path, asked, behind),
            "previous": before and address(path, asked, before),
            "meta": meta,
        }


@operation("changes", "Follow changes", CHANGES, page_of(ChangeDocument, ChangesMeta), also=(410,))
class Changes(Endpoint):
    """What became of articles, in its order: enough to hold an exact copy of all that are listed.

    An article stands where it changed last. Who goes on behind the last change he has seen misses none.
    """

    parameters = CHANGES

    def document(
        self, path: str, asked: Asked, position: Position | None, edition: Edition
    ) -> dict[str, Any]:
        """Return a page of changes, and in `meta.cursor` where to go on when there are others."""
        start: list[Any] = [edition.history.hex, 0, UUID(int=0).hex]
        history, *place = position.key if position else start
        if history != edition.history.hex or place[0] > edition.number:
            raise Gone("The history that this cursor belongs to is no more. Begin again without one.")
        shown = portion(
            Change.objects.all(),
            ("edition", "post_id"),
            asked,
            Position(place),
            beside=lambda key: (key[0], UUID(key[1])),
        )
        if shown.rows:
            place = [shown.rows[-1].edition, shown.rows[-1].post_id.hex]
        last = Position([history, *place])
        on = sealed(last, path, asked) if edition.number else None
        return {
            "results": told(shown.rows, asked),
            "next": address(path, asked, last) if shown.behind else None,
            "previous": None,
            "meta": {**meta_of(asked, edition), "cursor": on},
        }


@reading
def schema(request: HttpRequest) -> HttpResponse:
    """Say what can be asked, and what is answered, as OpenAPI 3.1."""
    tag = entity_tag(request, {}, repr(openapi()))
    return unchanged(tag) if is_known(request.META, tag) else finished(request, openapi(), tag)


def paths_of(article: Article | None) -> list[str]:
    """Return the paths that led to an article that is gone."""
    return article.paths if article and article.gone_at else []


def told(changes: list[Change], asked: Asked) -> list[dict[str, Any]]:
    """Return the changes as documents.

    The paths of one that is only named in no list any more are not told: it may have a new one since.
    """
    articles = api_queries.changed([change.post_id for change in changes], columns(asked))
    listed = [article for article in articles.values() if article.is_listed]
    shown = {article.pk: one for article, one in zip(listed, documents(listed, asked), strict=True)}
    return [
        {"kind": "upsert", **named, "article": shown[change.post_id]}
        if change.post_id in shown
        else {"kind": "removal", **named, "paths": paths_of(articles.get(change.post_id))}
        for change in changes
        for named in [{"id": str(change.post_id), "edition": change.edition}]
    ]
