"""A copy of the writer's database, made while it is in use, and put back in one step.

Knows the two engines and their tools; knows nothing of what is in the tables.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from writer.refusals import Refused

NAMES: Final = {"sqlite": "writer.sqlite3", "postgresql": "writer.dump"}  # of the copy, by engine
PATIENCE: Final = 20  # s that putting back waits for others to finish, as SQLite's connections do
NO_LOCK: Final = ("55P03", "40P01")  # SQLSTATE: a lock was not to be had in time; a deadlock
HELD_UP: Final = (
    f"Another program kept the database busy for {PATIENCE} s. Stop the web server, the worker and "
    "whatever else uses it (a backup, a shell), then run this again."
)


class Failed(Exception):
    """What was asked could not be done; the message says what it leaves behind."""


def engine() -> str:
    """Return the engine of the writer's database, as Django names it."""
    return connections["default"].vendor


def check_tools(*programs: str) -> None:
    """Raise Refused if a client program of PostgreSQL is missing, or is older than the server."""
    if engine() != "postgresql":
        return
    connections["default"].ensure_connection()
    server = connections["default"].connection.info.server_version // 10_000
    for program in programs:
        if not shutil.which(program):
            raise Refused(
                f"{program} is not to be found on the PATH. It is one of PostgreSQL's client programs: "
                f"install those of version {server} or newer (Debian: postgresql-client-{server})."
            )
        printed = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"\d+", printed)
        if version is None or int(version[0]) < server:
            raise Refused(
                f"{program} is older than the server: it says “{printed.strip()}”, the server is PostgreSQL "
                f"{server}. Put the client programs of version {server} or newer first on the PATH."
            )


def take(file: Path) -> None:
    """Write a copy of the database as it is at one moment to a new file. Raise Failed if that cannot be."""
    if engine() == "postgresql":
        run("pg_dump", "--no-password", "--format=custom", f"--file={file}")
        return
    with closing(sqlite3.connect(file)) as copy, live_file() as live:
        live.backup(copy)


def put_back(file: Path) -> None:
    """Replace what is in the database by the copy, in one transaction, beside whoever else is connected.

    Raise Failed if that cannot be; the database is then as it was.
    """
    if engine() == "postgresql":
        put_back_dump(file)
    else:
        put_back_file(file)


def put_back_file(file: Path) -> None:
    """Replace every page of the live SQLite file: others see all of it or nothing."""

    def give_up(status: int, remaining: int, total: int) -> None:
        if status == sqlite3.SQLITE_BUSY:  # for the connection's timeout; backup() itself never gives up
            raise Failed(HELD_UP)

    with closing(sqlite3.connect(file)) as copy, live_file() as live:
        copy.backup(live, progress=give_up)


@contextmanager
def live_file() -> Iterator[sqlite3.Connection]:
    """Give SQLite's own connection to the live file. Raise Failed, with SQLite's words, for its errors."""
    connections["default"].ensure_connection()
    try:
        yield connections["default"].connection
    except sqlite3.Error as error:
        raise Failed(f"SQLite could not do its part: {error}.") from error


def put_back_dump(file: Path) -> None:
    """Drop the site's tables and make what is in the dump, in one transaction.

    Not by pg_restore alone: it sets lock_timeout to 0 and would wait for ever, and it leaves tables
    that are newer than the dump, which `migrate` would then stumble over. psql begins when the whole
    script is there, so that it never commits half of it.
    """
    script = file.with_suffix(".sql")
    run(
        "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", f"--file={script}", str(file)
    )
    connection = connections["default"]
    known = {*connection.introspection.django_table_names(), MigrationRecorder.Migration._meta.db_table}
    tables = ", ".join(connection.ops.quote_name(table) for table in sorted(known & set(tables_at_hand())))
    drop = f"DROP TABLE {tables} CASCADE;" if tables else ""
    run(
        "psql",
        "--no-psqlrc",
        "--no-password",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        "--set=VERBOSITY=verbose",
        f"--command=SET lock_timeout = '{PATIENCE}s'; {drop}",
        f"--file={script}",
    )


def tables_at_hand() -> list[str]:
    """Return the tables that the database has now; none where it is new."""
    return connections["default"].introspection.table_names()


def run(*command: str) -> None:
    """Run a client program of PostgreSQL on the database. Raise Failed, with its words, unless it ends well.

    Address and password travel in its environment: a command line is everybody's to read.
    """
    ended = subprocess.run(
        command,
        env={**os.environ, **address()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if any(state in ended.stderr for state in NO_LOCK):
        raise Failed(HELD_UP)
    if ended.returncode:
        raise Failed(f"{command[0]} could not do its part: {' '.join(ended.stderr.split())}")


def address() -> dict[str, str]:
    """Return what leads to the database, in the variables that PostgreSQL's client library reads.

    Taken from the open connection, so whatever Django was given (a socket, sslmode, a service, a
    password file) holds for the programs too.
    """
    connections["default"].ensure_connection()
    given: list[Any] = connections["default"].connection.pgconn.info
    return {option.envvar.decode(): option.val.decode() for option in given if option.envvar and option.val}


def applied() -> set[str]:
    """Return the migrations that the database has had, as app.name."""
    return {f"{app}.{name}" for app, name in MigrationRecorder(connections["default"]).applied_migrations()}


def known() -> set[str]:
    """Return the migrations that this code has."""
    return {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations or {}}
