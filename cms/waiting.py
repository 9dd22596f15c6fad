"""Reading your own writes: whoever knows a version of an article asks for it, and is not given an older one.

`?min_version=` at an article's page, or at the article in the API, waits a little for it to arrive here. A
process has few threads, so one request at a time waits in it; the others are told at once to come back.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from cms.middleware import unavailable
from reader import problems, queries
from reader.api_allowed import a_version
from reader.api_queries import state
from reader.views import LONGEST, normal

NAME: Final = "min_version"
PLACE: Final = re.compile("/posts/[^/]+/|/api/v1/articles/(?P<key>[^/]+)/")
PATIENCE: Final = 2.0  # s
STEP: Final = 0.05  # s between two looks
AGAIN: Final = 1  # s until it is worth asking again
NOT_HERE: Final = (
    "This machine does not have that version of the article yet. Ask again in as many seconds as Retry-After "
    "says."
)
waits: Final = threading.Lock()  # held by the one that does

Answer = Callable[[HttpRequest], HttpResponseBase]


def wait_for_version(get_response: Answer) -> Answer:
    """Answer with the version that is asked for, or a newer one; with 503 if it does not arrive in time.

    What is answered so is of no use to others, and is kept by no cache.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        version = wanted(request)
        if not version:
            return get_response(request)
        response = get_response(request) if arrives(request.path, version) else not_here(request.path)
        response["Cache-Control"] = "no-store"
        return response

    return middleware


def wanted(request: HttpRequest) -> int:
    """Return the version that is asked for; 0 if none is, here, that could be one: then it is ignored.

    The API refuses such a question by itself, as every parameter that does not fit.
    """
    if NAME not in request.META.get("QUERY_STRING", "") or request.method not in ("GET", "HEAD"):
        return 0
    if len(request.path) > LONGEST or not PLACE.fullmatch(request.path):
        return 0
    try:
        (asked,) = request.GET.getlist(NAME)
        return a_version(asked)
    except ValueError:
        return 0


def arrives(path: str, version: int) -> bool:
    """Tell whether this version is here, or comes while there is a place to wait.

    A database that does not answer is no reason to wait: the view says so.
    """
    try:
        if present(path) >= version:
            return True
        if not waits.acquire(blocking=False):
            return False
        try:
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until:
                time.sleep(STEP)
                if present(path) >= version:
                    return True
            return False
        finally:
            waits.release()
    except DatabaseError:
        return True


def present(path: str) -> int:
    """Return the version of the article that is read at a path; 0 if there is none."""
    place = PLACE.fullmatch(path)
    if place and place["key"]:
        found = state(normal(place["key"]))
        return found.version if found else 0
    return queries.newest_at([normal(path)])


def not_here(path: str) -> HttpResponse:
    """Say that the version is not here yet."""
    if not path.startswith("/api/"):
        return unavailable(again=AGAIN)
    response = HttpResponse(status=503, headers={"Retry-After": AGAIN})
    return problems.tell(response, problems.problem(503, NOT_HERE))
