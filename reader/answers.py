"""From a finished page to its answer: what Django's view and the fast path both say. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from django.utils.http import http_date, parse_etags, parse_http_date_safe

from reader.headers import headers
from reader.pages import Finished

FRESH: Final = "public, max-age=0, must-revalidate"  # ask each time; the answer is 304 while nothing changed
ZERO: Final = re.compile(r"q\s*=\s*0(\.0*)?")
PATH: Final = "/~:@!$&'()*+,;="  # what stands for itself in a path (RFC 3986, 3.3)


class Answer(NamedTuple):
    """What a reader gets, but for the headers that every answer of the site bears."""

    status: int
    headers: dict[str, str]
    body: bytes


def answer(page: Finished, path: str, meta: Mapping[str, Any]) -> Answer:
    """Return what a finished page answers to a GET or HEAD of the path: itself, 304, or where it is.

    `meta` is what WSGI says of the request. A HEAD is told the same; the server sends no body.
    """
    address = page.address
    if page.location or address != path:
        return moved(page.location or address, meta.get("QUERY_STRING", ""))
    compressed = accepts_gzip(meta.get("HTTP_ACCEPT_ENCODING", ""))
    said: dict[str, str] = {
        "ETag": f'"{page.etag}-gzip"' if compressed else f'"{page.etag}"',
        "Cache-Control": FRESH,
        "Vary": "Accept-Encoding",
    }
    if page.status == 200:  # 410 is of an earlier time, it may be, than a whole page that stood there
        modified, second = moment(page.last_modified)
        said["Last-Modified"] = modified
        if is_known(meta, said["ETag"], second):
            return Answer(304, said | {"Content-Length": "0"}, b"")  # what guides a cache (RFC 9110, 15.4.5)
        said |= headers(page)
    if compressed:
        said["Content-Encoding"] = "gzip"
    body = bytes(page.body) if compressed else page.identity
    said |= {"Content-Type": page.content_type, "Content-Length": str(len(body))}
    return Answer(page.status, said, body)


def moved(target: str, query: str) -> Answer:
    """Return the redirect to another path of this site, with the query kept."""
    location = quote(target, safe=PATH) + (f"?{query}" if query else "")
    said = {"Content-Type": "text/html; charset=utf-8", "Content-Length": "0"}
    return Answer(301, {"Location": location, "Cache-Control": FRESH, **said}, b"")


def is_known(meta: Mapping[str, Any], tag: str, modified: int | None = None) -> bool:
    """Tell whether the reader has what bears this tag, and is of this second since 1970 (RFC 9110, 13.2.2).

    A weak tag counts as a strong one. The time is asked only of who names no tag.
    """
    named = meta.get("HTTP_IF_NONE_MATCH")
    if named == tag:  # as browsers say it; to take a list apart costs more than all else here
        return True
    tags = parse_etags(named) if named else []
    if tags or modified is None:
        return "*" in tags or tag in (known.removeprefix("W/") for known in tags)
    given = meta.get("HTTP_IF_MODIFIED_SINCE")
    since = parse_http_date_safe(given) if given else None
    return since is not None and modified <= since


@lru_cache  # what is kept of an edition is all of one moment
def moment(at: datetime | str) -> tuple[str, int]:
    """Return a moment as headers have it, and its second since 1970; what names no zone is in UTC."""
    known = datetime.fromisoformat(at) if isinstance(at, str) else at
    second = int((known if known.tzinfo else known.replace(tzinfo=UTC)).timestamp())
    return http_date(second), second


@lru_cache(maxsize=256)  # browsers say one of a few
def accepts_gzip(accepted: str) -> bool:
    """Tell whether an Accept-Encoding takes gzip: named or meant by `*`, not with q=0 (RFC 9110, 12.5.3)."""
    taken = {}
    for part in accepted.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        taken[name] = not any(ZERO.fullmatch(parameter) for parameter in parameters)
    return taken.get("gzip", taken.get("*", False))
