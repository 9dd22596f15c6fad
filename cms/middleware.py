"""What is turned away before any view sees it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string

Answer = Callable[[HttpRequest], HttpResponse]


def refuse_what_cannot_be_stored(get_response: Answer) -> Answer:
    """Answer 400 to a NUL in path or query: SQLite would take it, PostgreSQL raises."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return HttpResponseBadRequest(render_to_string("400.html"))
        return get_response(request)

    return middleware
