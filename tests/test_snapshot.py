"""Snapshots: a new node begins from a file, while broker and writer are down."""

import sqlite3

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from cms import following, refill
from reader.checkpoint import Checkpoint
from reader.models import Article, Edition

pytestmark = pytest.mark.sqlite
committed = pytest.mark.django_db(databases=["default", "reader"], transaction=True)


@pytest.fixture
def file(tmp_path, elsewhere, published):
    """A snapshot of a node that has taken in a post."""
    published("Hello", body="A *first* text.")
    refill.refill()
    following.catch_up()
    call_command("snapshot", str(tmp_path / "node.snapshot"))
    return tmp_path / "node.snapshot"


def empty():
    """Let the node have nothing, as a new one."""
    call_command("flush", database="reader", interactive=False, verbosity=0)


def refused(command, *arguments):
    with pytest.raises(CommandError) as refusal:
        call_command(command, *map(str, arguments))
    return str(refusal.value)


@committed
def test_a_new_node_begins_from_a_snapshot_and_goes_on_from_its_place(
    file, stream_down, published, client, capsys
):
    history = Edition.objects.get().history
    empty()
    assert client.get("/posts/hello/").status_code == 404
    with stream_down():
        call_command("start_from", str(file))
        assert "A <em>first</em> text." in client.get("/posts/hello/").content.decode()
        assert "/posts/hello/" in client.get("/search/", {"q": "first"}).content.decode()
    assert Checkpoint.objects.get().sequence == 2  # the post, and the mark that this is all
    assert Checkpoint.objects.get().caught_up_at
    assert Edition.objects.get().history != history
    published("Other")
    following.catch_up()
    assert client.get("/posts/other/").status_code == 200
    assert "1 articles. `manage.py follow` goes on from there." in capsys.readouterr().out


@committed
def test_a_snapshot_writes_over_nothing(file):
    assert "is there already" in refused("snapshot", file)


@committed
def test_a_snapshot_that_cannot_be_written_leaves_nothing_behind(file, tmp_path):
    assert "could not be written" in refused("snapshot", tmp_path / "none" / "node")
    assert [path.name for path in tmp_path.glob("*.part")] == []


@committed
def test_a_node_that_has_articles_is_not_written_over(file):
    assert "This node has articles already" in refused("start_from", file)
    assert Article.objects.count() == 1


def changed(file, statement):
    """Change a snapshot as nobody should."""
    with sqlite3.connect(file) as connection:
        connection.execute(statement)
    connection.close()


@committed
@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda file: file.unlink(), "There is no file"),
        (
            lambda file: file.write_bytes(b"no database"),
            "This is no snapshot of a node: file is not a database",
        ),
        (lambda file: file.write_bytes(b""), "This is no snapshot of a node: no such table"),
        (lambda file: file.write_bytes(file.read_bytes()[:40_000]), "malformed"),
        (lambda file: changed(file, "UPDATE reader_checkpoint SET sequence = 0"), "follows no stream"),
        (
            lambda file: changed(file, "DELETE FROM django_migrations WHERE name LIKE '0012%'"),
            "another version of this program",
        ),
    ],
    ids=["none", "foreign", "empty", "cut", "no-node", "other-version"],
)
def test_a_file_that_is_no_whole_snapshot_is_refused(file, client, spoil, reason):
    empty()
    spoil(file)
    assert reason in refused("start_from", file)
    assert not Article.objects.exists()


@committed
def test_a_snapshot_is_taken_while_somebody_writes(file, tmp_path):
    with sqlite3.connect(connections["reader"].settings_dict["NAME"]) as other:
        other.execute("BEGIN IMMEDIATE")
        call_command("snapshot", str(tmp_path / "second"))
        other.rollback()
    other.close()
    assert (tmp_path / "second").stat().st_size > 0
