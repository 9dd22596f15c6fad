"""What is wrong, for programs: problem details (RFC 9457). Asks no database, so that it can say anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from django.http import Http404, HttpResponse
from rest_framework.exceptions import APIException, Throttled

TYPE: Final = "application/problem+json"
DETAILS: Final = {
    400: "The request cannot be understood as it was sent.",
    404: "There is nothing at this address, and there never was. /api/ tells what there is.",
    405: "Nothing can be changed here. Use GET, HEAD or OPTIONS.",
    406: "All answers are JSON. Let Accept name application/json, or leave it out.",
    410: "What was public at this address no longer is.",
    413: "The request is too large.",
    429: "Too many requests came from your address. Wait as many seconds as Retry-After says.",
    500: "Something went wrong on this side, and has been noted. Trying again later may help.",
    503: "The database does not answer at the moment. Wait as many seconds as Retry-After says.",
}
UNFIT: Final = ("Content-Encoding", "Content-Length", "ETag", "Last-Modified", "Vary")  # of another body


class Gone(APIException):
    """What was public here no longer is."""

    status_code = 410
    default_detail = DETAILS[410]


class Faulty(APIException):
    """Parameters do not fit; each is named with its fault."""

    status_code = 400

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        super().__init__(" ".join(said for _name, said in faults))
        self.faults = faults


def problem(status: int, detail: str = "", faults: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
    """Return the problem as a document: what the status means, what happened, and every fault."""
    said = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail or DETAILS.get(status, HTTPStatus(status).description),
    }
    if faults:
        said["errors"] = [{"parameter": name, "detail": fault} for name, fault in faults]
    return said


def tell(response: HttpResponse, said: dict[str, Any]) -> HttpResponse:
    """Return the response with the problem as its body, and with those of its headers that still fit."""
    response.content = json.dumps(said, ensure_ascii=False).encode()
    response["Content-Type"] = TYPE
    response["Cache-Control"] = "no-store"
    for name in UNFIT:
        del response[name]
    return response


def on_exception(exception: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Return what a program is told of an exception; None lets it go on as an error of this site."""
    if isinstance(exception, Http404):
        return tell(HttpResponse(status=404), problem(404))
    if not isinstance(exception, APIException):
        return None
    response = HttpResponse(status=exception.status_code)
    if isinstance(exception, Throttled) and exception.wait:
        response["Retry-After"] = str(int(exception.wait) + 1)  # s
    own = isinstance(exception, Faulty | Gone)
    faults = exception.faults if isinstance(exception, Faulty) else ()
    return tell(response, problem(exception.status_code, str(exception.detail) if own else "", faults))
