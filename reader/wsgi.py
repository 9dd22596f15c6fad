"""The fast path: a page that is stored is answered before Django is asked.

It answers what it is sure of, by the function that Django's view answers by (`reader.answers`). All
else is left to Django: other methods, hosts and addresses, a page that must be made first, a database
that fails. Without it everything would be the same, but slower (docs/adr/0015).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import Error
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver, get_resolver

from reader.answers import Answer, answer
from reader.stored import Database, Own, find
from reader.views import LONGEST, STORED, normal

Start = Callable[..., Callable[[bytes], object]]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]

STATUS: Final = {one.value: f"{one.value} {one.phrase}" for one in HTTPStatus}


class Pages:
    """A WSGI application that answers for stored pages, and lets Django answer for all else."""

    def __init__(
        self,
        django: Application,
        *,
        refuses: Callable[[dict[str, Any]], bool],  # what is answered 400 wherever it is sent
        database: Database | None = None,  # None: each thread's own connection
    ) -> None:
        self.django, self.refuses, self.database = django, refuses, database or Own()
        self.is_known = lru_cache(maxsize=128)(is_known)
        self.exact, self.begins = elsewhere(get_resolver().url_patterns)
        self.added: list[tuple[str, str]] = []  # to every answer, by Django's middleware

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer a request."""
        found = self.answered(environ)
        if found is None:
            return self.django(environ, start)
        if not self.added:
            return self.django(environ, self.learning(found, start))
        start(STATUS[found.status], [*found.headers.items(), *self.added])
        return [found.body]

    def learning(self, found: Answer, start: Start) -> Start:
        """Return what starts Django's own response, and sees which headers it has more than the answer."""

        def started(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            if status == STATUS[found.status]:
                self.added = [(name, value) for name, value in headers if name not in found.headers]
            return start(status, headers, *error)

        return started

    def answered(self, environ: dict[str, Any]) -> Answer | None:
        """Return the answer of a stored page; None if Django is to be asked."""
        path = self.path(environ)
        if not path or self.refuses(environ):
            return None
        try:
            page = find(normal(path), self.database())
        except (Error, OSError):  # Django says what is wrong
            return None
        if page is None or (page.is_bare and page.path == path):  # to be put in its surroundings first
            return None
        return answer(page, path, environ)

    def path(self, environ: dict[str, Any]) -> str:
        """Return the path that is asked for; empty if it is not for stored pages to answer."""
        try:
            path = environ["PATH_INFO"].encode("latin-1").decode()
        except UnicodeError:
            return ""
        mine = (
            environ["REQUEST_METHOD"] in ("GET", "HEAD")
            and path.startswith("/")
            and len(path) <= LONGEST
            and "\n" not in path
            and path not in self.exact
            and not path.startswith(self.begins)
            and not environ.get("SCRIPT_NAME")
            and "min_version=" not in environ.get("QUERY_STRING", "")  # for which it may have to wait
            and (not settings.SECURE_SSL_REDIRECT or environ.get("HTTP_X_FORWARDED_PROTO") == "https")
            and self.is_known(environ.get("HTTP_HOST", ""))
        )
        return path if mine else ""


def is_known(host: str) -> bool:
    """Tell whether the site answers to this name, as Django sees it."""
    request = HttpRequest()
    request.META = {"HTTP_HOST": host, "SERVER_NAME": "", "SERVER_PORT": ""}
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return bool(host)


def elsewhere(patterns: Iterable[URLPattern | URLResolver]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the addresses at which no stored page is asked for, and what others of them begin with."""
    exact: set[str] = set()
    begins = {settings.STATIC_URL}
    for pattern in patterns:
        route = f"/{pattern.pattern}".replace("^", "")
        start = route.partition("<")[0].partition("(")[0]
        if isinstance(pattern, URLPattern):
            if pattern.name != STORED:
                (exact if start == route else begins).add(start)
        elif start == "/":
            inner = elsewhere(pattern.url_patterns)
            exact |= inner[0]
            begins |= set(inner[1])
        else:
            begins.add(start)
    return frozenset(exact), tuple(begins)
