"""What is answered before a view sees the request, or when its database does not answer."""

from __future__ import annotations

import codecs
import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID, uuid4

from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string

from cms.events import correlated
from reader.rendering import html, site_by_settings

logger = logging.getLogger(__name__)

# A database that does not answer, lacks its tables, or (SQLite) whose search index is malformed.
UNUSABLE: Final = (OperationalError, InterfaceError, ProgrammingError)

# What the desk may load and run: files of its own, and nothing that stands in a page itself.
POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",  # data: the admin's own icons; blob: a picture that is being uploaded
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)

Answer = Callable[[HttpRequest], HttpResponse]


def correlate(get_response: Answer) -> Answer:
    """Give the request an id that all its log lines and events bear: the proxy's, if it is a UUID.

    The desk is told it, so that somebody can quote it. Public pages stay as they are.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        known = request_id(request.headers.get("X-Request-ID", ""))
        with correlated(known):
            response = get_response(request)
        if request.path_info.startswith("/admin/"):
            response["X-Request-ID"] = str(known)
        return response

    return middleware


def request_id(given: str) -> UUID:
    """Return the id that was given; a new one if it is none."""
    try:
        return UUID(given)
    except ValueError:
        return uuid4()


def allow_only_our_own(get_response: Answer) -> Answer:
    """Give every page of the desk its policy, unless its view has set one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path_info.startswith("/admin/"):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response

    return middleware


def refuse_what_cannot_be_stored(get_response: Answer) -> Answer:
    """Answer 400 to a NUL in path or query: SQLite would take it, PostgreSQL raises.

    And to an encoding that is not UTF-8: some make lone surrogates of a query or a form, others no text.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        nul = "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")
        if nul or codecs.lookup(request.encoding or "utf-8").name not in ("utf-8", "ascii"):
            return HttpResponseBadRequest(render_to_string("400.html"))
        return get_response(request)

    return middleware


class SayUnavailable:
    """Answer 503 while a database does not, so that people and machines know to come back."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that could not reach its database."""
        if not isinstance(exception, UNUSABLE) and type(exception) is not DatabaseError:
            return None
        logger.error("A database cannot be used: %s", exception)
        response = HttpResponse(html("reader/unavailable.html", of=site_by_settings()), status=503)
        response["Retry-After"] = "10"  # s
        return response
