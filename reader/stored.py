"""What is stored at a path, asked on a connection of each thread's own: for the fast path alone."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import psycopg
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from reader.models import KEPT, Page
from reader.queries import COLUMNS, Stored, compiled
from reader.rendering import code_version

Database = Callable[[], BaseDatabaseWrapper]
Question = tuple[str, tuple[str, ...], str]  # a SELECT, its first parameters, what stands before the path


class Own(threading.local):
    """The reader's database, by a connection of each thread's own that outlives the request."""

    file: tuple[int, int] | None = None  # device and inode

    def __call__(self) -> BaseDatabaseWrapper:
        """Return the connection, open; anew where another file has taken the place of SQLite's."""
        connection = self.connection
        if connection.vendor == "sqlite":
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


def stored(path: str, connection: BaseDatabaseWrapper) -> Stored | None:
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
