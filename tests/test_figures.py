"""Figures: what is counted, at what price, and how it is said."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connections
from django.utils import timezone

from cms import figures
from cms.lease import seen
from cms.models import Lease, Reconciliation
from tests.conftest import NOON
from writer import commands, delivery, queries
from writer.arrival import duration
from writer.models import OutboxEvent, Post


@pytest.fixture
def failing(draft, give, reader_down):
    """A post whose event failed twice; the relay has tried it again."""
    post_id = draft("Failing")
    with reader_down():
        give(commands.publish, post_id)
        delivery.relay(now=NOON, patient=False)
    return post_id


def ago(**distance):
    return timezone.now() - timedelta(**distance)


def test_a_new_site_has_no_figures_but_zeroes(both):
    found = figures.figures()
    assert (found.lag, found.backlog.pending, found.overdue, found.scheduled) == (timedelta(0), 0, 0, 0)
    assert found.traffic.failures == 0
    assert (found.silence, found.unchecked, found.last, found.good) == (None, None, None, None)
    assert not found.working


def test_deliveries_and_failures_are_counted_over_all_events(published, failing, edit, give):
    before = figures.figures().traffic
    published("One")
    post_id = published("Two")
    edit(post_id, body="Other words.")
    give(commands.publish, post_id)
    assert figures.figures().traffic == (before.deliveries + 3, 2)
    delivery.relay(now=NOON, patient=False)
    assert figures.figures().traffic == (before.deliveries + 4, 2)


def test_what_was_settled_by_a_newer_version_keeps_its_failures(failing, edit, give):
    edit(failing, body="Other words.")
    give(commands.publish, failing)
    found = figures.figures()
    assert found.backlog.pending == 0
    assert found.traffic.failures == 2


def test_the_backlog_tells_what_fails_from_what_was_not_tried(failing, draft, give, monkeypatch):
    monkeypatch.setattr(delivery, "deliver", lambda row, now: None)
    give(commands.publish, draft("Untried"), now=NOON + timedelta(hours=1))
    backlog = queries.backlog()
    assert (backlog.untried, backlog.failing, backlog.pending) == (1, 1, 2)
    assert backlog.oldest == backlog.oldest_failing < backlog.oldest_untried


def test_lag_is_the_age_of_the_oldest_pending_event_and_never_negative(failing):
    OutboxEvent.objects.update(occurred_at=ago(minutes=7))
    assert round(figures.figures().lag.total_seconds()) == 420
    OutboxEvent.objects.update(occurred_at=ago(minutes=-7))
    assert figures.figures().lag == timedelta(0)


def test_appointments_are_overdue_after_two_minutes_and_scheduled_before(draft, give, published):
    soon = timezone.now() + timedelta(hours=1)
    for title in ("Late", "Due", "Coming"):
        give(commands.schedule, draft(title), publish_at=soon, zone="UTC")
    Post.objects.filter(title="Late").update(publish_at=ago(minutes=3))
    Post.objects.filter(title="Due").update(publish_at=ago(minutes=1))
    give(commands.schedule_unpublish, published("Going"), unpublish_at=soon, zone="UTC")
    Post.objects.filter(title="Going").update(unpublish_at=ago(hours=3))
    trashed = draft("Trashed")
    Post.objects.filter(pk=trashed).update(publish_at=ago(hours=5), trashed_at=NOON)
    found = figures.figures()
    assert (found.overdue, found.scheduled) == (2, 2)
    late = queries.appointments(until=ago(minutes=2), at_most=9)
    assert [(each.title, each.publishes) for each in late] == [("Going", False), ("Late", True)]
    assert [each.title for each in queries.appointments(after=timezone.now(), at_most=9)] == ["Coming"]
    assert len(queries.appointments(until=ago(minutes=2), at_most=1)) == 1


def test_cron_is_as_good_as_a_worker(both):
    seen("publish_due")
    assert figures.figures().working
    Lease.objects.update(seen_at=ago(minutes=4))
    assert not figures.figures().working
    seen("reconcile")
    assert not figures.figures().working


def test_a_run_that_refused_or_was_killed_is_no_good_run(both):
    Reconciliation.objects.create(started_at=ago(hours=3), finished_at=ago(hours=3), exit_code=3)
    Reconciliation.objects.create(started_at=ago(hours=2), finished_at=ago(hours=2), exit_code=5)
    Reconciliation.objects.create(started_at=ago(hours=1))
    found = figures.figures()
    assert (found.last.exit_code, found.good.exit_code) == (5, 3)
    assert round(found.unchecked.total_seconds()) == 3 * 3600


# --- lag over the day


def test_the_day_is_told_in_half_hours(both):
    minutes = [(0, 1), (10, 3), (29, 8), (30, 4), (95, None)]
    journeys = [
        (NOON + timedelta(minutes=at), took and NOON + timedelta(minutes=at, seconds=took))
        for at, took in minutes
    ]
    found = figures.slots(reversed(journeys), now=NOON + timedelta(minutes=97))
    assert [((slot.start - NOON) / timedelta(minutes=1), slot.events) for slot in found] == [
        (0, 3),
        (30, 1),
        (90, 1),
    ]
    assert [(slot.usual, slot.longest) for slot in found] == [(3, 8), (4, 4), (120, 120)]


def test_a_delivery_before_its_event_took_no_time():
    before = NOON - timedelta(seconds=2)
    assert figures.slots([(NOON, before)], now=NOON)[0].longest == 0


def test_only_the_last_day_and_so_many_events_are_looked_at(published, monkeypatch):
    for title in ("One", "Two", "Three"):
        published(title)
    now = timezone.now()
    OutboxEvent.objects.update(occurred_at=now - timedelta(hours=25))
    assert figures.lag_of_the_day(now) == []
    OutboxEvent.objects.update(occurred_at=now - timedelta(hours=1))
    assert sum(slot.events for slot in figures.lag_of_the_day(now)) == 3
    monkeypatch.setattr(figures, "JOURNEYS", 2)
    assert sum(slot.events for slot in figures.lag_of_the_day(now)) == 2


# --- the price


def test_the_figures_take_as_many_queries_with_many_posts_as_with_none(
    both, published, django_assert_num_queries
):
    with django_assert_num_queries(8, using="default"), django_assert_num_queries(0, using="reader"):
        figures.figures()
    for number in range(12):
        published(f"Post {number}")
    with django_assert_num_queries(8, using="default"), django_assert_num_queries(0, using="reader"):
        figures.figures()


@pytest.mark.parametrize("analysed", [False, True])  # SQLite gathers no statistics by itself
def test_no_figure_reads_a_table_that_grows(both, analysed):
    OutboxEvent.objects.bulk_create(delivered(number) for number in range(20_000))
    Post.objects.bulk_create(Post(created_at=NOON, edited_at=NOON) for _time in range(3000))
    connection, asked = connections["default"], []
    if analysed or connection.vendor == "postgresql":  # which does
        connection.cursor().execute("ANALYZE")
    with connection.execute_wrapper(lambda execute, *query: asked.append(query[:2]) or execute(*query)):
        figures.figures()
        figures.lag_of_the_day(NOON)
        queries.failing_events(at_most=20)
        queries.appointments(until=NOON, at_most=20)
        queries.newest_event(Post.objects.order_by("pk").values_list("pk", flat=True)[0])
        commands.deliver_all_again(actor=None, now=NOON)
        delivery.relay(now=NOON)
    plans = {sql: plan(connection, sql, params) for sql, params in asked}
    whole = re.compile(r"SCAN writer_\w+$|Seq Scan on writer_")
    assert not {sql: steps for sql, steps in plans.items() if any(map(whole.match, steps))}


def delivered(number):
    """Return an event that has long reached readers."""
    return OutboxEvent(
        post_id=UUID(int=number),
        version=number,
        kind="post.published",
        document={},
        occurred_at=NOON - timedelta(minutes=number),
        delivered_at=NOON,
        next_attempt_at=NOON,
        attempts=1,
    )


def plan(connection, sql, params):
    """Return the steps by which the database would answer."""
    how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {sql}", params)
        return [str(row[-1]).strip(" ->") for row in cursor.fetchall()]


# --- words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.02, "less than 0.1 s"),
        (0.42, "0.4 s"),
        (12.4, "12 s"),
        (119, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h"),
        (3 * 86_400, "3 days"),
    ],
)
def test_a_duration_is_said_in_one_unit(seconds, words):
    assert duration(timedelta(seconds=seconds)) == words
