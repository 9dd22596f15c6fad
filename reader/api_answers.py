"""How the API answers: what all its endpoints have in common. Knows no session and sets no cookie.

An endpoint reads what was asked, says by which entity tag the answer is known, and makes the answer
only for who does not have it yet.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import iri_to_uri
from rest_framework.request import Request
from rest_framework.views import APIView

from reader import queries
from reader.answers import FRESH, accepts_gzip, is_known
from reader.api_cursors import Position, opened, sealed
from reader.api_parameters import PER_PAGE, Asked, Parameter, read, written
from reader.api_portions import Portion
from reader.editions import Edition
from reader.problems import Faulty
from reader.rendering import code_version


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
        if is_known(request.META, tag):
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


def envelope(
    path: str,
    asked: Asked,
    shown: Portion,
    keys: list[list[Any]],
    results: list[Any],
    meta: dict[str, Any],
) -> dict[str, Any]:
    """Return a page of results with the addresses of its neighbours."""
    before = Position(keys[0], back=True) if shown.before and keys else None
    behind = Position(keys[-1]) if shown.behind and keys else None
    return {
        "results": results,
        "next": behind and address(path, asked, behind),
        "previous": before and address(path, asked, before),
        "meta": meta,
    }


def meta_of(asked: Asked, edition: Edition, count: Callable[[], int] | None = None) -> dict[str, Any]:
    """Return what is said of a page: how many results it may have, and of how many, if that was asked."""
    meta = {"limit": asked.get("limit", PER_PAGE), "edition": edition.number}
    return {**meta, "count": count()} if count and asked.get("count") else meta


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


def entity_tag(request: HttpRequest | Request, asked: Asked, state: str) -> str:
    """Return the entity tag of the answer to this, in this state, before it is made (RFC 9110, 8.8.3)."""
    known = f"{made_by()} {request.path}?{written(asked)} {state}"
    suffix = "-gzip" if accepts_gzip(request.META.get("HTTP_ACCEPT_ENCODING", "")) else ""
    return f'"{hashlib.sha256(known.encode()).hexdigest()[:32]}{suffix}"'


def unchanged(tag: str) -> HttpResponse:
    """Return that the program has the answer already."""
    return described(HttpResponse(status=304), tag)


def finished(request: HttpRequest | Request, document: dict[str, Any], tag: str) -> HttpResponse:
    """Return the answer, compressed if the program takes that."""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    response = HttpResponse(body, content_type="application/json")
    if accepts_gzip(request.META.get("HTTP_ACCEPT_ENCODING", "")):
        response.content = gzip.compress(body, compresslevel=6, mtime=0)
        response["Content-Encoding"] = "gzip"
    return described(response, tag)


def described(response: HttpResponse, tag: str) -> HttpResponse:
    """Return the response with what caches ask."""
    response["ETag"] = tag
    response["Cache-Control"] = FRESH
    response["Vary"] = "Accept-Encoding"
    return response
