"""What tests arrange with. Everything is made through commands, as at the desk."""

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connections

from cms import events
from tests import databases
from tests.asking import ask, refused  # noqa: F401  fixtures
from tests.browser import browser, forbidden, site  # noqa: F401  fixtures
from tests.driving import as_it_was  # noqa: F401  a fixture
from tests.installation import installation  # noqa: F401  fixtures
from tests.streaming import elsewhere, events_url, nats, stream_down  # noqa: F401  fixtures
from writer import commands
from writer.forms import PostForm
from writer.models import Post

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
APART = ("browser", "processes")
LONG = 200  # characters


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, tmp_path_factory):
    """Give this worker databases of its own; SQLite's are files, as one connection to memory hides every race."""
    folder = tmp_path_factory.mktemp("databases")
    with databases.copies(folder) as urls:
        for alias, setting in databases.URLS.items():
            known = connections[alias].settings_dict
            known["NAME"] = databases.name_in(urls[setting]) if urls else folder / Path(known["NAME"]).name
        yield
        connections.close_all()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items):
    """Give both databases to the tests that ask for them, by fixture, and mark those that need none.

    One worker has all that drives a browser, another all that brings processes and load of its own.
    What waits much comes first, so that the cores have something else to do meanwhile; pytest-django would
    have it last, as it uses no database of the tests. What takes long comes before its like.
    """
    for item in items:
        if "both" in getattr(item, "fixturenames", ()) and not item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.django_db(databases=["default", "reader"]))
        if not any(map(item.get_closest_marker, ("django_db", "processes", "postgresql", "browser"))):
            item.add_marker(pytest.mark.pure)
        for group in filter(item.get_closest_marker, APART):
            item.add_marker(pytest.mark.xdist_group(group))
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    yield  # pytest-django sorts them
    items.sort(key=lambda item: not any(map(item.get_closest_marker, APART)))


def pytest_make_parametrize_id(val, argname):
    """Name a test by the beginning of a long value: names go from process to process, and into the environment."""
    if isinstance(val, str | bytes) and len(val) > LONG:
        return f"{argname} of {len(val)}: {val[:20]!a}"
    return None


@pytest.fixture
def both(db):
    """Let the test use both databases, rolled back afterwards."""


@pytest.fixture
def author(both, django_user_model):
    """Somebody who may do everything."""
    return django_user_model.objects.create_superuser("ada", "ada@example.org", "correct horse battery")


@pytest.fixture
def clock():
    """A clock that goes on by a second each time it is read."""
    ticks = itertools.count()
    return lambda: NOON + timedelta(seconds=next(ticks))


@pytest.fixture
def give(author, clock, django_capture_on_commit_callbacks):
    """Give a command as the author, and let what waits for the commit happen."""

    def give(command, *args, **values):
        with django_capture_on_commit_callbacks(using="default", execute=True):
            return command(*args, **{"actor": author, "now": clock(), **values})

    return give


@pytest.fixture
def draft(give):
    """Make a draft; return its id."""

    def draft(title="Hello", body="A *first* text.", tags=(), authors=(), **words):
        tag_ids = tuple(commands.find_or_add_tag(name) for name in tags)
        author_ids = tuple(commands.find_or_add_author(name) for name in authors)
        words = commands.Draft(title=title, body=body, tags=tag_ids, authors=author_ids, **words)
        return give(commands.create_draft, draft=words)

    return draft


@pytest.fixture
def published(draft, give):
    """Make a post that is public; return its id."""

    def published(*args, **words):
        post_id = draft(*args, **words)
        give(commands.publish, post_id)
        return post_id

    return published


@pytest.fixture
def edit(give):
    """Save other words as the draft of a post."""

    def edit(post_id, **words):
        post = Post.objects.get(pk=post_id)
        old = {name: getattr(post, name) for name in Post.FIELDS}
        old |= {"tags": tuple(post.tag_ids()), "authors": tuple(post.author_ids())}
        new = commands.Draft(**{**old, **words})
        give(commands.save_draft, post_id, draft=new, lock_version=post.lock_version)

    return edit


@pytest.fixture
def desk(client, author):
    """Somebody at the desk, who opens the form of a post, changes fields, and presses a button."""
    client.force_login(author)

    class Desk:
        def press(self, button, post_id=None, value="1", **fields):
            path = f"/admin/writer/post/{post_id}/change/" if post_id else "/admin/writer/post/add/"
            form = PostForm(instance=Post.objects.get(pk=post_id) if post_id else None)
            shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
            sent = {name: "" if value is None else value for name, value in {**shown, **fields}.items()}
            return client.post(path, {**sent, button: value}, follow=True).content.decode()

        def get(self, path):
            return client.get(f"/admin/writer/{path}").content.decode()

        def post(self, path, **fields):
            return client.post(f"/admin/writer/{path}", fields, follow=True).content.decode()

    return Desk()


@pytest.fixture
def reader_down():
    """Let every delivery fail, as if the reader's database were down."""

    class Down:
        def __enter__(self):
            self.receivers, events.happened.receivers = events.happened.receivers, []
            events.happened.sender_receivers_cache.clear()
            events.happened.connect(self.fail)

        def __exit__(self, *exc):
            events.happened.receivers = self.receivers
            events.happened.sender_receivers_cache.clear()

        def fail(self, **kwargs):
            raise OSError("the reader's database is down")

    return Down
