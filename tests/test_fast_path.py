"""The fast path: whatever is asked, the same answer as Django's to the byte; and it is what answers."""

import random
import time
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from django.db import connections

from cms.middleware import cannot_be_stored
from cms.wsgi import Handler
from reader.pages import Page
from reader.stored import LOOK_AGAIN
from reader.wsgi import Pages
from tests.databases import on_postgresql
from tests.installation import get, wait_for
from tests.picture_files import picture
from tests.wsgi import ask
from writer import commands
from writer.models import Picture

REQUESTS = 5000
METHODS = ["GET"] * 14 + ["HEAD"] * 4 + ["POST", "OPTIONS", "get", "DELETE"]
HOSTS = ["testserver"] * 20 + ["TestServer:8000", "evil.example", "", "testserver:x", "a" * 300, "[::1]"]
QUERIES = [""] * 12 + [
    "a=b",
    "utm_source=x&page=2",
    "%00",
    "q=\n",
    "\xc3\xa9=1",
    "&" * 50,
    "/../",
    "x" * 4000,
]
ENCODINGS = ["gzip"] * 6 + [None] * 3 + [
    "", "gzip, deflate, br", "br", "*", "gzip;q=0", "*;q=0", "identity", "gzip;q=0.000, *", "GZIP", ";", "gzip ; q=0.5", "identity;q=0",
]  # fmt: skip
TAGS = ["{etag}"] * 6 + ["W/{etag}", '"x", {etag}', "*", '"x"', "x", "", '"', "{etag}, *", ",,", "\xff"]
TIMES = ["{modified}"] * 3 + [
    "Thu, 01 Jan 1970 00:00:00 GMT", "Tue, 01 Jan 2030 00:00:00 GMT", "yesterday", "", "Sat, 32 Jan 2026 25:61:61 GMT", "Sunday, 01-Mar-26 12:00:00 GMT",
]  # fmt: skip
OTHERS = {
    "if-match": ["*", '"x"'],
    "if-unmodified-since": ["Thu, 01 Jan 1970 00:00:00 GMT"],
    "range": ["bytes=0-9", "bytes=x"],
    "cookie": ["sessionid=abc; csrftoken=def", "\xff"],
    "x-forwarded-proto": ["https", "http"],
    "x-forwarded-host": ["evil.example"],
    "accept-language": ["de"],
    "user-agent": ["a\x00b", "x"],
}
ELSEWHERE = [
    "/search/", "/search", "/posts/", "/posts", "/admin/", "/admin", "/static/reader/site.css", "/static/nope", "/media/nope.png", "/api/", "/api", "/healthz",
    "/api/v1/articles/", "/preview/x/", "/nope/", "/page/99/", "/tags/nope/", "//", "/..", "/:", "*", "", "posts/hello/", "/posts/hello/\n", "/\xff", "/\x00",
    "/" + "a" * 600, "/posts/hello//", "/archive/0/", "/page/0/", "/page/1/", "/tags/one/page/2/", "/posts/%68ello/",
]  # fmt: skip


@pytest.fixture
def library(published, give, edit, draft):
    """A page of each kind, some of them at addresses that something else answers at."""
    give(commands.add_picture, data=picture(), name="teal.png", alt="Teal.")
    series = commands.find_or_add_series("A series")
    body = f"![Teal](/media/{Picture.objects.get().path}) and [more](/posts/other/).\n\n```python\n1\n```"
    post = published("Hello", body=body, tags=["one", "two"], authors=["Ada"], series_id=series, part=1)
    give(commands.add_aliases, post, paths=["/posts/old/", "/2020/01/alt-é/", "/old.html"])
    published("Other", tags=["one"], series_id=series, part=2)
    published("日本語 Café", tags=["Café"])
    published("Unlisted", unlisted=True)
    give(commands.unpublish, published("Withdrawn"))
    for path in (
        "/search/",
        "/posts/",
        "/static/x",
        "/api/x/",
        "/media/x",
        "/healthz",
        "/line\nbreak/",
        "/50%/",
    ):
        Page.objects.create(
            path=path, status=301, location="/", body=b"", etag="x", last_modified="2026-01-01T00:00:00Z"
        )


@pytest.fixture
def django(settings):
    """Django alone."""
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    return Handler()


@pytest.fixture
def fast(django):
    """The fast path in front of it, which counts what it answers itself."""

    class Counting(Pages):
        def __init__(self):
            super().__init__(django, refuses=cannot_be_stored, database=lambda: connections["reader"])
            self.seen = []

        def answered(self, environ):
            answer = super().answered(environ)
            self.seen.append(answer and answer.status)
            return answer

    return Counting()


def raw(path):
    """Return a path as WSGI has it, each of its bytes as one character."""
    return path.encode().decode("latin-1")


def known(app):
    """Ask for all there is, twice, so that it is kept; return each path with its tag and time."""
    lists = ["/", "/tags/", "/authors/", "/series/", "/archive/", "/feeds/", "/feed.xml", "/atom.xml", "/feed.json", "/sitemap.xml", "/robots.txt"]  # fmt: skip
    named = [
        "/tags/one/",
        "/tags/two/feed.xml",
        "/authors/ada/",
        "/series/a-series/",
        "/archive/2026/",
        "/tags/café/",
    ]
    paths = [*lists, *named, *Page.objects.filter(post_id__isnull=False).values_list("path", flat=True)]
    for path in paths:
        reply = [ask(raw(path), app=app, headers={"accept-encoding": "gzip"}) for _time in range(2)][1]
        yield path, reply.headers.get("etag", ""), reply.headers.get("last-modified", "")


def bent(path, chance):
    """Return the path, or something like it."""
    return chance.choice(
        [path] * 12
        + [path.rstrip("/"), path + "/", f"/{path}", f":{path}", path.upper(), path + "x", quote(path)]
    )


def drawn(chance, places):
    """Return a request: its path, query, method and headers."""
    path, etag, modified = chance.choice(places)
    path = bent(path, chance) if chance.random() < 0.85 else chance.choice(ELSEWHERE)
    headers = {"host": chance.choice(HOSTS), "accept-encoding": chance.choice(ENCODINGS)}
    if chance.random() < 0.5:
        headers["if-none-match"] = chance.choice(TAGS).replace("{etag}", etag)
    if chance.random() < 0.3:
        headers["if-modified-since"] = chance.choice(TIMES).replace("{modified}", modified)
    if chance.random() < 0.2:
        name = chance.choice([*OTHERS])
        headers[name] = chance.choice(OTHERS[name])
    said = {name: value for name, value in headers.items() if value is not None}
    script = {"SCRIPT_NAME": "/blog"} if chance.random() < 0.02 else {}
    asked = path if path in ELSEWHERE else raw(path)
    return (asked, chance.choice(QUERIES)), {"method": chance.choice(METHODS), "headers": said, **script}


def told(reply):
    """Return all of a reply but what the desk says of the moment."""
    pairs = [(name, value) for name, value in reply.pairs if name not in ("expires", "x-request-id")]
    return reply.status, sorted(pairs), reply.body


def test_the_fast_path_says_what_django_says(library, django, fast):
    chance, places = random.Random(6), list(known(fast))
    fast.seen.clear()
    for _request in range(REQUESTS):
        given, named = drawn(chance, places)
        assert told(ask(*given, app=fast, **named)) == told(ask(*given, app=django, **named)), (given, named)
    answered = {status: fast.seen.count(status) for status in (200, 301, 304, 410, None)}
    assert min(answered.values()) > REQUESTS // 500, answered
    assert answered[200] + answered[304] > REQUESTS // 5, answered


@pytest.mark.processes
def test_a_reader_s_database_that_fails_is_told_and_comes_back(installation):
    installation.python("""
post = commands.create_draft(draft=Draft(title="Hello", body="The first words."), actor=None, now=now)
commands.publish(post, actor=None, now=now)
""")
    with installation.served("cms.wsgi:application") as (url, _kill):
        assert [get(f"{url}/posts/hello/")[0] for _time in range(3)] == [200, 200, 200]
        for fails in FAILURES[on_postgresql()]:
            with fails(installation):
                time.sleep(2 * LOOK_AGAIN)  # until each thread has seen it
                status, headers, text = get(f"{url}/posts/hello/")
                assert (status, headers["Retry-After"]) == (503, "10"), [
                    fails,
                    *(log.read_text() for log in installation.folder.glob("web-*.log")),
                ]
                assert "cannot be read just now" in text, text
            wait_for(lambda: get(f"{url}/posts/hello/")[0] == 200, "the page to come back")


@contextmanager
def gone(installation):
    """Take the reader's files away."""
    files = {
        file: file.with_name(f"kept-{file.name}") for file in installation.folder.glob("reader.sqlite3*")
    }
    for file, kept in files.items():
        file.rename(kept)
    yield
    for file in installation.folder.glob("reader.sqlite3*"):  # one that was made in their place
        file.unlink()
    for file, kept in files.items():
        kept.rename(file)


@contextmanager
def older(installation):
    """Let the reader's tables lack a column."""
    rename(installation, "etag", "was_etag")
    yield
    rename(installation, "was_etag", "etag")


def rename(installation, old, new):
    """Rename a column of the pages."""
    installation.python(f"""
from django.db import connections
connections["reader"].cursor().execute("ALTER TABLE reader_page RENAME COLUMN {old} TO {new}")
""")


@contextmanager
def closed(installation):
    """Let PostgreSQL throw everybody out of the reader's database."""
    server = urlsplit(installation.environment["READER_DATABASE_URL"])
    name = server.path.removeprefix("/")
    with psycopg.connect(server._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        yield
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


FAILURES = {False: (gone, older), True: (closed, older)}
