"""One set: whatever is published, edited, renamed and withdrawn, every public surface shows the same posts."""

import logging
import os
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from cms import parity
from cms.surfaces import SURFACES
from reader import discovery, keeping, queries
from reader.models import Article
from reader.names import Byline, Part, Tagging
from reader.pages import Page
from tests.conftest import NOON
from writer import commands
from writer.models import Author, Post, Series, Tag
from writer.refusals import Refused

EXAMPLES = int(os.environ.get("PARITY", "4"))
NAMES = ("Salt", "Sea", "C++", "Größe")


def differing():
    """Return what the surfaces that differ say."""
    return [str(finding) for finding in parity.parity() if not finding.agrees]


@pytest.fixture
def blog(published):
    """Three posts that stand in every list, and one that stands in none."""
    sea = commands.find_or_add_series("The sea")
    for title in ("One", "Two", "Three"):
        published(title, tags=["Salt"], authors=["Ada"], series_id=sea)
    published("Hidden", unlisted=True, tags=["Salt"], authors=["Ada"], series_id=sea)


def test_a_site_that_is_right_agrees_with_itself(blog, capsys):
    call_command("parity")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:-1]] == [[name, "3", "of", "3"] for name in SURFACES]
    assert lines[-1] == "parity: all 11 surfaces agree."


def test_an_empty_site_agrees_with_itself(both):
    assert differing() == []


DAMAGE = {
    "tags": lambda post: Tagging.objects.filter(article=post).delete(),
    "authors": lambda post: Byline.objects.filter(article=post).delete(),
    "series": lambda post: Part.objects.filter(article=post).delete(),
    "archive": lambda post: Article.objects.filter(pk=post.pk).update(month=None),
    "search": lambda post: post.terms.delete(),
    "home": lambda post: forge("/", "<main><a href='/posts/one/'>One</a><a href='/posts/three/'></a></main>"),
    "sitemap": lambda post: forge("/sitemap-1.xml", "<urlset/>"),
    "feed.json": lambda post: forge("/feed.json", '{"items": []}'),
}


def forge(path, body):
    """Let another page be kept at a path."""
    keeping.keep(keeping.of_edition(queries.edition(), path, body))


@pytest.mark.parametrize("surface", DAMAGE)
def test_a_surface_that_shows_other_posts_is_named_with_them(blog, surface, capsys):
    DAMAGE[surface](Article.objects.get(slug="two"))
    with pytest.raises(SystemExit) as ended:
        call_command("parity")
    said = capsys.readouterr().out
    assert ended.value.code == 4
    assert said.endswith(f"parity: of 11 surfaces these differ: {surface}.\n"), said
    assert "/posts/two/" in said or surface == "feed.json"


def test_what_is_shown_and_should_not_be_is_named_too(blog, capsys):
    forge(
        "/", "<main><a href='/posts/one/'></a><a href='/posts/one/'></a><a href='/posts/hidden/'></a></main>"
    )
    with pytest.raises(SystemExit):
        call_command("parity", only=["home"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(maxsplit=1) == ["home", "1 of 3, 2 missing, 1 strange, 1 twice"]
    assert {"  strange /posts/hidden/", "  twice   /posts/one/", "  missing /posts/two/"} < set(lines)


def test_a_surface_that_cannot_be_read_is_named(blog, monkeypatch, capsys):
    Page.objects.all().delete()
    forge("/archive/", "<main><a href='/archive/1999/01/'>January</a></main>")
    with pytest.raises(SystemExit) as ended:
        call_command("parity", only=["archive"])
    assert ended.value.code == 4
    assert "/archive/1999/01/ answers 404." in capsys.readouterr().out


def test_posts_that_are_published_meanwhile_are_no_difference(blog, published, capsys):
    ask = parity.asking()

    def busy(path):
        published("Another")
        return ask(path)

    (finding,) = parity.parity(["sitemap"], busy)
    assert finding.restless
    assert "look again" in str(finding)


class TestAnySequence(TestCase):
    """Hypothesis gives each example a transaction of its own."""

    databases = frozenset({"default", "reader"})

    @profile(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],  # an example names all that was done: to make it smaller would take long
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def test_parity_holds_at_every_step(self, data):
        site = Blog(self, data)
        for _step in range(data.draw(st.integers(3, 6))):
            site.step()
            assert differing() == [], site.done


class Blog:
    """A blog of which a step changes something, by one command."""

    def __init__(self, case, data):
        self.case, self.data, self.done = case, data, []
        self.user = get_user_model().objects.create_superuser("ada", "ada@example.org", "x")
        self.give(commands.describe_site, **{**SITE, "per_page": 2})
        for number in range(3):
            self.publish_new(f"First {number}")

    def give(self, command, *args, **values):
        """Give a command, whatever it answers, and let what waits for the commit happen."""
        now = NOON + timedelta(days=9 * len(self.done))
        self.done.append((command.__name__, args, values))
        try:
            with self.case.captureOnCommitCallbacks(using="default", execute=True):
                return command(*args, **{"actor": self.user, "now": now, **values})
        except Refused:
            return None

    def step(self):
        """Do something."""
        kinds = ["publish_new", "edit", "withdraw", "rename", "merge", "delete", "trash", "return_"]
        getattr(self, self.data.draw(st.sampled_from(kinds)))()

    def some(self, names):
        return tuple(self.data.draw(st.lists(st.sampled_from(names), unique=True, max_size=3)))

    def words(self):
        series = self.data.draw(st.sampled_from((None, *NAMES)))
        return {
            "tags": tuple(commands.find_or_add_tag(name) for name in self.some(NAMES)),
            "authors": tuple(commands.find_or_add_author(name) for name in self.some(NAMES)),
            "series_id": series and commands.find_or_add_series(series),
            "pinned": self.data.draw(st.booleans()),
            "unlisted": self.data.draw(st.integers(0, 4)) == 0,
        }

    def publish_new(self, title=None):
        title = title or self.data.draw(
            st.sampled_from(("Salt & sea", "题名", "C++ -minus", "The same", "¿?"))
        )
        post_id = self.give(
            commands.create_draft, draft=commands.Draft(title=title, body="Text.", **self.words())
        )
        self.give(commands.publish, post_id)

    def edit(self):
        if post := self.one(Post.objects.filter(trashed_at=None)):
            slug = self.data.draw(st.sampled_from((post.slug, f"moved-{len(self.done)}")))
            draft = commands.Draft(title=post.title, body=f"{len(self.done)}", slug=slug, **self.words())
            self.give(commands.save_draft, post.pk, draft=draft, lock_version=post.lock_version)
            self.give(commands.publish, post.pk)

    def withdraw(self):
        if post := self.one(Post.objects.live()):
            self.give(commands.unpublish, post.pk)

    def trash(self):
        if post := self.one(Post.objects.filter(trashed_at=None)):
            self.give(commands.trash, post.pk)

    def return_(self):
        if post := self.one(Post.objects.filter(live=None)):
            self.give(commands.restore, post.pk)
            self.give(commands.publish, post.pk)

    def rename(self):
        model, command = self.data.draw(
            st.sampled_from(
                [
                    (Tag, commands.rename_tag),
                    (Author, commands.rename_author),
                    (Series, commands.rename_series),
                ]
            )
        )
        if one := self.one(model.objects.all()):
            self.give(command, one.pk, name=f"Renamed {len(self.done)}")

    def merge(self):
        first, second = self.one(Tag.objects.all()), self.one(Tag.objects.all())
        if first and second:
            self.give(commands.merge_tags, first.pk, into=second.pk)

    def delete(self):
        model, command = self.data.draw(
            st.sampled_from([(Tag, commands.delete_tag), (Series, commands.delete_series)])
        )
        if one := self.one(model.objects.all()):
            self.give(command, one.pk)

    def one(self, rows):
        """Choose a row, None if there is none."""
        found = list(rows.order_by("pk"))
        return found[self.data.draw(st.integers(0, 9)) % len(found)] if found else None


SITE = {"name": "Blog", "tagline": "", "logo": "", "navigation": [], "social": [], "footer": ""}


@pytest.fixture(autouse=True)
def small(monkeypatch, settings):
    """Let there be several sitemaps, and no log of it all."""
    settings.ALLOWED_HOSTS = ["localhost"]  # that of SITE_URL
    monkeypatch.setattr(discovery, "CHUNK", 2)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)
