"""What is answered before a view sees the request, or when its database does not answer."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

from django.core.exceptions import DisallowedHost
from django.db import (
    DatabaseError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
)
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.template.loader import render_to_string

from cms.events import correlated
from reader import problems
from reader.rendering import html, site_by_settings

logger = logging.getLogger(__name__)

# A database that does not answer, lacks its tables or has just been given others (a plan of
# PostgreSQL no longer fits then), or (SQLite) whose search index is malformed.
UNUSABLE: Final = (OperationalError, InterfaceError, ProgrammingError, InternalError, NotSupportedError)

# What stands for itself in no address (RFC 3986), and a NUL in its disguise.
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]|%00")

# Preconditions of who writes. What is only read needs no 412.
FOR_WRITING: Final = ("HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")

Answer = Callable[[HttpRequest], HttpResponseBase]


def correlate(get_response: Answer) -> Answer:
    """Give the request an id that all its log lines and events bear: the proxy's, if it is a UUID.

    The desk is told it, so that somebody can quote it. Public pages stay as they are.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
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


def refuse_unknown_hosts(get_response: Answer) -> Answer:
    """Answer 400 to a name that is not in ALLOWED_HOSTS, whatever is asked for.

    Before Django's SecurityMiddleware, which raises for such a name where it redirects to https; so the
    answer gets its headers here.
    """
    security = SecurityMiddleware(get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        try:
            request.get_host()
        except DisallowedHost:
            refusal = HttpResponseBadRequest(render_to_string("unknown_host.html"))
            return security.process_response(request, refusal)
        return get_response(request)

    return middleware


def refuse_what_cannot_be_stored(get_response: Answer) -> Answer:
    """Answer 400 to what SQLite would take and PostgreSQL would raise for."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if cannot_be_stored(request.META):
            return HttpResponseBadRequest(render_to_string("400.html"))
        return get_response(request)

    return middleware


def cannot_be_stored(meta: dict[str, Any]) -> bool:
    """Tell whether there is a NUL in path, query or header of what WSGI says of a request.

    Or any other control character in the query, of which a redirect could make no header.
    """
    query = meta.get("QUERY_STRING", "")
    if query and CONTROLS.search(query):
        return True
    said = "".join([value for value in meta.values() if value.__class__ is str])  # as a whole: it is quick
    return "\x00" in said and any(
        "\x00" in meta[name] for name in meta if name == "PATH_INFO" or name.startswith("HTTP_")
    )


def forget_who_asks(get_response: Answer) -> Answer:
    """Let no cookie be read outside the desk, so that all readers get the same answer, and none a cookie.

    Nothing is written there: what guards writing is not looked at, and what has no session cannot
    be forged, so that a form from elsewhere gets its 405, not a 403.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/admin/"):
            request.COOKIES = {}
            for name in FOR_WRITING:
                request.META.pop(name, None)
            request.csrf_processing_done = True  # type: ignore[attr-defined]
        return get_response(request)

    return middleware


def speak_to_programs(get_response: Answer) -> Answer:
    """Let every error of the API be a problem document, whoever raised it, and all sites read it (CORS)."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if not request.path_info.startswith("/api/"):
            return response
        said = response.status_code < 400 or response.headers["Content-Type"] == problems.TYPE
        if isinstance(response, HttpResponse) and not said:
            problems.tell(response, problems.problem(response.status_code))
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "Allow, ETag, Retry-After"
        return response

    return middleware


class SayUnavailable:
    """Answer 503 while a database does not, so that people and machines know to come back."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that could not reach its database."""
        if not isinstance(exception, UNUSABLE) and type(exception) is not DatabaseError:
            return None
        logger.error("A database cannot be used: %s", exception)
        return unavailable(again=10)


def unavailable(*, again: int) -> HttpResponse:
    """Return the page that says to come back, and to programs, after how many seconds."""
    page = html("reader/unavailable.html", of=site_by_settings())
    return HttpResponse(page, status=503, headers={"Retry-After": again})
