"""The sync as a machine: whatever is done to either side, in any order, readers end with what writers say.

Hypothesis draws the steps: commands, also in the midst of a reconciliation, clocks, lost, repeated
and late deliveries, crashes, edits around the commands, a restored writer, a wiped reader, a changed
renderer, posts that cannot be rendered. Some things hold after every step; at the end, all does.
Half of the runs are fair: all goes through commands. Then the relay alone must do, and whoever
finds drift has raised a false alarm.
"""

import re
import sqlite3
import uuid
from contextlib import ExitStack, suppress
from datetime import timedelta
from unittest.mock import patch

from django.conf import settings
from django.db import DatabaseError, connections
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cms.reconcile import check, reconcile
from cms.report import ExitCode, Kind
from reader import projector, search
from reader import queries as reader
from reader.editions import Change, Edition
from reader.models import Article, Site
from reader.names import Part, Tagging
from reader.pages import Page
from reader.rendering import article_of, code_version
from tests import crashes, oracle
from tests.conftest import NOON
from tests.crashes import SimulatedCrash
from writer import commands, delivery
from writer import queries as writer
from writer.models import OutboxEvent, Post, Revision, Tag
from writer.refusals import Refused

SECRET = re.compile(r"w\d+w")
SLUGS = st.sampled_from(["", "one", "two", "three"])
MANY = st.integers(0, 3)  # posts, tags: few, so that they meet
FIRST = {}  # alias → the database at the beginning of every run
READS = [
    (reader, "entry"),
    (writer, "pending_posts"),
    (writer, "entry"),
    (writer, "public_event"),
]
INDEX_DAMAGE = {
    "a text that no article has": "INSERT INTO reader_found (rowid, title) VALUES (1, 'forged')",
    "an article that is missing": (
        "INSERT INTO reader_found (reader_found, rowid, title, names, summary, body, keys) "
        "SELECT 'delete', id, title, names, summary, body, keys FROM reader_terms"
    ),
    "nothing": "INSERT INTO reader_found (reader_found) VALUES ('delete-all')",
    "damaged data": "UPDATE reader_found_data SET block = x'00' WHERE id > 10",
}
unfair = precondition(lambda machine: not machine.fair)


class Machine(RuleBasedStateMachine):
    """Both sides, and everything that may happen to them."""

    def __init__(self):
        super().__init__()
        self.clock, self.words = NOON, 0
        self.down, self.poisoned, self.unsaved = False, set(), None
        self.public, self.versions, self.gone, self.live = set(), {}, {}, set()
        self.tampered = set()  # rows of the reader at a version that say what no event said
        self.meanwhile, self.restless, self.unsettled = set(), None, set()
        self.backup = sqlite3.connect(":memory:")
        self.stack = ExitStack()
        self.crash = self.stack.enter_context(crashes.installed())
        self.stack.enter_context(patch("django.utils.timezone.now", lambda: self.clock))
        self.stack.enter_context(patch("reader.receivers.project", self.project(projector.project)))
        self.stack.enter_context(patch("reader.projector.article_of", self.rendered))
        for module, name in READS:
            self.stack.enter_context(patch.object(module, name, self.interrupted(getattr(module, name))))
        for module in (reader, writer):
            real = module.inventory
            self.stack.enter_context(patch.object(module, "inventory", self.interrupted_batches(real)))

    def project(self, real):
        """Project, unless the reader's database is down."""

        def project(event):
            if self.down:
                raise OSError("the reader's database is down")
            real(event)

        return project

    def rendered(self, event):
        """Render, unless the post is poison."""
        if event.post_id in self.poisoned:
            raise ValueError("this post cannot be rendered")
        return article_of(event)

    def interrupted(self, read):
        """Read, but let something happen to what is asked for just before."""

        def interrupted(asked):
            self.interrupt(asked)
            return read(asked)

        return interrupted

    def interrupted_batches(self, inventory):
        """Read batch by batch, and let something happen before each."""

        def interrupted(**bounds):
            self.interrupt(None)
            for batch in inventory(**bounds):
                yield batch
                self.interrupt(None)

        return interrupted

    def interrupt(self, asked):
        """Publish the restless post or take it back, if it is before this reading that it changes."""
        if self.restless is None or asked not in (None, self.restless):
            return
        now, self.meanwhile = 0 in self.meanwhile, {reads - 1 for reads in self.meanwhile}
        post = Post.objects.filter(pk=self.restless).first() if now else None
        if post and post.live_id:
            self.do(commands.unpublish, post.pk)
        elif post:
            self.save_and_publish(post, "", set())
            self.unsettled = {post.pk}

    @initialize(fair=st.booleans())
    def three_public_posts(self, fair):
        self.fair = fair
        self.call_the_site("Imprint")
        if not FIRST:
            self.make_first()
        for alias, copy in FIRST.items():
            copy.backup(connections[alias].connection)
        FIRST["default"].backup(self.backup)
        self.clock, self.words = NOON + timedelta(minutes=1), 3
        self.allow(*Post.objects.all())

    def make_first(self):
        """Make both databases as they are at the beginning of every run, and keep a copy of each."""
        for alias in ("default", "reader"):  # nobody pulls the plug here
            connections[alias].cursor().execute("PRAGMA synchronous = OFF")
        for slug in ("one", "two", "three"):
            self.create_and_publish(slug, {0, 1})
        for alias in ("default", "reader"):
            FIRST[alias] = sqlite3.connect(":memory:")
            connections[alias].connection.backup(FIRST[alias])

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

    @rule(down=st.booleans())
    def lose_or_find_the_reader(self, down):
        self.down = down

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

    @rule(point=st.sampled_from(crashes.POINTS), number=MANY, slug=SLUGS)
    def crash_soon(self, point, number, slug):
        self.crash.at = point
        self.edit_and_publish(number, slug, {0})

    @unfair
    @rule(point=st.sampled_from(crashes.POINTS), number=MANY)
    def crash_in_a_repair(self, point, number):
        self.live_by_update(number, 1)
        self.crash.at = point
        self.repair(False, True, True, False, None, 0, set())

    # --- what is done around the commands

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

    @unfair
    @rule(number=MANY)
    def text_by_sql(self, number):
        if (post := self.post(number)) and post.live_id:
            self.words += 1
            Revision.objects.filter(pk=post.live_id).update(body=f"Edited in place w{self.words}w.")

    @unfair
    @rule(
        damage=st.sampled_from(
            [
                lambda article: article.delete(),
                lambda article: Page.objects.filter(post_id=article.pk).delete(),
                lambda article: Page.objects.filter(post_id=article.pk).update(status=410),
                lambda article: Article.objects.filter(pk=article.pk).update(html="<p>Hacked</p>"),
                lambda article: Article.objects.filter(pk=article.pk).update(gone_at=NOON),
                lambda article: Article.objects.filter(pk=article.pk).update(gone_at=None),
                lambda article: Article.objects.filter(pk=article.pk).update(digest="0" * 64),
                lambda article: Tagging.objects.filter(article=article).delete(),
                lambda article: sql("UPDATE reader_page SET etag = 'forged' WHERE post_id = %s", article),
                lambda article: sql(
                    "UPDATE reader_page SET version = version + 1 WHERE post_id = %s", article
                ),
                lambda article: sql("UPDATE reader_article SET title = 'Forged' WHERE post_id = %s", article),
                lambda article: sql(
                    "UPDATE reader_tagging SET name = 'Forged' WHERE article_id = %s", article
                ),
                lambda article: sql(
                    "UPDATE reader_terms SET title = 'forged' WHERE article_id = %s", article
                ),
                lambda article: sql("DELETE FROM reader_terms WHERE article_id = %s", article),
                lambda article: sql(
                    "UPDATE reader_byline SET slug = 'forged' WHERE article_id = %s", article
                ),
                lambda article: Part.objects.filter(article=article).delete(),
                lambda article: Change.objects.filter(pk=article.pk).delete(),
            ]
        ),
        number=MANY,
    )
    def damage_the_reader(self, damage, number):
        if article := Article.objects.order_by("version")[number : number + 1].first():
            with suppress(DatabaseError):  # a malformed index may not let go of it
                damage(article)
            self.tampered.add((article.pk, article.version))
            self.forget()

    @unfair
    @rule(statement=st.sampled_from(list(INDEX_DAMAGE.values())))
    def damage_the_index(self, statement):
        with suppress(DatabaseError), connections["reader"].cursor() as cursor:
            cursor.execute(statement)

    @unfair
    @rule()
    def wipe_the_reader(self):
        search.rebuild()
        for model in (Page, Change, Article, Edition, Site):
            model.objects.all().delete()
        self.forget()

    @rule()
    def back_up(self):
        connections["default"].connection.backup(self.backup)

    @unfair
    @rule()
    def restore(self):
        """The writer is what it was; its clock goes on."""
        self.backup.backup(connections["default"].connection)

    @unfair
    @rule()
    def change_the_renderer(self):
        self.words += 1
        self.call_the_site(f"Imprint {self.words}")

    @unfair  # articles follow by reconciliation alone
    @rule()
    def describe_the_site(self):
        self.words += 1
        words = {"tagline": "Of the sea.", "logo": "", "navigation": [("Home", "/")], "social": []}
        rest = {**words, "per_page": 5, "footer": f"Made {self.words} times."}
        self.do(commands.describe_site, name=f"Site {self.words}", **rest)

    @unfair
    @rule(
        change=st.sampled_from(
            [{"digest": "0" * 64}, {"name": "Hacked"}, {"version": 1}, {"version": 2**52}, None]
        )
    )
    def damage_the_site(self, change):
        """The row of the site in the reader is edited or lost."""
        if change is None:
            Site.objects.all().delete()
        else:
            Site.objects.update(**change)

    def call_the_site(self, name):
        """Give the site a name, which is part of what pages are made from."""
        settings.SITE_NAME = name
        code_version.cache_clear()

    # --- reconciliation, in any form

    @rule(deep=st.booleans())
    def look(self, deep):
        before = (
            connections["default"].connection.total_changes,
            connections["reader"].connection.total_changes,
        )
        with suppress(SimulatedCrash):
            self.judge(check(deep=deep))
        after = (
            connections["default"].connection.total_changes,
            connections["reader"].connection.total_changes,
        )
        assert after == before

    @rule(
        deep=st.booleans(),
        force=st.booleans(),
        trust=st.booleans(),
        rerender=st.booleans(),
        only=st.none() | st.sampled_from(Kind),
        restless=MANY,  # the post that changes meanwhile
        meanwhile=st.sets(st.integers(0, 14), max_size=4),  # before which of its readings
    )
    def repair(self, deep, force, trust, rerender, only, restless, meanwhile):
        post = self.post(restless)
        self.meanwhile, self.restless = meanwhile, post and post.pk
        chosen = {"only": [only] if only else [], "rerender": rerender and not self.fair}
        with suppress(SimulatedCrash):
            self.judge(reconcile(deep=deep, force=force, trust_writer=trust, **chosen))
        self.restless = None

    @unfair
    @rule(number=MANY, before=st.integers(8, 13))  # the readings of the repair itself
    def repair_an_orphan(self, number, before):
        self.live_by_update(number, 0)
        self.repair(False, True, True, False, None, number, {before})

    def judge(self, report):
        """A fair run has no drift. A post that has become poison is no longer what it was: deep sees that."""
        note(str(report))
        if self.fair and not self.poisoned:
            assert not report.found, report.findings

    def forget(self):
        """After damage, begin to watch anew."""
        self.versions = dict(Article.objects.values_list("pk", "version"))
        self.live = set(Article.objects.filter(gone_at=None).values_list("pk", flat=True))
        self.gone = {}

    # --- what holds after every step

    @invariant()
    def readers_are_safe(self):
        """Hold what readers see against what they saw, and what the writer ever made public."""
        wanted = self.wanted()
        articles = {
            row.pk: row for row in Article.objects.only("version", "gone_at", "title", "html", "text")
        }
        for pk, article in articles.items():
            assert article.version >= self.versions.get(pk, 0), "a version fell"
            assert article.gone_at or article.version > self.gone.get(pk, 0), "a tombstone came back"
        self.versions |= {pk: article.version for pk, article in articles.items()}
        self.gone = {
            pk: version
            for pk, version in self.versions.items()
            if (pk not in articles or articles[pk].gone_at) and (pk, version) not in self.tampered
        }
        self.no_draft_is_shown(articles.values())
        live = {pk for pk, article in articles.items() if not article.gone_at}
        assert self.live & wanted <= live, "what is public on both sides stays readable"
        self.live = live

    def wanted(self):
        """Return the posts that readers should have, less one just published that could not reach them.

        Its event waits; or they were ahead of it, as the writer was restored and its clock went back.
        """
        waiting = set(OutboxEvent.objects.pending().values_list("post_id", flat=True))
        posts = dict(Post.objects.live().values_list("pk", "version"))
        late = {
            pk
            for pk in self.unsettled & posts.keys()
            if pk in waiting or posts[pk] <= self.versions.get(pk, 0)
        }
        self.unsettled = set()
        return posts.keys() - late

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

    def settle(self):
        """Let everything work again, and see that readers get what writers published.

        In a fair run the relay brings that about. After damage one reconciliation does, and the
        next has nothing to do.
        """
        self.down, self.poisoned, self.crash.at = False, set(), None
        delivery.relay(now=self.clock, patient=False)
        if self.fair:
            assert oracle.stored() == oracle.wanted()
            assert oracle.found() == oracle.to_be_found()
        for post in Post.objects.live().select_related("live"):
            if Post.objects.live().filter(live__slug=post.live.slug).exclude(pk=post.pk).exists():
                self.do(commands.unpublish, post.pk)  # two at one address, by an update: a person must choose
        report = reconcile(deep=True, force=True, trust_writer=True)
        assert report.exit_code in (ExitCode.IN_SYNC, ExitCode.REPAIRED), report.findings
        self.judge(report)
        before = connections["reader"].connection.total_changes
        assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
        assert connections["reader"].connection.total_changes == before
        assert oracle.stored() == oracle.wanted()
        assert oracle.found() == oracle.to_be_found()


def sql(statement, article):
    """Do to the reader's database what no code does."""
    with connections["reader"].cursor() as cursor:
        cursor.execute(statement, [article.pk.hex])
