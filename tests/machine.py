"""The sync as a machine: whatever is done to either side, in any order, readers end with what writers say.

Hypothesis draws the steps: commands, also in the midst of a reconciliation, clocks, lost, repeated
and late deliveries, crashes, edits around the commands, a restored writer, a wiped reader, a changed
renderer, posts that cannot be rendered. Some things hold after every step; at the end, all does.
Half of the runs are fair: all goes through commands. Then the relay alone must do, and whoever
finds drift has raised a false alarm.
"""

from contextlib import suppress
from unittest.mock import patch

from django.db import DatabaseError, connections
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from cms.reconcile import check, reconcile
from cms.report import ExitCode, Kind
from reader import projector, search
from reader import queries as reader
from reader.editions import Change, Edition
from reader.models import Article, Site
from reader.names import Part, Tagging
from reader.pages import Page
from tests import crashes, oracle
from tests.authors import MANY, SLUGS, Authors, sql, unfair
from tests.conftest import NOON
from tests.crashes import SimulatedCrash
from writer import commands, delivery
from writer import queries as writer
from writer.models import OutboxEvent, Post, Revision

FIRST = {}  # alias → the database at the beginning of every run
READS = [
    (reader, "entry"),
    (writer, "pending_posts"),
    (writer, "entry"),
    (writer, "public_events"),
    (reader, "entries_of"),
    (writer, "entries_of"),
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


class Machine(Authors):
    """Both sides, and everything that may happen to them."""

    def __init__(self):
        super().__init__()
        self.meanwhile, self.restless, self.unsettled = set(), None, set()
        self.stack.enter_context(patch("reader.receivers.project", self.project(projector.project)))
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

    def interrupted(self, read):
        """Read, but let something happen just before to what is asked for, or is among that."""

        def interrupted(asked):
            among = isinstance(asked, list) and self.restless in asked
            self.interrupt(self.restless if among else asked)
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
        self.call_the_site("Imprint")
        if not FIRST:
            FIRST.update(self.three_posts())
        self.begin_with(FIRST, fair)

    # --- deliveries, and processes that die

    @rule(down=st.booleans())
    def lose_or_find_the_reader(self, down):
        self.down = down

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

    @unfair
    @rule()
    def change_the_renderer(self):
        self.words += 1
        self.call_the_site(f"Imprint {self.words}")

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
        meanwhile=st.sets(st.integers(0, 18), max_size=4),  # before which of its readings
    )
    def repair(self, deep, force, trust, rerender, only, restless, meanwhile):
        post = self.post(restless)
        self.meanwhile, self.restless = meanwhile, post and post.pk
        chosen = {"only": [only] if only else [], "rerender": rerender and not self.fair}
        with suppress(SimulatedCrash):
            self.judge(reconcile(deep=deep, force=force, trust_writer=trust, **chosen))
        self.restless = None

    @unfair
    @rule(number=MANY, before=st.integers(12, 17))  # the readings of the repair itself
    def repair_an_orphan(self, number, before):
        self.live_by_update(number, 0)
        self.repair(False, True, True, False, None, number, {before})

    def judge(self, report):
        """A fair run has no drift. A post that has become poison is no longer what it was: deep sees that."""
        note(str(report))
        if self.fair and not self.poisoned:
            assert not report.found, report.findings

    # --- what holds after every step

    @invariant()
    def readers_are_safe(self):
        """Hold what readers see against what they saw, and what the writer ever made public."""
        wanted = self.wanted()
        live = self.watch_readers()
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
        self.separate()
        report = reconcile(deep=True, force=True, trust_writer=True)
        assert report.exit_code in (ExitCode.IN_SYNC, ExitCode.REPAIRED), report.findings
        self.judge(report)
        before = connections["reader"].connection.total_changes
        assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
        assert connections["reader"].connection.total_changes == before
        assert oracle.stored() == oracle.wanted()
        assert oracle.found() == oracle.to_be_found()
