"""The stream, with a real NATS server: what it holds of what was published, and what a node takes in of it."""

import gzip
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections
from django.utils import timezone

from cms import documents, following, intake, refill, stream, tail
from cms.broker import Declined, Unreachable, broker
from reader.checkpoint import Checkpoint, Parked
from reader.editions import Edition
from reader.models import Article
from tests import crashes
from tests.nats import Nats
from tests.streaming import delete_stream, put, put_event
from tests.test_site import WORDS
from writer import commands, delivery
from writer.commands import Refused
from writer.models import OutboxEvent, Post
from writer.public import public_state

pytestmark = pytest.mark.django_db(databases=["default", "reader"])


def sequence_of(post_id):
    """Return the sequence of the message of a post."""
    return stream.message(stream.subject_of(post_id)).sequence


def version_of(post_id):
    """Return the version that the stream holds of a post."""
    return stream.held_by(stream.message(stream.subject_of(post_id))).version


def status(client, path="/posts/hello/"):
    return client.get(path).status_code


def text(client, path="/posts/hello/"):
    return client.get(path).content.decode()


def read_on(reading):
    """Take in what comes, for ever."""
    while True:
        following.take_in(reading)


def edition():
    return Edition.objects.get().number


# --- the path


def test_what_is_published_is_read_on_a_node(elsewhere, published, client):
    published("Hello", body="A *first* text.")
    assert status(client) == 404
    following.catch_up()
    assert "A <em>first</em> text." in text(client)


def test_what_is_withdrawn_is_gone_on_a_node(elsewhere, published, give, client):
    post_id = published("Hello")
    following.catch_up()
    give(commands.unpublish, post_id)
    following.catch_up()
    assert status(client) == 410


def test_what_is_said_of_the_site_is_said_on_a_node(elsewhere, published, give, client):
    published("Hello")
    give(commands.describe_site, **WORDS)
    following.catch_up()
    assert "Salt, and what it does" in text(client, "/")


def test_a_node_that_starts_late_gets_only_what_is_public_now(elsewhere, published, give, edit):
    post_id = published("Hello")
    for title in ("Second", "Third"):
        edit(post_id, title=title)
        give(commands.publish, post_id)
    following.catch_up()
    assert edition() == 1
    assert Article.objects.get().title == "Third"
    assert Checkpoint.objects.get().sequence == 3


# --- what the stream holds


def test_a_message_says_in_its_headers_what_it_tells(elsewhere, published):
    row = OutboxEvent.objects.get(post_id=published("Hello"))
    assert stream.message(stream.subject_of(row.post_id)).headers == {
        "Nats-Expected-Stream": elsewhere,
        "Nats-Expected-Last-Subject-Sequence": "0",
        "Imprint-Kind": "post.published",
        "Imprint-Version": str(row.version),
        "Imprint-Digest": row.digest,
        "Imprint-Schema": "1",
        "Imprint-Correlation-Id": str(row.correlation_id),
    }


def test_a_document_travels_compressed(elsewhere, published):
    post_id = published("Hello", body="The same again. " * 1000)
    data = stream.message(stream.subject_of(post_id)).data
    assert len(data) < 1000
    assert json.loads(gzip.decompress(data)) == OutboxEvent.objects.get().document


def test_what_the_stream_holds_cannot_be_taken_out_of_it(elsewhere, published):
    place = sequence_of(published("Hello"))
    for taking_out in (
        lambda client: client.jetstream().delete_msg(elsewhere, place),
        lambda client: client.jetstream().purge_stream(elsewhere),
    ):
        with pytest.raises(Declined):
            broker.ask(taking_out)


def test_a_stream_that_was_set_up_otherwise_is_put_right(elsewhere, published):
    subjects = [f"{elsewhere}.*"]
    broker.ask(lambda client: client.jetstream().add_stream(name=elsewhere, subjects=subjects))
    stream.ensure()
    config = broker.ask(lambda client: client.jetstream().stream_info(elsewhere)).config
    assert (config.max_msgs_per_subject, config.deny_delete, config.deny_purge) == (1, True, True)


def test_an_event_that_is_late_takes_the_place_of_no_newer_one(elsewhere, published, edit, give):
    post_id = published("Hello")
    edit(post_id, title="Newer")
    give(commands.publish, post_id)
    older, newer = OutboxEvent.objects.order_by("pk")
    assert delivery.attempt(older) is None
    assert version_of(post_id) == newer.version


def test_an_event_that_is_overtaken_on_its_way_takes_the_place_of_no_newer_one(
    elsewhere, draft, give, edit, monkeypatch
):
    post_id = draft("Hello")
    give(commands.publish, post_id)
    edit(post_id, title="Newer")
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "deliver", lambda row, now: None)
        give(commands.publish, post_id)
        edit(post_id, title="Newest")
        give(commands.publish, post_id)
    _first, second, third = OutboxEvent.objects.order_by("pk")
    look, looks = stream.message, []

    def message(subject):
        """Look, and let the newest event come to the stream before the look is of use."""
        there = look(subject)
        looks.append(there.sequence)
        if len(looks) == 1:
            assert delivery.attempt(third) is None
        return there

    monkeypatch.setattr(stream, "message", message)
    assert delivery.attempt(second) is None
    assert version_of(post_id) == third.version
    assert looks == [1, 1, 2, 2]  # the second event's, the third's, the second's again, and this test's


def test_an_acknowledgement_that_is_lost_costs_no_second_message(elsewhere, draft, give, monkeypatch):
    send = stream.send

    def lose(subject, data, headers):
        send(subject, data, headers)
        raise Unreachable("The acknowledgement was lost.")

    post_id = draft("Hello")
    with monkeypatch.context() as patch:
        patch.setattr(stream, "send", lose)
        give(commands.publish, post_id)
    assert OutboxEvent.objects.pending().count() == 1
    assert delivery.relay(now=timezone.now(), patient=False) == (1, 0)
    assert stream.state().last == 1


# --- several destinations


def test_a_stream_that_is_down_keeps_nothing_from_the_readers_of_this_machine(
    events_url, published, stream_down, client
):
    with stream_down():
        published("Hello")
    assert status(client) == 200
    row = OutboxEvent.objects.get()
    assert (row.delivered_at, row.last_error) == (None, "Unreachable: All NATS servers are down.")


def test_what_has_arrived_is_not_sent_again_while_another_destination_is_down(
    events_url, published, stream_down
):
    with stream_down():
        published("Hello")
        before = edition()
        for _time in range(3):
            assert delivery.relay(now=timezone.now(), patient=False) == (0, 1)
    assert delivery.relay(now=timezone.now(), patient=False) == (1, 0)
    assert edition() == before
    assert stream.state().last == 1


def test_readers_that_are_down_keep_nothing_from_the_stream(events_url, published, monkeypatch):
    def fail(event):
        raise OperationalError("the reader's database is down")

    with monkeypatch.context() as patch:
        patch.setattr("reader.receivers.project", fail)
        post_id = published("Hello")
        put(stream.subject_of(post_id), b"a mark that a second sending would take away")
        assert delivery.relay(now=timezone.now(), patient=False) == (0, 1)
    assert delivery.relay(now=timezone.now(), patient=False) == (1, 0)
    assert sequence_of(post_id) == 2
    assert Article.objects.get(pk=post_id).title == "Hello"


def test_what_waits_for_the_stream_alone_does_not_hide_drift_of_the_readers(
    events_url, published, stream_down
):
    with stream_down():
        Article.objects.filter(pk=published("Hello")).update(version=1)
    with pytest.raises(SystemExit) as end:
        call_command("reconcile")
    assert end.value.code == 3
    assert Article.objects.get().version == Post.objects.get().version


def test_a_server_that_does_not_answer_is_not_asked_for_every_event(events_url, nats, settings):
    settings.EVENTS_URL = ["nats://127.0.0.1:9"]
    with pytest.raises(Unreachable, match="Is the NATS server at EVENTS_URL up"):
        stream.state()
    settings.EVENTS_URL = [nats.url]
    with pytest.raises(Unreachable):
        stream.state()
    broker.rests_until = 0
    stream.ensure()
    assert stream.state().last == 0


def test_a_server_that_is_frozen_is_left_for_another(events_url, nats, settings, tmp_path):
    frozen = Nats(tmp_path).start()
    broker.close()
    settings.EVENTS_URL = [frozen.url]
    stream.ensure()
    settings.EVENTS_URL = [nats.url]
    frozen.freeze()
    with pytest.raises(Unreachable, match="timeout"):
        stream.state()
    broker.rests_until = 0
    stream.ensure()
    assert stream.state().last == 0
    frozen.stop()


def test_what_is_too_large_to_be_sent_is_refused_when_it_is_published(events_url, draft, give, settings):
    settings.EVENTS_LARGEST = 10_000
    post_id = draft("Hello", body=" ".join(uuid.uuid4().hex for _each in range(1000)))
    with pytest.raises(Refused, match=r"bytes packed, and at most 10,000 can be sent"):
        give(commands.publish, post_id)
    assert not Post.objects.get().live


def test_what_the_server_takes_no_more_of_waits_with_the_reason(events_url, published, monkeypatch):
    stream.ensure()
    broker.client._max_payload = 1000
    published("Hello")
    assert (
        "bytes and the NATS server takes 1,000. Raise its max_payload" in OutboxEvent.objects.get().last_error
    )


# --- a node that goes on where it was


def test_a_node_goes_on_behind_what_it_has_taken_in(elsewhere, published, caplog):
    published("Hello")
    following.catch_up()
    published("Other")
    caplog.clear()
    with caplog.at_level(logging.INFO, "cms.intake"):
        following.catch_up()
    assert [record.args[0] for record in caplog.records] == ["post.published"]


def test_article_and_place_are_written_together_or_not_at_all(elsewhere, published):
    post_id = published("Hello")
    with crashes.dying("before", "cms.intake.advance"):
        following.catch_up()
    assert not Article.objects.exists()
    assert Checkpoint.objects.get().sequence == 0
    following.catch_up()
    assert Article.objects.get().pk == post_id
    assert Checkpoint.objects.get().sequence == 1


def test_what_has_come_meanwhile_is_taken_in_at_once(elsewhere, published):
    for number in range(3):
        published(f"Post {number}")
    messages = list(following.begin().up_to_now())
    with crashes.dying("before", "cms.intake.advance"):
        intake.take_in_turn(messages)
    assert (Article.objects.count(), Checkpoint.objects.get().sequence) == (0, 0)
    intake.take_in_turn(messages)
    assert (Article.objects.count(), Checkpoint.objects.get().sequence) == (3, 3)
    assert edition() == 1


def test_what_cannot_be_taken_in_holds_up_nothing_that_came_with_it(elsewhere, published):
    published("Hello")
    put(stream.subject_of(uuid.uuid4()), b"no document")
    published("Other")
    intake.take_in_turn(list(following.begin().up_to_now()))
    assert (Article.objects.count(), Parked.objects.count(), Checkpoint.objects.get().sequence) == (2, 1, 3)


@pytest.fixture
def far_behind(monkeypatch):
    """Let every node that lacks anything be far behind, and take in two messages at a time."""
    monkeypatch.setattr(following, "FAR", 0)
    monkeypatch.setattr(following, "PORTION", 2)
    monkeypatch.setattr(tail, "REQUEST", {**tail.REQUEST, "batch": 1})
    monkeypatch.setattr(tail, "BATCH", 1)


def test_a_node_that_is_far_behind_notes_its_place_behind_each_portion(elsewhere, published, far_behind):
    for number in range(5):
        published(f"Post {number}")
    reading = following.begin()
    places = []
    while reading.pending:
        following.take_in(reading)
        places.append(Checkpoint.objects.get().sequence)
    assert places == [2, 4, 5]
    assert Article.objects.count() == 5
    assert Checkpoint.objects.get().caught_up_at is None
    following.take_in(reading)
    assert Checkpoint.objects.get().heard_at


def test_what_was_taken_in_of_a_portion_is_known_when_it_comes_again(elsewhere, published, far_behind):
    for number in range(3):
        published(f"Post {number}")
    with crashes.dying("before", "cms.following.advance"):
        following.catch_up()
    assert (Article.objects.count(), Checkpoint.objects.get().sequence) == (2, 0)
    following.catch_up()
    assert (Article.objects.count(), Checkpoint.objects.get().sequence) == (3, 3)
    assert edition() == 2  # of a portion all is projected together


def test_what_is_parked_of_a_portion_holds_up_nothing(elsewhere, published, far_behind):
    post_id = published("Broken")
    published("Hello")
    put(stream.subject_of(post_id), b"no document")
    following.catch_up()
    assert [article.title for article in Article.objects.all()] == ["Hello"]
    assert Parked.objects.get().subject == stream.subject_of(post_id)
    assert Checkpoint.objects.get().sequence == 3


def test_an_older_message_that_is_taken_in_later_leaves_a_newer_one_parked(elsewhere, published):
    post_id = published("Hello")
    older = stream.message(stream.subject_of(post_id))
    put(stream.subject_of(post_id), b"no document")
    following.catch_up()
    intake.take(older, in_turn=False)
    assert Parked.objects.get().sequence == 2


def test_what_comes_twice_makes_no_page_again(elsewhere, published):
    published("Hello")
    following.catch_up()
    Checkpoint.objects.update(sequence=0)
    following.catch_up()
    assert edition() == 1


def test_a_stream_that_was_made_anew_is_read_from_its_beginning(elsewhere, published, draft, give, client):
    for title in ("One", "Two", "Three"):
        published(title)
    following.catch_up()
    delete_stream(elsewhere)
    published("Hello")  # number 1 of the new one
    following.catch_up()
    assert status(client) == 200
    assert status(client, "/posts/one/") == 200  # what a stream does not hold is not thereby withdrawn
    assert Checkpoint.objects.get().sequence == 1


def test_a_stream_that_was_put_back_is_read_from_its_beginning(elsewhere, published, client):
    published("Hello")
    following.catch_up()
    Checkpoint.objects.update(sequence=7)  # of messages that the stream has lost since
    Article.objects.all().delete()
    following.catch_up()
    assert Article.objects.count() == 1


class Disordered:
    """An inbox in which the first three messages come in another order, or not all of them."""

    def __init__(self, inbox, order):
        self.inbox, self.order, self.left = inbox, order, None

    @property
    def pending_msgs(self):
        return len(self.left)

    async def next_msg(self, timeout):
        if self.left is None:
            came = [await self.inbox.next_msg(timeout) for _each in range(3)]
            self.left = [came[place] for place in self.order]
        return self.left.pop(0) if self.left else await self.inbox.next_msg(timeout)


@pytest.mark.parametrize(
    "order",
    [
        pytest.param([0, 2], id="dropped"),
        pytest.param([0, 1], id="the-last-dropped"),
        pytest.param([0, 1, 1, 2], id="doubled"),
        pytest.param([1, 0, 2], id="reordered"),
    ],
)
def test_a_message_that_does_not_come_in_its_turn_ends_the_reading(elsewhere, published, order):
    for title in ("One", "Two", "Three"):
        published(title)
    reading = following.begin()
    reading.inbox = Disordered(reading.inbox, order)
    with pytest.raises(tail.Lost, match="did not come"):
        read_on(reading)
    following.catch_up()
    assert Article.objects.count() == 3


# --- what cannot be taken in


def parked():
    """Return why messages are parked, in the order of their subjects."""
    return list(Parked.objects.order_by("subject").values_list("reason", flat=True))


def test_a_document_of_a_newer_schema_is_parked_and_the_old_page_served(elsewhere, published, client):
    post_id = published("Hello", body="The old text.")
    following.catch_up()
    put_event(public_state(Post.objects.get(pk=post_id)), schema=99, body="The new text.")
    published("Other")
    following.catch_up()
    assert "This document has schema 99; this program reads up to 3" in parked()[0]
    assert "The old text." in text(client)
    assert status(client, "/posts/other/") == 200


def test_what_was_parked_is_taken_in_by_a_program_that_can_read_it(elsewhere, published, client, monkeypatch):
    post_id = published("Hello", body="The old text.")
    put_event(public_state(Post.objects.get(pk=post_id)), schema=4, body="The new text.", version=2**52)
    following.catch_up()
    monkeypatch.setattr(documents, "SCHEMA", 4)
    following.catch_up()
    assert parked() == []
    assert "The new text." in text(client)


def test_what_was_parked_is_forgotten_when_a_readable_message_comes(elsewhere, published, edit, give):
    post_id = published("Hello")
    put(stream.subject_of(post_id), b"no document")
    following.catch_up()
    assert len(parked()) == 1
    edit(post_id, title="Again")
    give(commands.publish, post_id)
    following.catch_up()
    assert parked() == []
    assert Article.objects.get().title == "Again"


def test_a_foreign_message_does_not_keep_a_post_from_the_stream(elsewhere, draft, give):
    stream.ensure()
    post_id = draft("Hello")
    put(stream.subject_of(post_id), b"somebody was here")
    give(commands.publish, post_id)
    assert version_of(post_id) == Post.objects.get().version


def bomb():
    return gzip.compress(b" " * (documents.LARGEST + 1), mtime=0)


@pytest.mark.parametrize(
    ("data", "headers", "reason"),
    [
        (b"", {}, "It cannot be read"),
        (b"no gzip", {}, "It cannot be read: error"),
        (gzip.compress(b"{}", mtime=0)[:-9], {}, "It is cut short"),
        (bomb(), {}, "or has more than 16,000,000 bytes"),
        (gzip.compress(b"[]", mtime=0), {}, "It is no document"),
        (gzip.compress(b"[" * 100_000, mtime=0), {}, "It cannot be read: RecursionError"),
        (gzip.compress(b"{}", mtime=0), {}, "not the one that its digest was made of"),
        (gzip.compress(b"{}", mtime=0), {"digest": documents.digest({})}, "It cannot be read: KeyError"),
        (
            gzip.compress(b"{}", mtime=0),
            {"digest": documents.digest({}), "kind": "post.eaten"},
            "It cannot be read: ValueError",
        ),
    ],
)
def test_a_malformed_message_is_parked_with_its_reason(elsewhere, published, client, data, headers, reason):
    stream.ensure()
    put(stream.subject_of(uuid.uuid4()), data, **headers)
    published("Hello")
    following.catch_up()
    assert reason in parked()[0]
    assert status(client) == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"title": 7},
        {"tags": "none"},
        {"published_at": "yesterday"},
        {"version": 2**70},
        {"aliases": [None]},
        {"unheard_of": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_document_that_says_what_cannot_be_is_parked(elsewhere, published, client, changes):
    post_id = published("Hello")
    following.catch_up()
    put_event(public_state(Post.objects.get(pk=post_id)), **{"version": 2**52, **changes})
    published("Other")
    following.catch_up()
    assert len(parked()) == 1
    assert status(client) == status(client, "/posts/other/") == 200


def test_a_message_under_no_post_is_parked(elsewhere):
    stream.ensure()
    put(f"{elsewhere}.{str(uuid.uuid4()).upper()}", b"")
    put(f"{elsewhere}.weather", b"rain")
    following.catch_up()
    assert all("is no subject of a post" in reason for reason in parked())
    assert len(parked()) == 2


def test_a_document_about_another_post_than_its_subject_says_is_parked(elsewhere, published):
    event = public_state(Post.objects.get(pk=published("Hello")))
    document = documents.document(event)
    said = {"kind": documents.kind_of(event), "version": event.version, "digest": event.digest}
    put(stream.subject_of(uuid.uuid4()), documents.packed(document), **said)
    following.catch_up()
    assert ["about another post or version" in reason for reason in parked()] == [True]


@pytest.mark.parametrize(
    "fault",
    [OperationalError("database or disk is full"), OSError(28, "No space left on device")],
    ids=["database", "disk"],
)
def test_a_database_that_cannot_be_written_parks_nothing(elsewhere, published, client, monkeypatch, fault):
    published("Hello", body="The old text.")
    following.catch_up()
    other = published("Other")

    def fail(event, alongside):
        raise fault

    with monkeypatch.context() as patch:
        patch.setattr(intake, "project", fail)
        with pytest.raises(type(fault)):
            following.catch_up()
    assert parked() == []
    assert "The old text." in text(client)
    following.catch_up()
    assert Article.objects.filter(pk=other).exists()


# --- a node that follows for ever


@pytest.fixture
def hasty(monkeypatch):
    """Let the server be taken for dead sooner than a second after it was heard last."""
    monkeypatch.setattr(tail, "SILENCE", 0.6)
    monkeypatch.setitem(tail.REQUEST, "idle_heartbeat", tail.NANO // 5)
    monkeypatch.setattr(following, "PAUSE", 0.05)
    monkeypatch.setattr(following, "OUTAGE", 0.05)
    monkeypatch.setattr("cms.broker.REST", 0.05)
    monkeypatch.setattr(connections["reader"], "close", lambda: None)  # the test's transaction is on it


@pytest.fixture
def fragile(tmp_path, settings, elsewhere):
    """A server that a test may kill, with the stream on it."""
    server = Nats(tmp_path / "fragile").start()
    settings.EVENTS_URL = [server.url]
    broker.close()
    yield server
    broker.close()
    server.stop()


@pytest.fixture
def follow_until(monkeypatch):
    """Follow, tell of every time that the node has caught up, and stop when told that it is enough."""

    def follow_until(enough):
        stopping = threading.Event()
        note = following.note_caught_up

        def caught_up():
            note()
            if enough():
                stopping.set()

        monkeypatch.setattr(following, "note_caught_up", caught_up)
        following.follow(stopping)

    return follow_until


def test_a_node_survives_the_death_of_the_server(fragile, hasty, published, follow_until, caplog):
    published("Hello")
    later = []

    def enough():
        """Kill the server once all is there, and start it again; then let there be more to take in."""
        if not later:
            fragile.stop()
            threading.Timer(0.3, fragile.start).start()
        elif len(later) == 1 and Article.objects.count() == 1:
            published("Other")
        later.append(Article.objects.count())
        return later[-1] == 2

    follow_until(enough)
    assert [record.message for record in caplog.records if "followed" in record.message][-1] == (
        "The stream is followed again."
    )


def test_a_node_survives_the_loss_of_all_that_the_server_had_stored(fragile, hasty, published, follow_until):
    published("Hello")
    times = []

    def enough():
        times.append(None)
        if len(times) == 1:
            fragile.stop()
            fragile.wipe()
            fragile.start()
            broker.rests_until = 0
            broker.close()
            published("Other")
        return Article.objects.count() == 2

    follow_until(enough)
    assert Checkpoint.objects.get().sequence == 1


def test_a_node_knows_a_server_that_has_nothing_new_from_one_that_is_dead(fragile, hasty, published):
    published("Hello")
    following.catch_up()
    reading = following.begin()
    assert reading.news() == []
    fragile.freeze()
    with pytest.raises(tail.Lost, match="silent"):
        read_on(reading)
    fragile.process.send_signal(signal.SIGCONT)


def test_a_node_has_caught_up_once_the_stream_says_that_it_has_nothing_more(elsewhere, published):
    published("Hello")
    refill.refill()
    reading = following.begin()
    assert Checkpoint.objects.get().caught_up_at is None
    while reading.pending:
        following.take_in(reading)
    first = Checkpoint.objects.get()
    Checkpoint.objects.update(heard_at=first.heard_at - following.PULSE * 2)
    following.take_in(reading)
    assert Checkpoint.objects.get().caught_up_at == first.caught_up_at
    assert Checkpoint.objects.get().heard_at > first.heard_at


def test_a_fault_is_logged_when_it_begins_and_when_it_is_over(
    elsewhere, hasty, published, follow_until, caplog
):
    published("Hello")
    project, left = intake.project, [4]

    def fail(event, alongside):
        left[0] -= 1
        if left[0]:
            raise OperationalError("database or disk is full")
        project(event, alongside=alongside)

    intake.project = fail
    try:
        follow_until(lambda: True)
    finally:
        intake.project = project
    assert [
        record.message for record in caplog.records if record.name in ("cms.following", "cms.intake")
    ] == [
        "Nothing can be taken in, what is there is served as it is: database or disk is full",
        f"Projected post.published {Article.objects.get().pk} v{Article.objects.get().version}.",
        "The stream is followed again.",
    ]


# --- as a program


def test_following_once_says_how_far_it_came(elsewhere, published, capsys):
    published("Hello")
    call_command("follow", "--once")
    assert capsys.readouterr().out == "follow: up to message 1, 0 parked.\n"


def test_following_without_a_stream_is_refused_in_words(both, settings):
    settings.EVENTS_URL = []
    with pytest.raises(CommandError, match="EVENTS_URL is empty"):
        call_command("follow")


def test_following_a_stream_that_is_not_there_says_so(elsewhere):
    with pytest.raises(CommandError, match="The stream could not be followed: stream not found"):
        call_command("follow", "--once")


def test_who_has_no_stream_does_not_load_its_client():
    code = (
        "import django, sys; django.setup(); import cms.urls, cms.following; sys.exit('nats' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "EVENTS_URL": ""})
