"""The JetStream of the machine's tests does what a real server does, as far as the project asks it."""

import uuid

import pytest

from cms import stream, tail
from cms.broker import Declined, Missing
from cms.tail import Lost, Tail
from tests.jetstream import JetStream
from tests.streaming import delete_stream

EXPECTED = stream.EXPECTED


@pytest.fixture(params=["real", "in memory"])
def name(request, settings):
    """A stream that no other test knows, on either server."""
    if request.param == "real":
        yield request.getfixturevalue("events_url")
        return
    settings.EVENTS_STREAM = f"test-{uuid.uuid4().hex[:8]}"
    with JetStream().installed():
        yield settings.EVENTS_STREAM


def send(name, subject, expected=0, data=b"-"):
    stream.send(f"{name}.{subject}", data, {stream.VERSION: "7", EXPECTED: str(expected)})


def read(name, after=0):
    """Return the sequences and subjects of what stands behind a place."""
    reading = Tail(name, after=after)
    found = [(message.sequence, message.subject.partition(".")[2]) for message in reading.up_to_now()]
    reading.close()
    return found


def read_on(reading):
    """Read until the server falls silent."""
    while True:
        reading.news()


def test_where_there_is_no_stream_that_is_said(name):
    for asked in (
        lambda: stream.message(f"{name}.a"),
        stream.state,
        lambda: Tail(name, after=0),
        lambda: send(name, "a"),
        lambda: delete_stream(name),
    ):
        with pytest.raises(Missing):
            asked()


def test_one_message_is_kept_on_each_subject_and_numbers_go_on(name):
    stream.ensure()
    stream.ensure()
    assert stream.message(f"{name}.a") is None
    for subject, expected in (("a", 0), ("b", 0), ("a", 1), ("a", 3)):
        send(name, subject, expected, data=subject.encode())
    there = stream.message(f"{name}.a")
    assert (there.sequence, there.headers[stream.VERSION], there.data) == (4, "7", b"a")
    assert stream.state().last == 4
    assert read(name) == [(2, "b"), (4, "a")]
    assert read(name, after=2) == [(4, "a")]
    assert read(name, after=9) == []


@pytest.mark.parametrize("expected", [0, 2])
def test_what_was_overtaken_is_refused(name, expected):
    stream.ensure()
    send(name, "a")
    with pytest.raises(Declined) as refusal:
        send(name, "a", expected)
    assert refusal.value.code == stream.OVERTAKEN
    assert stream.state().last == 1


def test_who_reads_gets_what_comes_later(name, monkeypatch):
    monkeypatch.setitem(tail.REQUEST, "idle_heartbeat", 100_000_000)
    stream.ensure()
    reading = Tail(name, after=0)
    assert reading.news() == []
    send(name, "a")
    assert [message.sequence for message in reading.news() or reading.news()] == [1]
    reading.close()


def test_more_messages_than_are_asked_for_at_a_time_all_come(name):
    stream.ensure()
    for number in range(150):
        send(name, str(number))
    assert read(name) == [(number + 1, str(number)) for number in range(150)]


def test_a_stream_that_is_made_anew_counts_from_one_and_has_forgotten_its_readers(name, monkeypatch):
    monkeypatch.setattr("cms.tail.SILENCE", 0.3)
    stream.ensure()
    send(name, "a")
    reading = Tail(name, after=0)
    before = stream.state()
    delete_stream(name)
    stream.ensure()
    assert stream.state().last == 0
    assert stream.state().history != before.history
    with pytest.raises(Lost):
        read_on(reading)
    send(name, "a")
    assert read(name) == [(1, "a")]
