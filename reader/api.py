"""The JSON API: what readers get, for programs. Only reads; knows no session and sets no cookie.

An endpoint reads what was asked, says by which entity tag the answer is known, and makes the answer
only for who does not have it yet.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils.encoding import iri_to_uri
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.views import APIView

from reader import api_queries, queries
from reader.api_allowed import ARTICLE, ARTICLES, PER_PAGE
from reader.api_articles import columns, documents
from reader.api_cursors import Position, opened, sealed
from reader.api_parameters import Asked, Parameter, read, written
from reader.models import Edition
from reader.problems import Faulty, Gone
from reader.rendering import code_version
from reader.views import FRESH, accepts_gzip, moved

ROOT: Final = "/api/v1/"


class Endpoint(APIView):
    """What all endpoints have in common."""

    parameters: ClassVar[tuple[Parameter, ...]] = ()

    def get(self, request: Request, **where: str) -> HttpResponse:
        """Answer what was asked."""
        asked, faults = read(request.META.get("QUERY_STRING", ""), self.parameters)
        position = None
        if "cursor" in asked:
            try:
                position = opened(asked["cursor"], request.path, asked)
            except ValueError as fault:
                faults.append(("cursor", f"cursor {fault}."))
        if faults:
            raise Faulty(faults)
        return self.answer(request, asked, position, **where)

    def answer(self, request: Request, asked: Asked, position: Position | None, **where: str) -> HttpResponse:
        """Return the answer; 304 if the program has it."""
        edition = queries.edition()
        tag = entity_tag(request, asked, f"{edition.history} {edition.number}")
        if tag in known_tags(request):
            return unchanged(tag)
        return finished(request, self.document(request.path, asked, position, edition), tag)

    def document(
        self, path: str, asked: Asked, position: Position | None, edition: Edition
    ) -> dict[str, Any]:
        """Return what is answered, as JSON values."""
        raise NotImplementedError

    def check_throttles(self, request: Request) -> None:
        """Count each request but those by which a browser asks for leave."""
        if request.method != "OPTIONS":
            super().check_throttles(request)

    def options(self, request: Request, **where: str) -> HttpResponse:
        """Tell a browser that pages of any site may read here (CORS)."""
        response = HttpResponse(status=204)
        response["Access-Control-Allow-Methods"] = "GET, HEAD, OPTIONS"
        response["Access-Control-Allow-Headers"] = "*"
        response["Access-Control-Max-Age"] = "86400"  # s
        return response


class Articles(Endpoint):
    """The listed articles."""

    parameters = ARTICLES

    def document(
        self, path: str, asked: Asked, position: Position | None, edition: Edition
    ) -> dict[str, Any]:
        """Return a page of them."""
        found = api_queries.narrowed(asked)
        shown = api_queries.portion(
            found.only(*columns(asked)),
            ("at", "key"),
            beside=position and api_queries.beside(position.key),
            back=bool(position and position.back),
            descending=asked.get("order") != "published_at",
            limit=asked.get("limit", PER_PAGE),
        )
        meta = {"count": found.count()} if asked.get("count") else {}
        keys = [api_queries.place_of(article) for article in shown.rows]
        return envelope(path, asked, shown, keys, documents(shown.rows, asked), edition, meta)


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
        tag = entity_tag(request, asked, f"{state.version} {state.digest} {state.render_version}")
        if tag in known_tags(request):
            return unchanged(tag)
        article = api_queries.article(state.post_id, columns(asked))
        if article is None:  # it was withdrawn this very moment
            raise Gone
        return finished(request, documents([article], asked)[0], tag)


def envelope(
    path: str,
    asked: Asked,
    shown: api_queries.Portion,
    keys: list[list[Any]],
    results: list[Any],
    edition: Edition,
    meta: dict[str, Any],
) -> dict[str, Any]:
    """Return a page of results with the addresses of its neighbours."""
    before = Position(keys[0], back=True) if shown.before and keys else None
    behind = Position(keys[-1]) if shown.behind and keys else None
    return {
        "results": results,
        "next": behind and address(path, asked, behind),
        "previous": before and address(path, asked, before),
        "meta": {"limit": asked.get("limit", PER_PAGE), "edition": edition.number, **meta},
    }


def address(path: str, asked: Asked, position: Position) -> str:
    """Return the absolute address of a page of the same list."""
    query = written({**asked, "cursor": sealed(position, path, asked)})
    return f"{settings.SITE_URL}{iri_to_uri(path)}?{query}"


@lru_cache(maxsize=1)
def made_by() -> str:
    """Return what tells answers of this code, with these settings, from others."""
    seen = hashlib.sha256(code_version().encode())
    for file in sorted(Path(settings.BASE_DIR).glob("reader/api*.py")):
        seen.update(file.read_bytes())
    return seen.hexdigest()


def entity_tag(request: Request, asked: Asked, state: str) -> str:
    """Return the entity tag of the answer to this, in this state, before it is made (RFC 9110, 8.8.3)."""
    known = f"{made_by()} {request.path}?{written(asked)} {state}"
    suffix = "-gzip" if accepts_gzip(request) else ""
    return f'"{hashlib.sha256(known.encode()).hexdigest()[:32]}{suffix}"'


def known_tags(request: Request) -> list[str]:
    """Return the entity tags that the program has already, weak ones as if they were strong."""
    return [tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))]


def unchanged(tag: str) -> HttpResponse:
    """Return that the program has the answer already."""
    return described(HttpResponse(status=304), tag)


def finished(request: Request, document: dict[str, Any], tag: str) -> HttpResponse:
    """Return the answer, compressed if the program takes that."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    response = HttpResponse(body, content_type="application/json")
    if accepts_gzip(request):
        response.content = gzip.compress(body, compresslevel=6, mtime=0)
        response["Content-Encoding"] = "gzip"
    return described(response, tag)


def described(response: HttpResponse, tag: str) -> HttpResponse:
    """Return the response with what caches ask."""
    response["ETag"] = tag
    response["Cache-Control"] = FRESH
    response["Vary"] = "Accept-Encoding"
    return response
