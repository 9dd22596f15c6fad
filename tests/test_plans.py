"""No command, sweep or page of the desk reads a whole table that grows: the databases' own plans say so."""

import re
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from cms import schedule
from cms.importing import Import
from tests.conftest import NOON
from writer import commands
from writer.models import Post

GROWING = re.compile(
    r'"(writer_(?:post|revision|outboxevent|address|picture|pictureuse|importedfile)'
    r'|reader_(?:article|page|terms|spelling|tagging|byline|part|tongue|change))"(?: ([A-Z]\d+)\b)?'
)
# Partial indexes that hold what waits for something, which is little.
WAITING = re.compile(r"event_(pending|that_failed)|post_(refused|to_\w+|trashed)|picture_unrendered")
WALKED = re.compile(
    r"ORDER BY [^()]+ LIMIT \d+( OFFSET \d+)?(\) subquery)?$"
)  # from one end of an index, and no further


@contextmanager
def nothing_read_whole():
    """Let the databases say how they did what was done in the block; none may have read a whole table."""
    with ExitStack() as stack:
        asked = [
            (connections[alias], stack.enter_context(CaptureQueriesContext(connections[alias])))
            for alias in ("default", "reader")
        ]
        yield
    for connection, queries in asked:
        for sql in {query["sql"] for query in queries.captured_queries}:
            if re.match("(SELECT|UPDATE|DELETE) ", sql):
                assert not read_whole(connection, sql), sql


def read_whole(connection, sql):
    """Return the steps by which the database reads a whole table that grows."""
    tables = {name for found in GROWING.findall(sql) for name in found if name}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # of a few rows it prefers that to any index
            cursor.execute(f"EXPLAIN {sql}")
            return [
                step for (step,) in cursor.fetchall() if tables & set(re.findall(r"Seq Scan on (\w+)", step))
            ]
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        steps = [row[-1] for row in cursor.fetchall()]
    if WALKED.search(sql) and "USE TEMP B-TREE FOR ORDER BY" not in steps:
        return []
    scans = [step for step in steps if tables & set(re.findall(r"^SCAN (\w+)", step))]
    return [step for step in scans if not WAITING.search(step)]


@pytest.mark.parametrize("sweep", sorted(schedule.EVERY.keys() - {"reconcile"}))
def test_a_sweep_asks_only_for_what_waits(published, draft, sweep, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path  # another test's pictures would wait to be registered
    published("One")
    draft("Two")
    with nothing_read_whole():
        getattr(schedule, sweep)()


def test_a_command_asks_only_for_what_it_changes(published, draft, edit, give):
    one, two = published("One", tags=["sea"], authors=["Ada"]), draft("Two")
    with nothing_read_whole():
        edit(two, body="Other words.", title="One")
        give(commands.publish, two)
        give(commands.unpublish, two)
        give(commands.schedule, two, publish_at=NOON + timedelta(days=9), zone="UTC")
        give(commands.cancel_schedule, two)
        give(commands.trash, two)
        give(commands.purge, two)
        give(commands.share, one)
        give(commands.rename_tag, commands.find_or_add_tag("sea"), name="ocean")
        draft("One")


def test_an_import_asks_only_for_its_own_files(published, tmp_path):
    published("One")
    (tmp_path / "one.md").write_text("---\ntitle: One\n---\nText.")
    for _time in range(2):
        with nothing_read_whole():
            Import(tmp_path, actor=None, publish=True, dry_run=False).run()


@pytest.mark.parametrize(
    "page",
    [
        "",
        "writer/post/",
        "writer/post/?p=2",
        "writer/post/?state=draft",
        "writer/post/?state=failed",
        "writer/post/?state=trash",
    ],
)
def test_a_page_of_the_desk_reads_as_much_as_it_shows(published, draft, desk, client, page):
    published("One")
    draft("Two")
    with nothing_read_whole():
        assert client.get(f"/admin/{page}").status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/readyz"])
def test_what_a_monitor_asks_is_not_counted_anew(published, client, path):
    published("One")
    with nothing_read_whole():
        client.get(path)


def test_a_table_that_is_read_whole_is_noticed(both):
    with pytest.raises(AssertionError), nothing_read_whole():
        list(Post.objects.filter(body="Text."))
