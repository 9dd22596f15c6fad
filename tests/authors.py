"""What both machines of the proof share: what authors do, and what holds of readers after every step."""

import re
import sqlite3
import uuid
from contextlib import ExitStack, suppress
from datetime import timedelta
from unittest.mock import patch

from django.conf import settings
from django.db import connections
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from reader.models import Article
from reader.pages import Page
from reader.rendering import article_of, code_version
from tests import crashes
from tests.conftest import NOON
from tests.crashes import SimulatedCrash
from writer import commands, delivery
from writer.models import OutboxEvent, Post, Tag
from writer.refusals import Refused

SECRET = re.compile(r"w\d+w")
SLUGS = st.sampled_from(["", "one", "two", "three"])
MANY = st.integers(0, 3)  # posts, tags: few, so that they meet
unfair = precondition(lambda machine: not machine.fair)


class Authors(RuleBasedStateMachine):
    """The writer's side, its clocks and its accidents, and somebody who watches readers.

    Half of the runs are fair: all goes through commands, and nothing is lost.
    """

    points = crashes.POINTS  # where a process may die

    def __init__(self):
        super().__init__()
        self.fair = True
        self.clock, self.words = NOON, 0
        self.down, self.poisoned = False, set()
        self.public, self.versions, self.gone, self.live = set(), {}, {}, set()
        self.tampered = set()  # rows of the reader at a version that say what no event said
        self.backup = sqlite3.connect(":memory:")
        self.stack = ExitStack()
        self.crash = self.stack.enter_context(crashes.installed(self.points))
        self.stack.enter_context(patch("django.utils.timezone.now", lambda: self.clock))
        for module in ("projector", "comparing"):
            self.stack.enter_context(patch(f"reader.{module}.article_of", self.rendered))

    def rendered(self, event, **known):
        """Render, unless the post is poison."""
        if event.post_id in self.poisoned:
            raise ValueError("this post cannot be rendered")
        return article_of(event, **known)

    def begin_with(self, first, fair):
        """Let the databases be as they were copied, with three public posts."""
        self.fair = fair
        for alias, copy in first.items():
            copy.backup(connection(alias))
        first["default"].backup(self.backup)
        self.clock, self.words = NOON + timedelta(minutes=1), 3
        self.allow(*Post.objects.all())

    def three_posts(self):
        """Publish what every run begins with; return copies of both databases."""
        for alias in ("default", "reader"):  # nobody pulls the plug here
            connections[alias].cursor().execute("PRAGMA synchronous = OFF")
        for slug in ("one", "two", "three"):
            self.create_and_publish(slug, {0, 1})
        return {alias: copied(alias) for alias in ("default", "reader")}

    def do(self, command, *args, **values):
        """Give a command; it may be refused, and it may be the one that crashes."""
        self.clock += timedelta(seconds=1)
        with suppress(Refused, SimulatedCrash):
            return command(*args, **{"actor": None, "now": self.clock, **values})

    def post(self, number):
        """Return a post, None if there is none."""
        posts = list(Post.objects.order_by("created_at", "pk"))
        return posts[number % len(posts)] if posts else None

    def draft(self, slug="", tags=()):
        """Return words that were never used before."""
        self.words += 1
        return commands.Draft(
            title=f"Post w{self.words}w",
            body=f"Text w{self.words}w.\n\n## Heading\n\n- a\n- b",
            slug=slug,
            tags=tuple(commands.find_or_add_tag(f"tag {number}") for number in tags),
            authors=(commands.find_or_add_author("Ada"),),
            **self.around(*tags),
        )

    def around(self, *tags):
        """Return what surrounds the words: of each kind of it something, now and then."""
        number = self.words + sum(tags)
        return {
            "pinned": number % 3 == 0,
            "unlisted": number % 5 == 0,
            "description": f"About w{self.words}w" * (number % 2),
            "translation_key": "key" * (number % 4 == 1),
            "series_id": commands.find_or_add_series("Serial") if number % 4 == 0 else None,
        }

    def new_id(self):
        """Return an id that is the same when the steps are, and in no order."""
        return uuid.uuid5(uuid.NAMESPACE_OID, str(self.words))

    def allow(self, *posts):
        """Note that the drafts of these posts may become public."""
        for post in posts:
            self.public.update(SECRET.findall(f"{post.title}{post.body}{post.slug}"))

    def save(self, post, slug, tags):
        """Save new words as the draft."""
        draft = self.draft(slug or post.slug, tags)
        self.do(commands.save_draft, post.pk, draft=draft, lock_version=post.lock_version)

    def save_and_publish(self, post, slug, tags):
        """Save new words, and publish them."""
        self.save(post, slug, tags)
        post.refresh_from_db()
        self.allow(post)
        self.do(commands.publish, post.pk)

    # --- commands

    @rule(slug=SLUGS, tags=st.sets(MANY, max_size=2))
    def create(self, slug, tags):
        self.do(commands.create_draft, draft=self.draft(slug, tags), post_id=self.new_id())

    @rule(number=MANY, slug=SLUGS, tags=st.sets(MANY, max_size=2))
    def edit(self, number, slug, tags):
        if post := self.post(number):
            self.save(post, slug, tags)

    @rule(number=MANY)
    def publish(self, number):
        if post := self.post(number):
            self.allow(post)
            self.do(commands.publish, post.pk)

    @rule(number=MANY, slug=SLUGS, tags=st.sets(MANY, max_size=2))
    def edit_and_publish(self, number, slug, tags):
        if post := self.post(number):
            self.save_and_publish(post, slug, tags)

    @rule(slug=SLUGS, tags=st.sets(MANY, max_size=2))
    def create_and_publish(self, slug, tags):
        draft = self.draft(slug, tags)
        if post_id := self.do(commands.create_draft, draft=draft, post_id=self.new_id()):
            self.allow(Post.objects.get(pk=post_id))
            self.do(commands.publish, post_id)

    @rule(number=MANY, command=st.sampled_from(["unpublish", "trash", "restore", "purge", "discard_changes"]))
    def withdraw_or_the_like(self, number, command):
        if post := self.post(number):
            self.do(getattr(commands, command), post.pk)

    @rule(number=MANY, revision=st.integers(1, 3))
    def revert(self, number, revision):
        if post := self.post(number):
            self.do(commands.revert_to, post.pk, number=revision)

    @rule(number=MANY, hours=st.integers(1, 30), command=st.sampled_from(["publish", "unpublish"]))
    def schedule(self, number, hours, command):
        at = self.clock + timedelta(hours=hours)
        if (post := self.post(number)) and command == "publish":
            self.do(commands.schedule, post.pk, publish_at=at, zone="UTC")
        elif post:
            self.do(commands.schedule_unpublish, post.pk, unpublish_at=at, zone="UTC")

    @rule(hours=st.integers(-5, 40))
    def pass_time(self, hours):
        """Clocks may also go back."""
        self.clock += timedelta(hours=hours)

    @rule()
    def publish_due(self):
        self.allow(*Post.objects.filter(publish_at__lte=self.clock))
        with suppress(SimulatedCrash):
            commands.publish_due(now=self.clock)

    @rule(number=MANY, other=MANY)
    def swap_slugs(self, number, other):
        one, two = self.post(number), self.post(other)
        if one and two and one != two:
            for post, slug in ((one, "aside"), (two, one.slug), (one, two.slug)):
                post.refresh_from_db()
                self.do(commands.save_draft, post.pk, draft=self.draft(slug), lock_version=post.lock_version)
                post.refresh_from_db()
                self.allow(post)
                self.do(commands.publish, post.pk)

    @rule(number=MANY, name=st.sampled_from(["tag 0", "tag 1", "Named anew", "Once more"]))
    def rename_tag(self, number, name):
        if tag := Tag.objects.order_by("pk")[number : number + 1].first():
            self.do(commands.rename_tag, tag.pk, name=name)

    @rule(number=MANY, into=MANY)
    def merge_tags(self, number, into):
        tags = list(Tag.objects.order_by("pk"))
        if tags:
            self.do(commands.merge_tags, tags[number % len(tags)].pk, into=tags[into % len(tags)].pk)

    @rule(number=MANY, path=st.sampled_from(["/old/", "/older/", "/posts/one/"]))
    def add_alias(self, number, path):
        if post := self.post(number):
            self.do(commands.add_aliases, post.pk, paths=[path])

    # --- deliveries

    @rule()
    def relay(self):
        with suppress(SimulatedCrash):
            delivery.relay(now=self.clock, patient=False)

    @rule(number=st.integers(0, 50))
    def deliver_again(self, number):
        """An old event arrives late, or once more."""
        rows = OutboxEvent.objects.order_by("pk")
        with suppress(SimulatedCrash):
            delivery.attempt(rows[number % len(rows)])

    @rule()
    def deliver_everything_again_backwards(self):
        with suppress(SimulatedCrash):
            for row in OutboxEvent.objects.order_by("-pk"):
                delivery.attempt(row)

    @unfair
    @rule()
    def drop_what_is_pending(self):
        OutboxEvent.objects.pending().update(delivered_at=self.clock)

    @rule(number=MANY)
    def poison(self, number):
        if post := self.post(number):
            self.poisoned ^= {post.pk}

    @unfair
    @rule(number=MANY, revision=st.integers(0, 3))
    def live_by_update(self, number, revision):
        if post := self.post(number):
            chosen = post.revisions.filter(number=revision).first()
            Post.objects.filter(pk=post.pk).update(live=chosen, changed=False)

    @unfair
    @rule(number=MANY)
    def version_by_update(self, number):
        if post := self.post(number):
            Post.objects.filter(pk=post.pk).update(version=max(0, post.version - 5_000_000_000))

    @rule()
    def back_up(self):
        connections["default"].connection.backup(self.backup)

    @unfair
    @rule()
    def restore(self):
        """The writer is what it was; its clock goes on."""
        self.backup.backup(connections["default"].connection)

    @unfair  # articles follow by reconciliation alone
    @rule()
    def describe_the_site(self):
        self.words += 1
        words = {"tagline": "Of the sea.", "logo": "", "navigation": [("Home", "/")], "social": []}
        rest = {**words, "per_page": 5, "footer": f"Made {self.words} times."}
        self.do(commands.describe_site, name=f"Site {self.words}", **rest)

    def call_the_site(self, name):
        """Give the site a name, which is part of what pages are made from."""
        settings.SITE_NAME = name
        code_version.cache_clear()

    # --- what readers see

    def forget(self):
        """After damage, begin to watch anew."""
        self.versions = dict(Article.objects.values_list("pk", "version"))
        self.live = set(Article.objects.filter(gone_at=None).values_list("pk", flat=True))
        self.gone = {}

    def watch_readers(self):
        """Hold what readers see against what they saw; return the posts that they can read."""
        articles = {
            row.pk: row for row in Article.objects.only("version", "gone_at", "title", "html", "text")
        }
        for pk, article in articles.items():
            assert article.version >= self.versions.get(pk, 0), "a version fell"
            assert article.gone_at or article.version > self.gone.get(pk, -1), "a tombstone came back"
        self.versions |= {pk: article.version for pk, article in articles.items()}
        self.gone = {
            pk: version
            for pk, version in self.versions.items()
            if (pk not in articles or articles[pk].gone_at) and (pk, version) not in self.tampered
        }
        self.no_draft_is_shown(articles.values())
        return {pk for pk, article in articles.items() if not article.gone_at}

    def no_draft_is_shown(self, articles):
        """Look for words that were never public."""
        for title, body, slug in Post.objects.live().values_list("live__title", "live__body", "live__slug"):
            self.public.update(SECRET.findall(f"{title}{body}{slug}"))
        shown = [f"{article.title}{article.html}{article.text}" for article in articles]
        shown += [page.identity.decode() for page in Page.objects.filter(status=200).only("body")]
        assert set(SECRET.findall("".join(shown))) <= self.public, "a draft is shown"

    def teardown(self):
        try:
            self.settle()
        finally:
            self.stack.close()
            self.backup.close()

    def separate(self):
        """Unpublish all but one of the posts at one address, by an update: there a person must choose."""
        for post in Post.objects.live().select_related("live"):
            if Post.objects.live().filter(live__slug=post.live.slug).exclude(pk=post.pk).exists():
                self.do(commands.unpublish, post.pk)


def connection(alias):
    """Return the connection itself to a database."""
    connections[alias].ensure_connection()
    return connections[alias].connection


def copied(alias):
    """Return a copy of a database."""
    copy = sqlite3.connect(":memory:")
    connection(alias).backup(copy)
    return copy


def sql(statement, article):
    """Do to the reader's database what no code does."""
    with connections["reader"].cursor() as cursor:
        cursor.execute(statement, [article.pk.hex])
