"""The stream as a machine: whatever becomes of it, of nodes and of the writer, every node ends with what is public.

Hypothesis draws the steps: commands, deliveries that are lost, late or repeated, messages that are dropped,
doubled or come in disorder, a stream that loses what it acknowledged, is put back or made anew, processes that
die, nodes that are damaged, or begin from a snapshot, a restored writer. The stream is one in memory
(`tests.jetstream`); the database of readers is a node's, and the writer has none.
In fair runs nothing is lost but messages on their way: then following alone must do, and whoever finds drift
in the stream has raised a false alarm.
"""

import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

from django.conf import settings
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from cms import completeness, events, following, holdings, inventory, node, refill, snapshot, stream
from cms.broker import Declined, Unreachable
from cms.events import READER, SITE_ID, STREAM
from cms.report import ExitCode
from cms.tail import Lost
from reader import queries as reader
from reader.checkpoint import Checkpoint, Parked
from reader.models import Article, Site
from reader.pages import Page
from reader.receivers import on_happened
from tests import crashes, oracle
from tests.authors import MANY, SLUGS, Authors, connection, copied, unfair
from tests.conftest import NOON
from tests.crashes import SimulatedCrash
from tests.jetstream import JetStream
from writer import commands, delivery, told
from writer.models import OutboxEvent, Post

FIRST = {}  # alias, or the stream → what there is at the beginning of every run
EMPTY = {}  # alias → the database of a new node
ORDERS = [(1, 0), (0, 0), (0, 2), (2, 1, 0), ()]  # of messages that come at a time
ACCIDENTS = st.dictionaries(  # before which question to the broker
    st.integers(0, 12),
    st.sampled_from(["publish", "publish", "unpublish", "lose contact", "make anew", "put back"]),
    max_size=3,
)
FOUND_SO = (ExitCode.IN_SYNC, ExitCode.REPAIRED)


class Streamed(Authors):
    """A writer, a stream and two nodes, and everything that may happen to them."""

    points = crashes.POINTS + crashes.STREAM_POINTS

    def __init__(self):
        super().__init__()
        self.server = self.stack.enter_context(JetStream().installed())
        self.server.before_asking = self.interrupt
        self.server.stored = self.stored(self.server.stored)
        self.meanwhile, self.restless, self.withdrawn, self.tail = {}, 0, set(), None
        self.was_put_back = False  # meanwhile
        self.went_back = []  # what the stream took in the place of what is newer
        self.doubtful = self.other_doubtful = self.snapshot_doubtful = False  # following alone may not do
        self.other = sqlite3.connect(":memory:")
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.file = Path(folder) / "snapshot"
        self.stack.enter_context(patch.object(settings, "EVENTS_URL", ["nats://in.memory"]))
        self.stack.enter_context(patch.object(holdings, "MANY", 1))  # two are many: so both ways are tried
        self.stack.callback(events.happened.connect, on_happened, dispatch_uid=READER)
        self.stack.callback(events.happened.disconnect, dispatch_uid=STREAM)
        events.happened.disconnect(dispatch_uid=READER)
        events.happened.connect(stream.on_happened, dispatch_uid=STREAM)

    @initialize(fair=st.booleans())
    def three_public_posts(self, fair):
        self.call_the_site("Imprint")
        if not FIRST:
            EMPTY["reader"] = copied("reader")
            first = self.three_posts()
            following.catch_up()
            FIRST.update(first, reader=copied("reader"), stream=self.server.copy())
        self.server.put_back(FIRST["stream"])
        self.kept = self.server.copy()
        self.begin_with({alias: FIRST[alias] for alias in ("default", "reader")}, fair)
        FIRST["reader"].backup(self.other)

    def stored(self, store):
        """Store a message. No event may take the place of a newer one, and the mark must be true."""

        def stored(message):
            if message.headers.get(completeness.HISTORY) == self.server.stream.created:
                self.see_that_it_is_complete()
            before = self.server.stream.messages.get(message.subject)
            held = stream.held_by(message)
            if before and stream.held_by(before).version > held.version:
                self.went_back.append(message.subject)  # to raise here would be one more failed delivery
            if message.headers.get(stream.KIND) == "post.withdrawn":
                self.withdrawn.add((stream.post_of(message.subject), held.version))
            store(message)

        return stored

    def see_that_it_is_complete(self):
        """See that the stream holds all that was told, but for what is on its way."""
        holds = {stream.post_of(subject) for subject in self.subjects()}
        on_its_way = set(OutboxEvent.objects.pending().values_list("post_id", flat=True))
        lacks = {one.post_id for one in told.everything()} - holds - on_its_way
        assert not lacks or self.was_put_back, "the stream is not complete"

    def subjects(self):
        """Return the subjects of posts of which the stream holds a message."""
        return [subject for subject in self.server.stream.messages if subject != completeness.subject()]

    def interrupt(self):
        """Let an accident happen, if it is before this question to the broker that it does."""
        accident = self.meanwhile.pop(0, None)
        self.meanwhile = {questions - 1: each for questions, each in self.meanwhile.items()}
        if accident is None:
            return
        later, self.meanwhile = self.meanwhile, {}  # what it asks itself is left alone
        post = self.post(self.restless)
        if accident == "publish" and post:
            self.save_and_publish(post, "", set())
        elif accident == "unpublish" and post:
            self.do(commands.unpublish, post.pk)
        elif accident == "lose contact":
            self.server.unreachable = True
        elif accident in ("make anew", "put back") and not self.fair:
            self.make_the_stream_anew() if accident == "make anew" else self.put_the_stream_back()
        self.meanwhile = later

    def disturbed(self, act, accidents=(), number=0):
        """Do something; let accidents happen meanwhile: before which question, and to which post.

        Return what came of it, or nothing if it came to nothing.
        """
        self.meanwhile, self.restless, self.was_put_back = dict(accidents), number, False
        try:
            return act()
        except (SimulatedCrash, Lost, Unreachable, Declined) as end:
            note(f"{type(end).__name__}: {end}")
        finally:
            self.meanwhile = {}

    # --- the way to the stream

    @rule(unreachable=st.booleans(), deaf=st.booleans())
    def lose_or_find_the_broker(self, unreachable, deaf):
        self.server.unreachable, self.server.deaf = unreachable, deaf

    @rule(number=st.integers(0, 50), accidents=ACCIDENTS)
    def deliver_late(self, number, accidents):
        """An old event arrives, or once more, while newer ones do."""
        row = OutboxEvent.objects.order_by("pk")[number % OutboxEvent.objects.count()]
        post = list(Post.objects.order_by("created_at", "pk").values_list("pk", flat=True))
        of_post = post.index(row.post_id) if row.post_id in post else 0
        self.disturbed(lambda: delivery.attempt(row), accidents, of_post)

    @rule(point=st.sampled_from(crashes.STREAM_POINTS), number=MANY, slug=SLUGS)
    def crash_soon(self, point, number, slug):
        self.crash.at = point
        self.edit_and_publish(number, slug, {0})

    @rule(number=MANY)
    def overtake(self, number):
        """An event has looked at what the stream holds, and a newer one of the same post arrives before it."""
        if post := self.post(number):
            was_unreachable, self.server.unreachable = self.server.unreachable, True
            self.save_and_publish(post, "", set())
            self.server.unreachable = was_unreachable
            if row := OutboxEvent.objects.pending().filter(post_id=post.pk).last():
                self.disturbed(lambda: delivery.attempt(row), {1: "publish"}, number)

    # --- what becomes of the stream

    @unfair
    @rule()
    def make_the_stream_anew(self):
        """It is empty, or the next who publishes makes it."""
        self.server.put_back(None)
        stream_is_down = self.server.unreachable
        self.server.unreachable = False
        stream.ensure()
        self.server.unreachable = stream_is_down

    @rule()
    def keep_the_stream(self):
        self.kept = self.server.copy()

    @unfair
    @rule()
    def put_the_stream_back(self):
        """All servers were started from copies of their disks."""
        self.server.put_back(self.kept)
        self.doubtful = self.other_doubtful = self.snapshot_doubtful = self.was_put_back = True

    @unfair
    @rule(number=MANY)
    def lose_a_message(self, number):
        for subject in list(self.server.stream.messages)[number : number + 1]:
            self.server.lose(subject)

    # --- what becomes of nodes

    @rule(accidents=ACCIDENTS, number=MANY, order=st.none() | st.sampled_from(ORDERS))
    def catch_up(self, accidents, number, order):
        self.server.disorder = order or ()
        begins_anew, far = self.begins_anew(), number % 2 * following.FAR  # every other one is far behind
        with patch.object(following, "FAR", far):
            done = self.disturbed(lambda: following.catch_up() or True, accidents, number)
        if done:
            self.tail = None
            self.doubtful &= not begins_anew
            if not accidents:
                self.has_what_the_stream_has()

    @rule(times=st.integers(1, 4), at_once=st.integers(1, 3))
    def follow(self, times, at_once):
        """Take in some of what comes, as the node goes on from where it was, through the same consumer."""
        self.server.at_once = at_once
        for _time in range(times):
            self.tail = self.disturbed(self.follow_on)

    def follow_on(self):
        tail = self.tail or following.begin()
        following.take_in(tail)
        return tail

    def begins_anew(self):
        """Tell whether the node will know that it is to read all of the stream."""
        place = Checkpoint.objects.filter(pk=1).first()
        there = self.server.stream
        return place is None or (place.history, True) != (there.created, place.sequence <= there.last)

    def has_what_the_stream_has(self):
        """See that the node holds all that the stream does, or what is newer, or has parked it.

        Unless the stream was put back and has grown since, or the node was damaged: that is found by comparing.
        """
        if self.doubtful:
            return
        parked = set(Parked.objects.values_list("subject", flat=True))
        for subject in self.subjects():
            there = inventory.holding_of(self.server.stream.messages[subject])
            entry = reader.entry(there.post_id)
            here = entry.version if entry else -1
            forgotten = there.gone and there.post_id == SITE_ID and not entry
            assert forgotten or subject in parked or here >= there.version, "following has missed something"

    @rule()
    def turn_to_the_other_node(self):
        """What is done to a node is done to this one from now on."""
        here = copied("reader")
        self.other.backup(connection("reader"))
        self.other.close()
        self.other = here
        self.doubtful, self.other_doubtful = self.other_doubtful, self.doubtful
        self.begin_to_watch()

    def begin_to_watch(self):
        """Watch another node, or one that was put in another's place."""
        self.tail = None
        self.forget()

    @rule()
    def take_a_snapshot(self):
        self.file.unlink(missing_ok=True)
        with suppress(snapshot.Unusable):
            snapshot.snapshot(self.file)
        self.snapshot_doubtful = self.doubtful

    @rule(from_snapshot=st.booleans())
    def replace_the_node(self, from_snapshot):
        """A new one begins, with nothing or from a snapshot."""
        EMPTY["reader"].backup(connection("reader"))
        self.doubtful = False
        if from_snapshot and self.file.exists():
            with suppress(snapshot.Unusable):
                snapshot.start_from(self.file)
                self.doubtful = self.snapshot_doubtful
        self.begin_to_watch()

    @unfair
    @rule(
        damage=st.sampled_from(
            [
                lambda article: article.delete(),
                lambda article: Page.objects.filter(post_id=article.pk).delete(),
                lambda article: Page.objects.filter(post_id=article.pk).update(status=410, version=1),
                lambda article: Article.objects.filter(pk=article.pk).update(gone_at=NOON),
                lambda article: Article.objects.filter(pk=article.pk).update(digest="0" * 64),
                lambda article: Article.objects.filter(pk=article.pk).update(version=1),
                lambda article: Site.objects.all().delete(),
            ]
        ),
        number=MANY,
    )
    def damage_the_node(self, damage, number):
        if article := Article.objects.order_by("version")[number : number + 1].first():
            damage(article)
            self.tampered.add((article.pk, article.version))
            self.doubtful = True
            self.forget()

    # --- reconciliation, in any form

    @rule()
    def look(self):
        before = self.server.copy(), [connection(alias).total_changes for alias in ("default", "reader")]
        self.judge(self.disturbed(refill.check_stream))
        self.disturbed(lambda: node.reconcile_node(check=True))
        assert before[1] == [connection(alias).total_changes for alias in ("default", "reader")]
        assert before[0] == self.server.copy()

    @rule(force=st.booleans(), trust=st.booleans(), accidents=ACCIDENTS, number=MANY)
    def refill(self, force, trust, accidents, number):
        self.judge(self.disturbed(lambda: refill.refill(force=force, trust_writer=trust), accidents, number))

    @rule(force=st.booleans(), accidents=ACCIDENTS, number=MANY)
    def reconcile_the_node(self, force, accidents, number):
        report = self.disturbed(lambda: node.reconcile_node(force=force), accidents, number)
        note(str(report))
        if force:
            self.begin_to_watch()
        if report and report.exit_code in FOUND_SO and not accidents:
            self.doubtful &= self.begins_anew()
            self.has_what_the_stream_has()

    @unfair
    @rule(point=st.sampled_from(crashes.STREAM_POINTS), number=MANY)
    def crash_in_a_repair(self, point, number):
        self.lose_a_message(number)
        self.crash.at = point
        self.disturbed(lambda: refill.refill(trust_writer=True))
        self.disturbed(node.reconcile_node)

    def judge(self, report):
        """In a fair run the stream holds what was told, or it is on its way."""
        note(str(report))
        if self.fair and report:
            assert not report.found, report.findings

    # --- what holds after every step, and at the end

    @invariant()
    def readers_are_safe(self):
        """An article goes only because the stream said so, whatever the stream has lost."""
        assert not self.went_back, "the stream went back"
        live = self.watch_readers()
        for pk in self.live - live:
            gone = Article.objects.filter(pk=pk).exclude(gone_at=None).values_list("version", flat=True)
            assert (pk, *gone) in self.withdrawn, "an article went that nobody withdrew"
        self.live = live

    def settle(self):
        """Let everything work again, and see that each node ends with what is public.

        The writer gives the stream what it lacks, each node follows and compares; the next has nothing to do.
        """
        self.server.unreachable = self.server.deaf = False
        self.server.disorder, self.poisoned, self.crash.at = (), set(), None
        delivery.relay(now=self.clock, patient=False)
        if self.fair:
            following.catch_up()
            assert oracle.stored() == oracle.wanted()
        self.separate()
        report = refill.refill(force=True, trust_writer=True)
        self.judge(report)
        assert report.exit_code in FOUND_SO, (str(report), report.findings)
        before = self.server.copy()
        again = refill.refill()
        assert again.exit_code == ExitCode.IN_SYNC, again.findings
        assert before == self.server.copy()
        self.settle_the_node()
        self.turn_to_the_other_node()
        self.settle_the_node()
        self.replace_the_node(from_snapshot=False)
        self.settle_the_node()
        assert Checkpoint.objects.get().caught_up_at, "a new node is not ready"

    def settle_the_node(self):
        self.doubtful &= not self.begins_anew()
        following.catch_up()
        self.has_what_the_stream_has()
        report = node.reconcile_node(force=not self.fair)
        note(str(report))
        assert report.exit_code in FOUND_SO, (str(report), report.findings)
        before = connection("reader").total_changes
        again = node.reconcile_node()
        assert again.exit_code == ExitCode.IN_SYNC, (str(again), again.findings)
        assert connection("reader").total_changes == before
        assert oracle.stored() == oracle.wanted()
        assert oracle.found() == oracle.to_be_found()
