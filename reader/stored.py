"""What is stored at a path, by one SELECT on a connection of each thread's own: what the fast path asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from reader import queries
from reader.models import Finished

Database = Callable[[], BaseDatabaseWrapper]


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
    last_modified: Any  # PostgreSQL gives a datetime, SQLite its text in UTC

    def __post_init__(self) -> None:
        if isinstance(self.last_modified, str):
            self.last_modified = datetime.fromisoformat(self.last_modified).replace(tzinfo=UTC)


class Own(threading.local):
    """The reader's database, by a connection of each thread's own that outlives the request."""

    file: tuple[int, int] | None = None  # device and inode

    @cached_property
    def connection(self) -> BaseDatabaseWrapper:
        """Return the connection, as it is made when it is asked for first."""
        connection = connections["reader"].copy()
        options = connection.settings_dict.get("OPTIONS", {})
        options.pop("pool", None)  # it would take one out of the pool for ever
        if connection.vendor == "sqlite":
            options["timeout"] = 0.1  # s; the patience is Django's
        return connection

    @cached_property
    def path(self) -> Path:
        """Return where SQLite's file is."""
        return Path(self.connection.settings_dict["NAME"])

    def __call__(self) -> BaseDatabaseWrapper:
        """Return the connection; opened anew where another file has taken the place of SQLite's."""
        if self.connection.vendor == "sqlite":
            there = self.path.stat()
            if self.file != (there.st_dev, there.st_ino):
                self.connection.close()
                self.file = (there.st_dev, there.st_ino)
        return self.connection


def stored(path: str, connection: BaseDatabaseWrapper) -> Stored | None:
    """Return what answers at the path; None if nothing is stored there."""
    sql, version = question()
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, (version, *queries.candidates(path)))
            row = cursor.fetchone()
    except Error:
        connection.close_if_unusable_or_obsolete()
        raise
    return Stored(*row) if row else None


@lru_cache(maxsize=1)
def question() -> tuple[str, str]:
    """Return the SELECT for a page, and the first of its parameters; the others are the paths."""
    columns = [field.name for field in fields(Stored)]
    asked = queries.answers("/x").values_list(*columns)[:1]
    sql, (version, *_paths) = asked.query.get_compiler("reader").as_sql()
    return sql, version
