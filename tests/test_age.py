"""How old what a node serves may be, and whether it is ready: by header, field and figure."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, InterfaceError, connections
from django.http import HttpRequest
from django.utils import timezone

from cms import age, completeness, following, health, refill, schedule, stream
from cms.report import ExitCode
from reader.checkpoint import Checkpoint, Parked
from reader.models import Article
from tests.streaming import delete_stream, put_event
from writer.models import Post
from writer.public import public_state

pytestmark = pytest.mark.django_db(databases=["default", "reader"])


@pytest.fixture
def caught_up():
    """Let the node have caught up so long ago."""

    def caught_up(**ago):
        then = timezone.now() - timedelta(**ago)
        Checkpoint.objects.update_or_create(pk=1, defaults={"caught_up_at": then, "heard_at": then})

    return caught_up


def header(answer=lambda environ, start: start("200 OK", [("ETag", "x")])):
    """Return what an answer says of its age."""
    headers = {}
    aged = age.Aged(answer)
    aged({}, lambda status, pairs, *more: headers.update(pairs))
    assert headers["ETag"] == "x"
    return headers["Imprint-Age"]


def ready():
    """Return how /readyz of a node answers."""
    request = HttpRequest()
    request.method = "GET"
    return health.readyz(request, late=age.not_ready, said=age.said)


def test_a_page_says_how_old_it_may_be(caught_up):
    caught_up(seconds=70)
    assert header() == "70"


def test_a_page_of_a_node_that_never_caught_up_says_that_this_is_unknown(both):
    assert header() == "unknown"


@pytest.mark.parametrize("error", [DatabaseError, InterfaceError])
def test_a_database_that_cannot_say_its_age_keeps_no_page_from_readers(both, monkeypatch, error):
    def fail():
        raise error("disk I/O error")

    monkeypatch.setattr(age, "age", fail)
    monkeypatch.setattr(connections["reader"], "close", lambda: None)  # the test's transaction is on it
    assert header() == "unknown"


def test_the_database_is_asked_once_a_second(caught_up, django_assert_num_queries):
    caught_up(seconds=5)
    aged = age.Aged(lambda environ, start: start("200 OK", []))
    with django_assert_num_queries(1, using="reader"):
        for _time in range(10):
            aged({}, lambda status, pairs, *more: None)


def test_a_node_is_ready_once_it_has_caught_up_and_from_then_on(caught_up):
    answer = ready()
    assert answer.status_code == 503
    assert b"has not caught up with the stream yet" in answer.content
    assert b'"age": null' in answer.content
    caught_up(days=3)
    answer = ready()
    assert answer.status_code == 200
    assert b'"age": 2592' in answer.content  # and some, where the machine is slow


def test_a_node_is_not_ready_before_all_is_there_that_was_there_when_it_began(elsewhere, published):
    published("Hello")
    refill.refill()
    reading = following.begin()
    assert ready().status_code == 503
    while reading.pending:
        following.take_in(reading)
    assert ready().status_code == 200


def test_a_new_node_waits_for_a_stream_that_is_being_filled_again(elsewhere, published):
    published("Hello")
    refill.refill()
    delete_stream(elsewhere)
    published("Other")
    following.catch_up()
    answer = ready()
    assert (answer.status_code, Article.objects.count()) == (503, 1)
    assert b"all that the stream holds, which is not complete yet" in answer.content
    schedule.relay()
    assert ready().status_code == 503
    following.catch_up()
    assert (ready().status_code, Article.objects.count()) == (200, 2)


def test_a_mark_ahead_of_what_the_node_has_read_makes_it_not_ready(elsewhere, published):
    published("Hello")
    following.catch_up()
    reading = following.begin()
    published("Other")
    refill.refill()
    following.note_caught_up()
    assert ready().status_code == 503
    reading.close()
    following.catch_up()
    assert ready().status_code == 200


def test_a_mark_of_another_stream_says_nothing(elsewhere, published):
    published("Hello")
    completeness.mark("of another stream")
    following.catch_up()
    assert ready().status_code == 503
    assert not completeness.is_marked()
    refill.refill()
    assert completeness.is_marked()
    following.catch_up()
    assert ready().status_code == 200
    assert not Parked.objects.exists()


def test_a_stream_is_marked_once(elsewhere, published):
    published("Hello")
    refill.refill()
    before = stream.state()
    refill.refill()
    schedule.relay()
    assert stream.state() == before


def test_a_stream_to_which_nothing_was_given_is_not_marked(elsewhere, published, stream_down):
    published("Hello")
    refill.refill(seconds=0)
    assert completeness.is_marked()  # there was nothing to be given
    delete_stream(elsewhere)
    refill.refill(seconds=0)
    assert not completeness.is_marked()
    with stream_down():
        schedule.relay()
    assert not completeness.is_marked()


def test_a_stream_that_holds_more_than_was_told_is_not_marked(elsewhere, published):
    put_event(public_state(Post.objects.get(pk=published("Hello"))), version=2**52)
    assert refill.refill().exit_code == ExitCode.REFUSED
    assert not completeness.is_marked()


def test_metrics_tell_of_age_and_of_what_is_parked(caught_up):
    caught_up(seconds=70)
    Parked.objects.create(subject="imprint.x", sequence=1, reason="foreign", parked_at=timezone.now())
    told = {sample.name: sample.value for metric in age.of_the_node() for sample in metric.samples}
    assert 70 <= told["imprint_age_seconds"] < 80
    assert told["imprint_parked_messages"] == 1
