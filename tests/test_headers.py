"""What every answer bears, errors and files too; and what none does: a cookie, or a trace of who asks."""

import random
import re
from unittest.mock import Mock

import pytest
from django.db import NotSupportedError, OperationalError

from cms.policies import policy
from cms.wsgi import Handler
from reader import stored
from tests.crawling import OWN, crawl
from tests.picture_files import picture
from tests.wsgi import ask
from writer import commands
from writer.models import Picture

ALWAYS = {
    "content-security-policy": r"default-src 'none';.*frame-ancestors 'none'.*|default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin|no-referrer",
    "permissions-policy": ".*camera=.*",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}
ERRORS = [  # what is asked, how, and the status
    ({"path": "/nope/"}, 404),
    ({"path": "/posts/nope/"}, 404),
    ({"path": "/posts/withdrawn/"}, 410),
    ({"path": "/page/99/"}, 404),
    ({"path": "/tags/nope/"}, 404),
    ({"path": "/media/nope.png"}, 404),
    ({"path": "/static/nope.css"}, 404),
    ({"path": "/posts/hello"}, 301),
    ({"path": "/posts/old/"}, 301),
    ({"path": "/tags"}, 301),
    ({"path": "/posts/hello/", "method": "POST"}, 405),
    ({"path": "/healthz", "method": "PUT"}, 405),
    ({"path": "/", "method": "OPTIONS"}, 405),
    ({"path": "/\x00"}, 400),
    ({"path": "/search/", "query": "q=%FF"}, 400),
    ({"path": "/search/", "query": "q=%00"}, 400),
    ({"path": "/admin/"}, 302),
    ({"path": "/admin/login/"}, 200),
    ({"path": "/admin/nope/"}, 302),
    ({"path": "/admin/login/", "method": "POST", "body": b"username=x"}, 403),
    ({"path": "/preview/nope/"}, 404),
    ({"path": "/readyz"}, 503),
    ({"path": "/metrics"}, 200),
]
UNKEYED = [
    "accept-language", "authorization", "cache-control", "cookie", "dnt", "forwarded", "from", "origin", "pragma", "priority", "referer", "save-data",
    "sec-ch-ua", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-gpc", "te", "upgrade-insecure-requests", "user-agent", "via", "x-csrftoken",
    "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-proto", "x-forwarded-server", "x-http-method-override",
    "x-original-url", "x-real-ip", "x-request-id", "x-requested-with", "x-rewrite-url",
]  # fmt: skip
VALUES = [
    "de", "https://evil.example/", "evil.example", "sessionid=abc; csrftoken=def; messages=ghi", "127.0.0.1, 10.0.0.1", "https", "XMLHttpRequest", "DELETE",
    "\xff\xfe\x80", "a" * 2000, "", "0", "*", "no-cache", "/admin/", "Basic YTpi", "ar-EG,ar;q=0.9", "document", "?1", '"', "; DROP TABLE reader_page", "%00",
]  # fmt: skip


@pytest.fixture
def app(settings):
    """The application, with static files straight from their folder."""
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    return Handler()


@pytest.fixture
def library(published, give):
    """A page of each kind."""
    give(commands.add_picture, data=picture(), name="teal.png", alt="Teal.")
    series = commands.find_or_add_series("A series")
    body = f"![Teal](/media/{Picture.objects.get().path}) and [more](/posts/other/).\n\n```python\n1\n```"
    post_id = published("Hello", body=body, tags=["one", "two"], authors=["Ada"], series_id=series, part=1)
    give(commands.add_aliases, post_id, paths=["/posts/old/"])
    published("Other", tags=["one"], series_id=series, part=2)
    give(commands.unpublish, published("Withdrawn"))


def missing(reply):
    """Return the headers that a reply should have and has not, and those that it should not have."""
    faults = {
        f"{name}: {reply.headers.get(name)}"
        for name, value in ALWAYS.items()
        if not re.fullmatch(value, reply.headers.get(name, ""))
    }
    faults |= {name for name, _value in reply.pairs if [other for other, _ in reply.pairs].count(name) > 1}
    faults |= {value for name, value in reply.pairs if "unsafe" in value}
    return sorted(faults)


def told(reply):
    """Return everything that a reader, or a store on the way, could tell apart."""
    return reply.status, reply.pairs, reply.body


def test_every_answer_bears_every_header_and_no_public_one_a_cookie(library, app):
    kinds, faults = set(), {}
    for path, query, reply in crawl(app):
        kinds.add((reply.status, reply.headers["content-type"].split(";")[0]))
        cookies = [name for name in reply.headers if name == "set-cookie"]
        if wrong := missing(reply) + cookies:
            faults[f"{path}?{query}"] = wrong
        if path not in OWN:
            assert "cookie" not in reply.headers.get("vary", "").lower(), path
        if etag := reply.headers.get("etag"):
            again = ask(path, query, app=app, headers={"if-none-match": etag})
            assert again.status == 304, path
            faults |= {f"304 {path}": missing(again)} if missing(again) else {}
    assert not faults
    assert kinds >= {(200, "text/html"), (200, "text/css"), (200, "image/png"), (301, "text/html")}


def test_so_does_every_error_and_redirect(library, app):
    for asked, status in ERRORS:
        reply = ask(**asked, app=app)
        assert (reply.status, missing(reply)) == (status, []), asked


def test_so_does_a_page_that_failed(both, app, monkeypatch):
    for error, status in ((RuntimeError, 500), (OperationalError, 503), (NotSupportedError, 503)):
        monkeypatch.setattr(stored, "answer", Mock(side_effect=error("broken")))
        reply = ask("/", app=app)
        assert (reply.status, missing(reply)) == (status, [])


def test_answers_are_the_same_to_the_byte_whoever_asks(library, app):
    rng = random.Random(1)
    asked = [(path, query) for path, query, _reply in crawl(app) if path not in OWN]
    errors = [(each["path"], each.get("query", "")) for each, status in ERRORS if "method" not in each]
    asked += [each for each in errors if not each[0].startswith("/admin") and each[0] not in OWN]
    assert len(asked) > 25
    for path, query in asked:
        plain = ask(path, query, app=app)
        for _time in range(3):
            headers = {name: rng.choice(VALUES) for name in rng.sample(UNKEYED, 12)}
            kind = rng.choice(
                ["text/plain; charset=utf-16", "text/html; charset=hex", "application/json", ";"]
            )
            other = ask(path, query, app=app, headers=headers, CONTENT_TYPE=kind)
            assert told(other) == told(plain), (path, headers)
        vary = {word.strip().lower() for word in plain.headers.get("vary", "accept-encoding").split(",")}
        assert vary <= {"accept-encoding"} or path.startswith("/api/"), path


# Names of the site


HOSTS = [
    "evil.example",
    "evil.example:80",
    "testserver.evil.example",
    "",
    "a b",
    "[",
    "\xff",
    "testserver@evil.example",
]
ROUTES = [
    "/", "/posts/hello/", "/posts/hello", "/nope/", "/search/", "/healthz", "/readyz", "/metrics", "/static/reader/site.css", "/media/x.png", "/admin/",
    "/admin/login/", "/preview/x/", "/api/v1/articles/",
]  # fmt: skip


@pytest.mark.parametrize("path", ROUTES)
def test_an_unknown_name_is_refused_in_words_on_every_route(both, app, path):
    for host in HOSTS:
        reply = ask(path, app=app, HTTP_HOST=host, SERVER_NAME="evil.example")
        assert (reply.status, missing(reply)) == (400, []), host
        said = "cannot be understood" if path.startswith("/api/") else "does not answer to that name"
        assert said in reply.body.decode()
        assert "evil" not in reply.body.decode()


def test_a_name_that_a_header_alone_claims_is_none(published, app):
    published("Hello")
    forwarded = {"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    reply = ask("/posts/hello/", app=app, headers=forwarded)
    assert reply.status == 200
    assert b"evil" not in reply.body


def test_by_https_browsers_are_told_to_stay_with_it(published, settings):
    published("Hello")
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 31_536_000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    app = Handler()
    secure = {"x-forwarded-proto": "https"}
    for path, status in (("/posts/hello/", 200), ("/nope/", 404), ("/posts/hello", 301), ("/\x00", 400)):
        reply = ask(path, app=app, headers=secure)
        assert (reply.status, missing(reply)) == (status, [])
        assert reply.headers["strict-transport-security"].startswith("max-age=31536000")
    reply = ask("/posts/hello/", app=app)
    assert (reply.status, reply.headers["location"]) == (301, "https://testserver/posts/hello/")
    assert not missing(reply)
    for headers in ({}, secure):
        reply = ask("/posts/hello/", app=app, headers=headers, HTTP_HOST="evil.example")
        assert (reply.status, missing(reply)) == (400, [])


def test_each_web_process_writes_the_policy_alike():
    assert policy({"default-src": ["'none'"], "a": ["b", "c"], "z": ["'self'"], "b": ["x"]}) == (
        "default-src 'none'; a b c; z 'self'; b x"
    )


# Who logs in


@pytest.mark.parametrize(
    "after", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "\\\\evil.example", None]
)
def test_a_login_leads_to_the_desk_where_it_should_lead_to_nothing_of_ours(client, author, after):
    form = {"username": "ada", "password": "correct horse battery"}
    answer = client.post("/admin/login/", form if after is None else {**form, "next": after})
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
