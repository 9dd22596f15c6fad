"""What is stored at a path: for Django's views by one SELECT, for the fast path in the quickest way."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from time import monotonic
from typing import Any, Final

import psycopg
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, F, QuerySet, When

from reader.pages import KEPT, Finished, Page
from reader.rendering import code_version

Database = Callable[[], BaseDatabaseWrapper]
Question = tuple[str, tuple[str, ...], str]  # a SELECT, its first parameters, what stands before the path


@dataclass(slots=True)
class Stored(Finished):
    """The columns of a page that its answer is made of."""

    path: str
    post_id: Any
    status: int
    content_type: str
    location: str
    body: bytes
    etag: str
    last_modified: datetime | str  # SQLite has text, and names no zone; it is UTC


LOOK_AGAIN: Final = 0.25  # s
COLUMNS: Final = tuple(field.name for field in fields(Stored))


def answer(path: str) -> Stored | None:
    """Return the finished page for a path, or for that path with a slash behind it. One SELECT.

    What is kept for the present edition goes before what is good until it is replaced.
    """
    sql, params = answering()
    listed = path.rstrip("/") + "/"
    given = {"x": path, KEPT + "x": KEPT + path, "x/": listed, KEPT + "x/": KEPT + listed}
    with connections["reader"].cursor() as cursor:
        cursor.execute(sql, [given.get(param, param) for param in params])
        row = cursor.fetchone()
    return Stored(*row) if row else None


@lru_cache(maxsize=1)
def answering() -> tuple[str, tuple[Any, ...]]:
    """Return the SELECT for what answers at the path x. To write it anew each time costs more than to ask."""
    paths = {"x", "x/", KEPT + "x", KEPT + "x/"}
    itself_first = Case(When(path__in=["x", KEPT + "x"], then=0), default=1)
    found = Page.objects.current(code_version()).filter(path__in=paths)
    best = found.order_by(itself_first, F("edition").desc(nulls_last=True)).values_list(*COLUMNS)[:1]
    return compiled(best)


def compiled(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL that asks for these rows, and its parameters."""
    return rows.query.get_compiler("reader").as_sql()


class Own(threading.local):
    """The reader's database, by a connection of each thread's own that outlives the request."""

    file: tuple[int, int] | None = None  # device and inode
    looked = 0.0  # s, when last at which file is there

    def __call__(self) -> BaseDatabaseWrapper:
        """Return the connection, open; anew where another file has taken the place of SQLite's.

        That is looked at once in a while: to ask the system costs as much as a tenth of a request.
        """
        connection = self.connection
        if connection.vendor == "sqlite" and (now := monotonic()) > self.looked + LOOK_AGAIN:
            self.looked = now
            there = self.path.stat()
            if self.file != (there.st_dev, there.st_ino):
                connection.close()
                self.file = (there.st_dev, there.st_ino)
        if connection.connection is None:
            connection.connect()
        return connection

    @cached_property
    def path(self) -> Path:
        """Return where SQLite's file is."""
        return Path(self.connection.settings_dict["NAME"])

    @cached_property
    def connection(self) -> BaseDatabaseWrapper:
        """Return the connection, not yet open."""
        connection = connections["reader"].copy()
        options = connection.settings_dict["OPTIONS"]
        options.pop("pool", None)  # it would take one out of the pool for ever
        if connection.vendor == "sqlite":  # the patience is Django's; columns come as they are stored
            options |= {"timeout": 0.1, "detect_types": 0}  # s
        return connection


def find(path: str, connection: BaseDatabaseWrapper) -> Stored | None:
    """Return what answers at the path; None if nothing is stored there. Raise OperationalError, and hang up.

    Past Django's cursor, which costs more than the database does.
    """
    ask = asking(connection)
    try:
        for sql, given, place in questions(connection.vendor):
            if row := ask(sql, (*given, place + path)).fetchone():
                return Stored(*row)
    except (sqlite3.Error, psycopg.Error) as error:
        connection.close()
        raise OperationalError(*error.args) from error
    return None


def asking(connection: BaseDatabaseWrapper) -> Callable[..., Any]:
    """Return what carries a SELECT out. For PostgreSQL it is prepared, and bytes come as they are."""
    raw: Any = connection.connection
    if connection.vendor == "sqlite":
        return raw.execute
    return partial(psycopg.Cursor(raw).execute, prepare=True, binary=True)


@lru_cache
def questions(vendor: str) -> tuple[Question, Question]:
    """Return what asks for a page of the present edition, and what for one that is good until replaced."""
    pages = Page.objects.order_by()
    kept, good = pages.kept(code_version()), pages.filter(edition=None)
    return (*select(kept, vendor), KEPT), (*select(good, vendor), "")


def select(pages: QuerySet[Page], vendor: str) -> tuple[str, tuple[str, ...]]:
    """Return the SELECT for the one of these pages at a path, for the database's own module."""
    sql, params = compiled(pages.filter(path="").values_list(*COLUMNS))
    return sql.replace("%s", "?") if vendor == "sqlite" else sql, params[:-1]
