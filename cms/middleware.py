"""What is answered before a view sees the request, or when its database does not answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from django.db import InterfaceError, OperationalError, ProgrammingError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string

from reader.rendering import html

logger = logging.getLogger(__name__)

# A database that does not answer, or lacks its tables.
UNUSABLE: Final = (OperationalError, InterfaceError, ProgrammingError)

Answer = Callable[[HttpRequest], HttpResponse]


def refuse_what_cannot_be_stored(get_response: Answer) -> Answer:
    """Answer 400 to a NUL in path or query: SQLite would take it, PostgreSQL raises."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
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
        if not isinstance(exception, UNUSABLE):
            return None
        logger.error("A database cannot be used: %s", exception)
        response = HttpResponse(html("reader/unavailable.html"), status=503)
        response["Retry-After"] = "10"  # s
        return response
