"""Readers read from a streaming replica, and what they keep is written to the primary: with two real servers."""

import os
import shutil
import signal
import subprocess
import time

import psycopg
import pytest

from tests.installation import PATIENCE, Installation, ended_well, get, wait_for
from tests.postgresql import running, with_programs

pytestmark = [pytest.mark.postgresql, pytest.mark.processes]

PUBLISH = """
post_id = commands.create_draft(draft=Draft(title={title!r}, body="Some words."), actor=None, now=now)
commands.publish(post_id, actor=None, now=now)
"""


class Two:
    """A writer and the primary that it fills, its replica, and readers who have both."""

    def __init__(self, folder):
        self.primary = running(folder / "primary")
        with psycopg.connect(self.primary.get_uri("postgres"), autocommit=True) as connection:
            for name in ("blog", "blog_reader"):
                connection.execute(f"CREATE DATABASE {name}")
        urls = {"DATABASE_URL": "blog", "READER_DATABASE_URL": "blog_reader"}
        urls = {name: self.primary.get_uri(database) for name, database in urls.items()}
        self.writer = Installation(folder, urls)
        self.writer.manage("migrate", "--verbosity", "0")
        self.replica = self.copied(folder / "replica")
        self.readers = self.writer.in_role("reader", without="DATABASE_URL")
        self.readers.environment["READER_REPLICA_URL"] = self.replica.get_uri("blog_reader")

    def copied(self, data):
        """Copy the primary as an operator does, and let the copy follow it."""
        owner = {"user": self.primary.system_user} if self.primary.system_user else {}
        data.mkdir(mode=0o700)
        if owner:
            shutil.chown(data, owner["user"])
        program = shutil.which("pg_basebackup", path=with_programs(os.environ["PATH"]))
        primary = self.primary.get_uri("postgres")
        command = [
            program,
            "--dbname",
            primary,
            "--pgdata",
            str(data),
            "--write-recovery-conf",
            "--checkpoint",
            "fast",
        ]
        subprocess.run(command, cwd="/", check=True, **owner)
        for socket in data.glob(".s.PGSQL.*"):  # it lies with the data, and is the primary's
            socket.unlink()
        return running(data)

    def publish(self, title):
        self.writer.python(PUBLISH.format(title=title))

    def kept(self):
        """Return the paths whose pages the primary keeps for this edition."""
        with psycopg.connect(self.primary.get_uri("blog_reader")) as connection:
            rows = connection.execute("SELECT path FROM reader_page WHERE edition IS NOT NULL").fetchall()
        return {path.removeprefix(":") for (path,) in rows}


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    return Two(tmp_path_factory.mktemp("replica"))


def test_readers_read_the_replica_and_go_on_when_the_primary_is_gone(two):
    two.publish("Hello")
    two.publish("World")
    with two.readers.served("cms.wsgi:application") as (url, _kill):
        wait_for(lambda: get(f"{url}/posts/world/")[0] == 200, "the replica to have it")
        assert "World" in get(f"{url}/")[2]
        wait_for(lambda: {"/", "/posts/world/"} <= two.kept(), "the primary to keep what was made")
        two.primary.cleanup()
        for path in (
            "/",
            "/posts/world/",
            "/posts/hello/",
            "/search/?q=words",
            "/feed.xml",
            "/api/v1/articles/",
            "/readyz",
        ):
            assert get(url + path)[0] == 200, path
    two.primary = running(two.primary.pgdata)


def test_nobody_waits_for_a_primary_that_is_frozen(two):
    two.publish("Again")
    with two.readers.served("cms.wsgi:application") as (url, _kill):
        wait_for(lambda: get(f"{url}/api/v1/articles/again/")[0] == 200, "the replica to have it")
        os.kill(two.primary.get_pid(), signal.SIGSTOP)  # it takes connections, and says nothing
        try:
            begun = time.monotonic()
            for path in ("/", "/posts/hello/", "/posts/again/", "/archive/"):
                assert get(url + path)[0] == 200, path
            assert time.monotonic() - begun < PATIENCE / 2
        finally:
            os.kill(two.primary.get_pid(), signal.SIGCONT)


def test_readers_can_write_nothing_to_the_replica(two):
    with (
        psycopg.connect(two.replica.get_uri("blog_reader")) as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("DELETE FROM reader_page")


def test_tables_are_made_at_the_primary(two):
    process = two.readers.fork("manage.py", "migrate", "--verbosity", "1")
    assert "No migrations to apply" in ended_well(process)


@pytest.mark.parametrize(
    "given",
    [{"CMS_ROLE": "all"}, {"EVENTS_URL": "nats://localhost"}, {"READER_DATABASE_URL": ""}],
    ids=lambda given: next(iter(given)),
)
def test_who_can_have_no_replica_is_told(two, given):
    other = Installation(two.writer.folder, {})
    other.environment = {**two.readers.environment, **given}
    process = other.start("manage.py", "check")
    _printed, complaints = process.communicate(timeout=60)
    assert process.returncode
    assert (
        "READER_REPLICA_URL: is for readers (CMS_ROLE=reader) that share a database on PostgreSQL"
        in complaints
    )
