"""Snapshots: a node's database as one file, from which another begins, whatever became of broker and writer.

SQLite only, as nodes have it; PostgreSQL has its own ways. The place in the stream is in it, so the new
node goes on from there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.db import connections
from django.db.migrations.loader import MigrationLoader

from reader import front
from reader.checkpoint import Checkpoint
from reader.editions import Edition
from reader.models import Article

APPLIED: Final = "SELECT name FROM django_migrations WHERE app = 'reader'"
WAIT: Final = 60  # s for others that write


class Unusable(Exception):
    """A file or database of which no snapshot can be taken, or no node begun."""


def snapshot(file: Path) -> int:
    """Write the node's database into a new file, as it is at one moment; return how many articles it holds.

    Nobody waits for it: SQLite copies what was committed when it began. Raise Unusable.
    """
    source = database()
    if file.exists():
        raise Unusable(f"{file} is there already. Nothing is written over.")
    unfinished = file.with_name(f".{file.name}.part")
    try:
        unfinished.unlink(missing_ok=True)
        with closing(sqlite3.connect(source, timeout=WAIT)) as connection:
            connection.execute("VACUUM INTO ?", [str(unfinished)])
        unfinished.rename(file)
    except (OSError, sqlite3.Error) as fault:
        raise Unusable(f"The snapshot could not be written to {file}: {fault}") from fault
    finally:
        unfinished.unlink(missing_ok=True)
    return Article.objects.filter(gone_at=None).count()


def start_from(file: Path) -> int:
    """Let this node hold what the snapshot does; return how many articles that is.

    In one transaction of SQLite: who reads meanwhile gets what was there before. Raise Unusable, with nothing
    changed, unless the node is empty and the file is a whole snapshot of this version of the program.
    """
    target = database()
    if Article.objects.exists() or Checkpoint.objects.filter(sequence__gt=0).exists():
        raise Unusable("This node has articles already. A snapshot is for an empty one, after `migrate`.")
    connections["reader"].close()
    with opened(file) as source, closing(sqlite3.connect(target, timeout=WAIT)) as connection:
        check(source)
        try:
            source.backup(connection)
        except sqlite3.Error as fault:
            raise Unusable(f"The snapshot could not be taken in: {fault}") from fault
    Edition.objects.update(history=uuid4())  # from here on its editions count another one
    front.follow()
    return Article.objects.filter(gone_at=None).count()


def database() -> str:
    """Return the file of this node's database. Raise Unusable if it is none of SQLite's."""
    connection = connections["reader"]
    if connection.vendor != "sqlite":
        raise Unusable("This node's database is PostgreSQL: use pg_dump and pg_restore, or pg_basebackup.")
    return str(connection.settings_dict["NAME"])


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open a snapshot to be read. Raise Unusable if there is none."""
    if not file.is_file():
        raise Unusable(f"There is no file {file}.")
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


def check(source: sqlite3.Connection) -> None:
    """Raise Unusable unless it is a whole snapshot of a node that runs this version of the program."""
    try:
        (state,) = source.execute("PRAGMA quick_check(1)").fetchone()
        applied = {name for (name,) in source.execute(APPLIED)}
        (places,) = source.execute("SELECT count(*) FROM reader_checkpoint WHERE sequence > 0").fetchone()
    except sqlite3.Error as fault:
        raise Unusable(f"This is no snapshot of a node: {fault}") from fault
    if state != "ok":
        raise Unusable(f"The snapshot is damaged: {state}")
    if not places:
        raise Unusable("The snapshot is of a site that follows no stream: it could not go on from there.")
    if applied != known():
        raise Unusable(
            "The snapshot is of another version of this program: upgrade the older of the two nodes, "
            "migrate it, and take another."
        )


def known() -> set[str]:
    """Return the migrations that this program has of the reader."""
    loader: Any = MigrationLoader(None)
    return {name for app, name in loader.disk_migrations if app == "reader"}
