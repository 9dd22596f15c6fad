"""Any bytes in path, query, headers and method, through the application as a web server calls it: never a 5xx."""

import os
from itertools import cycle
from urllib.parse import quote_from_bytes

import pytest
from django.urls import URLPattern, get_resolver
from hypothesis import HealthCheck, example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from tests.hostile import ALL
from tests.wsgi import ask

# 204 to OPTIONS, of the API
FINE = {200, 204, 301, 304, 400, 404, 405, 406, 410, 429}
FILES = {206, 416}  # of a part of a file
DESK = {302, 403}  # the way to the login; a form without its token
EXAMPLES = int(os.environ.get("EXAMPLES", 100))
many = profile(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

NAMES = [
    "q", "tag", "author", "series", "year", "page", "limit", "cursor", "fields", "include", "tag_all", "tag_not", "lang", "published_after", "published_before",
    "modified_after", "modified_before", "order", "ids", "count", "next", "format", "version", "", "\xff", "a[b]",
]  # fmt: skip
METHODS = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "",
    "\xff",
    "X" * 300,
]
HEADERS = [
    "accept", "accept-charset", "accept-encoding", "accept-language", "access-control-request-headers", "access-control-request-method", "authorization",
    "cache-control", "connection", "cookie", "expect", "forwarded", "host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
    "origin", "range", "referer", "te", "transfer-encoding", "upgrade", "user-agent", "x-csrftoken", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
    "x-http-method-override", "x-request-id", "x-requested-with",
]  # fmt: skip
VALUES = [
    "", "*", "*/*;q=x", "gzip;q=0.0000, *;q=", "gzip, deflate, br, zstd;q=1e400", ",", ";", ";;,,;=", '"', '"' * 500, 'W/"', '"x", W/"y', "bytes=0-", "bytes=-1", "bytes=-",
    "bytes=9-1", "bytes=1-2,3-4", "bytes=99999999999999999999-", "bytes=x-y", "bytes", "Sat, 01 Jan 0000 00:00:00 GMT", "Sat, 32 Jan 2026 25:61:61 GMT",
    "Thu, 01 Jan 9999999 00:00:00 GMT", "0", "-1", "99999999999999999999999999", "1e9", "\x00", "\x7f\x01", "\xff\xfe\xed\xa0\x80", "a" * 20_000, "a=b; " * 2000,
    "sessionid=\xff; csrftoken=\x80", 'messages="\\"', "Basic \xff", "Bearer x", "application/json; charset=hex", "text/html;q=\xff", "http://[", "http://a:b:c",
    "null", "[::1", "::", "%00", "1.1.1.1, " * 500, "100-continue", "chunked", "application/problem+json;indent=-1", "application/json; indent=99999999",
]  # fmt: skip
PIECES = [  # of a path or a query, as bytes
    b"", b"/", b"//", b"..", b"../../etc/passwd", b"%", b"%2", b"%zz", b"%00", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xc0\xae\xc0\xae", b"\xf4\x90\x80\x80", b"\xe2\x80\xae",
    b"\r\nSet-Cookie: a=b", b"\\", b"hello", b"hello/", b"1", b"0", b"-1", b"9" * 40, b"2026", b"2026/13", b"9999/12", b"0000/00", b"1e3", "٣".encode(), "é".encode(),
    "e\u0301".encode(), "日本".encode(), "👩‍👩‍👧".encode(), b"a" * 600, b"a" * 20_000, b"00000000-0000-0000-0000-000000000000", b"feed.xml", b"page/2", b"page/99999999999999999999",
    b";a=b", b"?", b"#", b"&", b"=", b"&&==", b"a=b&" * 1500, b"+", b"{}", b"[]", b"'", b'"', b"<script>", b"1,2,3", b"2026-01-01T00:00:00Z", b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:59-23:59",
]  # fmt: skip


def prefixes(patterns, above="/"):
    """Return what each route begins with, up to its first argument."""
    for pattern in patterns:
        route = str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLPattern):
            yield above + route.partition("<")[0].partition("(")[0].rstrip("$").replace("\\", "")
        elif route.startswith("admin"):
            yield from ("/admin/", "/admin/login/", "/admin/writer/post/", "/admin/jsi18n/")
        else:
            yield from prefixes(pattern.url_patterns, above + route)


ROUTES = sorted(
    {
        *prefixes(get_resolver().url_patterns),
        "/static/",
        "/static/reader/site.css",
        "/media/pictures/",
        "/posts/hello/",
    }
)
pieces = st.one_of(
    st.sampled_from(PIECES),
    st.binary(max_size=40),
    st.text(max_size=20).map(lambda text: text.encode(errors="surrogatepass")),
    st.sampled_from(ALL).map(str.encode),
)
paths = st.builds(
    lambda route, parts: route.encode() + b"/".join(parts),
    st.sampled_from(ROUTES),
    st.lists(pieces, max_size=3),
)
pairs = st.builds(
    lambda name, value, quoted: (
        name.encode("latin-1") + b"=" + (quote_from_bytes(value).encode() if quoted else value)
    ),
    st.sampled_from(NAMES),
    pieces,
    st.booleans(),
)
queries = st.one_of(st.lists(pairs, max_size=4).map(b"&".join), pieces)
values = st.one_of(st.sampled_from(VALUES), st.text(st.characters(max_codepoint=255), max_size=60))
headers = st.dictionaries(st.sampled_from(HEADERS), values, max_size=4)
kinds = st.one_of(
    st.sampled_from(["", "application/json", "multipart/form-data; boundary=X", "text/plain; charset=hex"]),
    values,
)


@pytest.fixture
def library(published):
    """Something to be found at every kind of address."""
    published("Hello", tags=["one"], authors=["Ada"])


def check(path, query, **more):
    """Ask, and fail unless the answer is one of those that are fine."""
    reply = ask(path.decode("latin-1"), query.decode("latin-1"), **more)
    fine = (
        FINE
        | (FILES if path.startswith(b"/static/") else set())
        | (DESK if path.startswith(b"/admin") else set())
    )
    assert reply.status in fine or path.startswith(b"/readyz"), reply.body[:500]
    assert not [text for pair in reply.pairs for text in pair if "\n" in text or "\r" in text]


@given(paths, queries)
@many
def test_any_path_and_query(library, path, query):
    check(path, query)


@given(paths, queries, headers, kinds)
@many
def test_any_header(library, path, query, headers, kind):
    check(path, query, headers=headers, CONTENT_TYPE=kind)


@given(paths, st.sampled_from(METHODS), st.binary(max_size=60), kinds, values)
@example(
    b"/admin/login/",
    "POST",
    b"--X\r\nContent-Disposition: form-data; name*=hex''%ff\r\n\r\n\r\n--X--",
    "multipart/form-data; boundary=X",
    "9",
)
@many
def test_any_method_and_body(library, path, method, body, kind, length):
    check(path, b"", method=method, body=body, CONTENT_TYPE=kind, CONTENT_LENGTH=length)


def test_every_route_and_every_odd_piece(library):
    for route in map(str.encode, ROUTES):
        for piece in PIECES:
            check(route + piece + b"/", piece)


def test_every_header_and_every_odd_value(library):
    paths = cycle(
        [
            b"/posts/hello/",
            b"/search/",
            b"/static/reader/site.css",
            b"/api/v1/articles/",
            b"/admin/login/",
            b"/nope",
        ]
    )
    for name in HEADERS:
        for value, path in zip(VALUES, paths):  # noqa: B905  the paths have no end
            check(path, b"q=hello", headers={name: value})
