"""The databases of the tests. All are copies of one pattern, as migrating takes seconds."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import uuid
from contextlib import contextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings

URLS = {"default": "DATABASE_URL", "reader": "READER_DATABASE_URL"}


def on_postgresql():
    """Tell which database the tests run on."""
    return os.environ.get("DATABASE_URL", "").startswith("postgres")


def environment_of(folder, urls):
    """Return the environment of the processes of a site with these databases."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    for name in URLS.values():
        inherited.pop(name, None)
    return inherited | {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "cms.settings", **urls}


@contextmanager
def postgresql_databases(like=None):
    """Make two databases on the tests' server; yield their addresses, and drop them."""
    urls = create(like)
    try:
        yield urls
    finally:
        drop(urls)


def create(like=None):
    """Make two databases, empty or copies of others; return their addresses."""
    urls = {name: address(f"imprint_{uuid.uuid4().hex}") for name in URLS.values()}
    for name, url in urls.items():
        template = name_in(like[name]) if like else "template1"
        on_the_server(f"CREATE DATABASE {name_in(url)} TEMPLATE {template}")
    return urls


def drop(urls):
    """Drop databases, whoever is connected to them."""
    for url in urls.values():
        on_the_server(f"DROP DATABASE IF EXISTS {name_in(url)} WITH (FORCE)")


def on_the_server(statement):
    """Do what can be done in no transaction."""
    with psycopg.connect(address("postgres"), autocommit=True) as connection:
        connection.execute(statement)


def address(database):
    """Return the address of a database on the tests' server."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()


def name_in(url):
    return urlsplit(url).path.removeprefix("/")


# --- the pattern: databases as they are after their first migration


def pattern():
    """Return the folder of the pattern, and what its environment says of databases.

    Whichever worker of a run asks first makes it; the others wait meanwhile.
    """
    folder = Path(os.environ["DATA_DIR"]) / "pattern"
    folder.mkdir(exist_ok=True)
    made = folder / "urls.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed
        if not made.exists():
            urls = create() if on_postgresql() else {}
            command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(command, cwd=settings.BASE_DIR, env=environment_of(folder, urls), check=True)
            made.write_text(json.dumps(urls))
    return folder, json.loads(made.read_text())


def forget_pattern():
    """Drop what the pattern has on a server that is not the tests' own."""
    made = Path(os.environ["DATA_DIR"]) / "pattern" / "urls.json"
    if made.exists():
        drop(json.loads(made.read_text()))


@contextmanager
def copies(folder):
    """Copy the pattern, SQLite's files into the folder; yield what the environment then says of databases."""
    like_folder, like = pattern()
    for file in like_folder.glob("*.sqlite3"):
        shutil.copy(file, folder)
    with postgresql_databases(like=like) if like else nullcontext({}) as urls:
        yield urls
