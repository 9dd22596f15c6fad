"""Pages over HTTP. What a view answers was finished before it was asked for."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseNotFound,
)
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe
from django.views.static import serve

from reader import answers, around, found, stored
from reader.alone import alone
from reader.pages import Finished, Page
from reader.rendering import html

PICTURES: Final = {  # the machine's own table may lack the newer ones
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
}
LONGEST: Final = 500  # characters of a path that a page can have
STORED: Final = "stored"  # the name of addresses at which a stored page is looked for
FOR_EVER: Final = "public, max-age=31536000, immutable"  # the name of a picture is made of its bytes


def reading(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let a view be read, and nothing else: 405 for every other method."""
    return require_safe(view)


@reading
def page(request: HttpRequest, path: str = "") -> HttpResponse:
    """Show what stands at the path; 301 where it moved, 410 where it was, 404 where nothing ever was."""
    known = standing(request)
    if known and known.is_bare and known.path == request.path:
        with alone(known.path):
            known = around.whole(known.path)
    return answer(request, known)


def listing(make: Callable[..., Page | None]) -> Callable[..., HttpResponseBase]:
    """Return the view of a list: what is kept of the present edition, or what is made now."""

    def view(request: HttpRequest, **asked: Any) -> HttpResponse:
        text = {name: normal(value) if isinstance(value, str) else value for name, value in asked.items()}
        known = standing(request)
        if known is None:
            with alone(request.path):
                known = standing(request) or make(**text)
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


def standing(request: HttpRequest) -> Finished | None:
    """Return the finished page for the request's path, None if there is none. One SELECT."""
    path = normal(request.path)
    return stored.answer(path) if len(path) <= LONGEST else None


def normal(text: str) -> str:
    """Return the text with its letters composed, as paths and slugs are kept."""
    return unicodedata.normalize("NFC", text)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Say that there is nothing here."""
    return HttpResponseNotFound(html("404.html"))


def answer(request: HttpRequest, page: Finished | None) -> HttpResponse:
    """Return the response that a finished page is, or 304 if the reader has it; 404 if there is none."""
    if page is None:
        return not_found(request)
    return response(answers.answer(page, request.path, request.META))


def moved(request: HttpRequest, target: str) -> HttpResponse:
    """Return the redirect to another path of this site, with the query kept."""
    return response(answers.moved(target, request.META.get("QUERY_STRING", "")))


def response(answer: answers.Answer) -> HttpResponse:
    """Return an answer as Django has it."""
    made = HttpResponse(answer.body, status=answer.status, headers=answer.headers)
    if "Content-Type" not in answer.headers:
        del made["Content-Type"]  # of a body that is not sent
    return made
