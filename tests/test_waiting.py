"""Reading one's own writes: a version that is asked for is waited for, and nothing older is given instead."""

from time import monotonic
from types import SimpleNamespace

import pytest
from django.db import DatabaseError

from cms import waiting
from tests.wsgi import ask
from writer import commands
from writer.models import Post

pytestmark = pytest.mark.django_db(databases=["default", "reader"])
PLACES = ["/posts/hello/", "/api/v1/articles/hello/"]


@pytest.fixture
def post_id(published):
    return published("Hello")


@pytest.fixture
def meanwhile(monkeypatch):
    """Let something happen while a request waits; nobody really does."""
    slept = []

    def meanwhile(act=lambda: None):
        def sleep(seconds):
            slept.append(seconds)
            act()

        monkeypatch.setattr(waiting, "time", SimpleNamespace(sleep=sleep, monotonic=monotonic))
        monkeypatch.setattr(waiting, "PATIENCE", 0.2)
        return slept

    return meanwhile


def version():
    return Post.objects.get().version


@pytest.mark.parametrize("path", PLACES)
def test_a_version_that_is_here_is_given_at_once_and_kept_by_nobody(post_id, meanwhile, path):
    slept = meanwhile()
    for number in (1, version()):
        reply = ask(path, f"min_version={number}")
        assert (reply.status, reply.headers["cache-control"]) == (200, "no-store")
    assert "public" in ask(path).headers["cache-control"]
    assert not slept


def test_an_article_is_asked_for_by_its_id_too(post_id, meanwhile):
    meanwhile()
    path = f"/api/v1/articles/{post_id}/"
    assert ask(path, f"min_version={version()}").status == 200
    assert ask(path, f"min_version={version() + 1}").status == 503


@pytest.mark.parametrize("path", PLACES)
def test_a_version_that_comes_is_waited_for(post_id, meanwhile, edit, give, path):
    wanted, times = version() + 1, []

    def publish():
        times.append(None)
        if len(times) == 2:
            edit(post_id, title="Newer")
            give(commands.publish, post_id)

    slept = meanwhile(publish)
    reply = ask(path, f"min_version={wanted}")
    assert (reply.status, len(slept)) == (200, 2)
    assert b"Newer" in reply.body


@pytest.mark.parametrize("path", [*PLACES, "/posts/another/", "/api/v1/articles/another/"])
def test_a_version_that_does_not_come_is_not_made_up_for_by_an_older_one(post_id, meanwhile, path):
    slept = meanwhile()
    reply = ask(path, f"min_version={version() + 1}")
    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    assert reply.headers["cache-control"] == "no-store"
    assert slept
    assert (b"does not have that version" in reply.body) == path.startswith("/api/")


def test_one_request_waits_and_the_others_are_told_to_come_back(post_id, meanwhile):
    slept = meanwhile()
    with waiting.waits:
        assert ask(PLACES[0], f"min_version={version() + 1}").status == 503
        assert ask(PLACES[0], f"min_version={version()}").status == 200
    assert not slept
    assert ask(PLACES[0], f"min_version={version() + 1}").status == 503
    assert not waiting.waits.locked()


@pytest.mark.parametrize(
    "value", ["", "0", "-1", "new", "1.5", "9" * 17, "9007199254740992", "1&min_version=2"]
)
def test_what_is_no_version_is_refused_by_the_api_and_ignored_by_pages(post_id, meanwhile, value):
    slept = meanwhile()
    assert [ask(path, f"min_version={value}").status for path in PLACES] == [200, 400]
    assert not slept


def test_other_addresses_know_no_version(post_id, meanwhile):
    slept = meanwhile()
    assert ask("/", "min_version=9").status == 200
    assert ask("/api/v1/articles/", "min_version=9").status == 400
    assert not slept


def test_the_way_to_a_new_slug_keeps_the_version(post_id, meanwhile, edit, give):
    meanwhile()
    edit(post_id, slug="newer")
    give(commands.publish, post_id)
    for path in PLACES:
        reply = ask(path, f"min_version={version()}")
        assert reply.status == 301
        assert reply.headers["location"].endswith(f"newer/?min_version={version()}")


def test_a_database_that_does_not_answer_is_not_waited_for(post_id, meanwhile, monkeypatch):
    slept = meanwhile()

    def fail(path):
        raise DatabaseError("disk I/O error")

    monkeypatch.setattr(waiting, "present", fail)
    assert ask(PLACES[0], "min_version=9").status == 200
    assert not slept
