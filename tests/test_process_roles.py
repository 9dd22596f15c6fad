"""Processes of one role: a reader has nothing of the writer, a writer needs nothing of the reader."""

import json

import pytest

from cms.cores import FEW
from tests.crawling import OWN
from tests.databases import on_postgresql
from tests.installation import PATIENCE, get

pytestmark = pytest.mark.processes

PUBLISH = """
series = commands.find_or_add_series("A series")
tags, authors = (commands.find_or_add_tag("one"),), (commands.find_or_add_author("Ada"),)
for number, title in enumerate(("Hello", "Other"), 1):
    draft = Draft(title=title, body="[More](/posts/other/).", tags=tags, authors=authors, series_id=series, part=number)
    post_id = commands.create_draft(draft=draft, actor=None, now=now)
    commands.publish(post_id, actor=None, now=now)
commands.add_aliases(post_id, paths=["/posts/old/"], actor=None, now=now)
gone = commands.create_draft(draft=Draft(title="Gone", body="Gone."), actor=None, now=now)
commands.publish(gone, actor=None, now=now)
commands.unpublish(gone, actor=None, now=now)
say([each.last_error for each in OutboxEvent.objects.pending()])
"""
DRAFT = """
post_id = commands.create_draft(draft=Draft(title="Seen before", body="A *first* text."), actor=None, now=now)
site = dict(name="A name", tagline="Says it.", logo="", navigation=[], social=[], per_page=10, footer="*Below*")
commands.describe_site(**site, actor=None, now=now)
say(str(post_id))
"""
PREVIEW = """
import hashlib, uuid
from cms.preview import page
from writer import drafted
event = drafted.kept(Post.objects.get(pk=uuid.UUID("{}")), now=datetime(2026, 3, 1, tzinfo=UTC))
say(page(event).decode())
"""
NEVER_IN_A_READER = (
    "writer",
    "django_q",
    "axes",
    "PIL",
    "diff_match_patch",
    "cms.settings_writer",
    "cms.reconcile",
)
LOADED = """
import django
django.setup()
from django.core.management import find_commands, load_command_class
from cms import management
from cms.roles import WRITERS
for name in find_commands(management.__path__[0]):
    name in WRITERS or load_command_class("cms", name)
"""
GRAB = """
import django
django.setup()
from django.db import connections
print(list(connections), connections["default"].vendor)
connections["default"].cursor()
"""


def crawled(site):
    """Return what a site answers everywhere, and which modules it loaded for that."""
    process = site.start("-m", "tests.crawling")
    printed, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, complaints
    return json.loads(printed)


def refused(site, *command):
    """Return how a command ended that makes no sense here, and what it said."""
    process = site.start("manage.py", *command)
    _printed, complaints = process.communicate(timeout=PATIENCE)
    return process.returncode, complaints


@pytest.fixture
def reader(installation):
    return installation.in_role("reader", without="DATABASE_URL")


@pytest.fixture
def writer(installation):
    return installation.in_role("writer", without="READER_DATABASE_URL")


def test_a_reader_answers_as_the_whole_site_does_and_has_nothing_of_the_writer(installation, reader):
    assert installation.python(PUBLISH) == []
    whole, read = crawled(installation), crawled(reader)
    differing = {f"{path}?" for path in (*OWN, "/admin")}
    assert whole["answers"].keys() - read["answers"].keys() == {"/admin?"}
    assert len(read["answers"]) > 60
    for name in read["answers"].keys() - differing:
        assert read["answers"][name] == whole["answers"][name], name
    assert read["answers"]["/posts/hello/?"][0] == read["answers"]["/search/?q=hello"][0] == 200
    files = {path.rpartition("/")[2] for path in read["files"]}
    assert "reader.sqlite3" in files or on_postgresql()
    assert not [name for name in files if "writer" in name]
    assert not [name for name in read["modules"] if name.split(".")[0] in NEVER_IN_A_READER]
    assert not {*NEVER_IN_A_READER, "django.contrib.auth.models", "django.contrib.sessions.models"} & {
        *read["modules"]
    }


def test_a_reader_is_ready_by_itself_and_has_no_desk(installation, reader):
    installation.python(PUBLISH)
    with reader.served("cms.wsgi:application") as (address, _kill):
        status, _headers, text = get(f"{address}/readyz")
        assert (status, json.loads(text)) == (200, {"ready": True, "reasons": []})
        assert get(f"{address}/posts/hello/")[0] == 200
        for path in ("/admin/", "/admin/login/", "/admin", "/preview/x/", "/nope/"):
            assert get(f"{address}{path}")[0] == 404, path
        text = get(f"{address}/metrics")[2]
        assert 'imprint_up{database="reader"} 1.0' in text
        assert "default" not in text
        assert "outbox" not in text


def test_a_writer_without_a_readers_database_has_a_desk_and_keeps_what_it_publishes(writer):
    errors = writer.python(PUBLISH)
    assert len(errors) == 5
    with writer.served("cms.wsgi:application") as (address, _kill):
        assert get(f"{address}/admin/login/")[0] == get(f"{address}/")[0] == 200  # / leads there
        for path in ("/posts/hello/", "/search/", "/api/v1/articles/", "/feed.xml", "/preview/x/", "/nope/"):
            assert get(f"{address}{path}")[0] == 404, path
        status, _headers, text = get(f"{address}/readyz")
        assert (status, "worker" in text, "reader" in text) == (503, True, False)
        text = get(f"{address}/metrics")[2]
        assert 'imprint_up{database="default"} 1.0' in text
        assert 'imprint_outbox_pending{state="failing"} 5.0' in text
        assert 'database="reader"' not in text


def test_a_writer_without_a_readers_database_previews_what_readers_will_get(installation, writer):
    post_id = installation.python(DRAFT)
    preview = "from datetime import UTC, datetime" + PREVIEW.format(post_id)
    shown = writer.python(preview)
    assert shown == installation.python(preview)
    assert "Says it." in shown
    assert "<em>Below</em>" in shown


def test_a_command_for_another_role_says_so(reader, writer):
    code, said = refused(reader, "publish_due")
    assert (code, said) == (
        2,
        "publish_due is for the writer, and this is a reader (CMS_ROLE). Run it where the writer runs.\n",
    )
    assert refused(writer, "parity") == (
        2,
        "parity asks for pages, which a writer (CMS_ROLE) does not serve.\n",
    )
    code, said = refused(writer, "reconcile")
    assert (code, "no reader's database here" in said) == (5, True)


def test_every_other_command_can_be_loaded_by_a_reader(reader):
    process = reader.start("-c", LOADED)
    _printed, complaints = process.communicate(timeout=PATIENCE)
    assert (process.returncode, complaints) == (0, "")


def test_a_reader_has_no_way_to_the_writers_database(reader):
    process = reader.start("-c", GRAB)
    printed, complaints = process.communicate(timeout=PATIENCE)
    assert (process.returncode, printed) == (1, "['default', 'reader'] unknown\n")
    assert "ImproperlyConfigured" in complaints


# --- a node


PUBLISH_MANY = """
for number in range({}):
    draft = Draft(title=f"Post {{number}}", body="Some words.")
    commands.publish(commands.create_draft(draft=draft, actor=None, now=now), actor=None, now=now)
say(OutboxEvent.objects.pending().count())
"""
FILL = """
import django
django.setup()
from cms import following
from reader.checkpoint import Checkpoint
from reader.models import Article
following.FAR = 0
following.catch_up()
print(Article.objects.count(), Checkpoint.objects.get().sequence)
"""


def test_several_processes_fill_a_node(nats, writer, reader):
    for role in (writer, reader):
        role.environment |= {"EVENTS_URL": nats.url, "EVENTS_STREAM": "many", "PROCESSES": "2"}
    many = FEW + 20
    assert writer.python(PUBLISH_MANY.format(many)) == 0
    process = reader.fork("-c", FILL)
    printed, complaints = process.communicate(timeout=PATIENCE)
    assert (process.returncode, printed) == (0, f"{many} {many}\n"), complaints
