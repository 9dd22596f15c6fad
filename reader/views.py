"""Pages over HTTP. What a view answers was finished before it was asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseNotFound,
)
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe
from django.views.static import serve

from reader import around, found, queries
from reader.alone import alone
from reader.headers import headers
from reader.models import Page
from reader.rendering import html

FRESH: Final = "public, max-age=0, must-revalidate"  # ask each time; the answer is 304 while nothing changed
ZERO: Final = re.compile(r"q\s*=\s*0(\.0*)?")
PATH: Final = "/~:@!$&'()*+,;="  # what stands for itself in a path (RFC 3986, 3.3)
PICTURES: Final = {  # the machine's own table may lack the newer ones
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
}
FOR_EVER: Final = "public, max-age=31536000, immutable"  # the name of a picture is made of its bytes


def reading(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let a view be read, and nothing else: 405 for every other method."""
    return require_safe(view)


@reading
def page(request: HttpRequest, path: str = "") -> HttpResponse:
    """Show what stands at the path; 301 where it moved, 410 where it was, 404 where nothing ever was."""
    known = stored(request)
    if known and known.is_bare and known.path == request.path:
        with alone(known.path):
            known = around.whole(known.path)
    return answer(request, known)


def listing(make: Callable[..., Page | None]) -> Callable[..., HttpResponseBase]:
    """Return the view of a list: what is kept of the present edition, or what is made now."""

    def view(request: HttpRequest, **asked: Any) -> HttpResponse:
        text = {name: normal(value) if isinstance(value, str) else value for name, value in asked.items()}
        known = stored(request)
        if known is None:
            with alone(request.path):
                known = stored(request) or make(**text)
        return answer(request, known)

    return reading(view)


@reading
def search(request: HttpRequest) -> HttpResponse:
    """Show the posts for what was typed; 400 for what is no text, 404 behind the last page."""
    if not found.is_text(request.META.get("QUERY_STRING", "")):
        return HttpResponseBadRequest(render_to_string("400.html"))
    return answer(request, found.page(request.GET))


@reading
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Show a picture: as a picture and nothing else, whatever its bytes say."""
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Cache-Control"] = FOR_EVER
    response["Content-Type"] = PICTURES.get(path.rpartition(".")[2], "application/octet-stream")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def stored(request: HttpRequest) -> Page | None:
    """Return the finished page for the request's path, None if there is none. One SELECT."""
    path = normal(request.path)
    return queries.answer(path) if len(path) <= 500 else None


def normal(text: str) -> str:
    """Return the text with its letters composed, as paths and slugs are kept."""
    return unicodedata.normalize("NFC", text)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is nothing here."""
    return HttpResponseNotFound(html("404.html"))


def answer(request: HttpRequest, page: Page | None) -> HttpResponse:
    """Return the response that a finished page is, or 304 if the reader has it; 404 if there is none."""
    if page is None:
        return not_found(request)
    target = page.location or (page.address if page.address != request.path else "")
    if target:
        return moved(request, target)
    compressed = accepts_gzip(request)
    etag = f'"{page.etag}-gzip"' if compressed else f'"{page.etag}"'
    response = HttpResponse(
        bytes(page.body) if compressed else page.identity, status=page.status, content_type=page.content_type
    )
    response["ETag"] = etag
    response["Cache-Control"] = FRESH
    response["Vary"] = "Accept-Encoding"
    if compressed:
        response["Content-Encoding"] = "gzip"
    if page.status != 200:  # of an earlier time, it may be, than that of a whole page that stood there
        return response
    response["Last-Modified"] = http_date(page.last_modified.timestamp())
    modified = int(page.last_modified.timestamp())
    known = get_conditional_response(request, etag=etag, last_modified=modified, response=response)
    answered = known or response
    for name, value in headers(page).items():
        answered[name] = value
    return answered


def moved(request: HttpRequest, target: str) -> HttpResponse:
    """Return the redirect to another path of this site, with the query kept."""
    query = request.META.get("QUERY_STRING", "")
    response = HttpResponse(status=301)
    response["Location"] = quote(target, safe=PATH) + (f"?{query}" if query else "")
    response["Cache-Control"] = FRESH
    return response


def accepts_gzip(request: HttpRequest) -> bool:
    """Tell whether the request takes gzip: named, or meant by `*`, and not with q=0 (RFC 9110, 12.5.3)."""
    taken = {}
    for part in request.headers.get("Accept-Encoding", "").lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        taken[name] = not any(ZERO.fullmatch(parameter) for parameter in parameters)
    return taken.get("gzip", taken.get("*", False))
