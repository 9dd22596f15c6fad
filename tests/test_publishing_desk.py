"""The bar of a post, whether readers have it, and times on the author's clock."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.conftest import NOON
from writer import clocks, commands, delivery
from writer.forms import PostForm
from writer.models import Clock, OutboxEvent, Post
from writer.refusals import Refused
from writer.wall_time import offset


def step(html):
    """Return the next step: the one red button of the bar."""
    bar = html.split('class="submit-row"')[1].split('class="title"')[0]
    found = re.findall(r'<button [^>]*class="[^"]*default[^"]*"[^>]*>([^<]+)<', bar)
    assert len(found) == 1
    return found[0]


def page(desk, post_id):
    return desk.get(f"post/{post_id}/change/")


# --- the next step


def test_the_next_step_of_a_draft_is_to_publish_it(desk, draft):
    assert step(desk.get("post/add/")) == "Publish"
    assert step(page(desk, draft("Hello"))) == "Publish"


def test_the_next_step_of_a_scheduled_post_is_to_update_its_schedule(desk, draft, give):
    post_id = draft("Hello")
    give(commands.schedule, post_id, publish_at=NOON + timedelta(days=900), zone="UTC")
    html = page(desk, post_id)
    assert step(html) == "Update schedule…"
    assert "Publish now" in html
    assert 'name="_cancel_schedule"' in html


def test_the_next_step_of_a_public_post_is_to_publish_its_changes(desk, published, edit):
    post_id = published("Hello")
    html = page(desk, post_id)
    assert step(html) == "Publish changes"
    assert "data-once-typed" in html
    assert 'name="_unpublish"' in html
    edit(post_id, body="Changed.")
    html = page(desk, post_id)
    assert step(html) == "Publish changes"
    assert "data-once-typed" not in html
    assert 'name="_unpublish"' in html


def test_the_next_step_of_a_post_in_the_trash_is_to_restore_it(desk, draft, give):
    post_id = draft("Hello")
    give(commands.trash, post_id)
    assert step(page(desk, post_id)) == "Restore"


def test_each_button_stands_there_once_and_enter_only_saves(desk, draft, published, edit, give):
    changed, scheduled = published("Changed"), draft("Scheduled")
    edit(changed, body="Changed.")
    give(commands.schedule, scheduled, publish_at=NOON + timedelta(days=900), zone="UTC")
    for post_id in (changed, scheduled, draft("Draft"), published("Live")):
        names = re.findall(r'type="submit" name="(_\w+)"', page(desk, post_id))
        assert len(set(names) - {"_revert"}) == len([name for name in names if name != "_revert"])
        assert names[0] == "_save"


# --- whether readers have it


@pytest.fixture
def standing(client, author):
    client.force_login(author)
    return lambda post_id: client.get(f"/admin/writer/post/{post_id}/standing/")


def test_a_page_that_waits_asks_until_readers_have_it(desk, standing, draft, give, monkeypatch):
    post_id = draft("Hello")
    with monkeypatch.context() as patch:
        patch.setattr(delivery, "deliver", lambda row, now: None)
        give(commands.publish, post_id)
    path = f"/admin/writer/post/{post_id}/standing/"
    assert f'data-url="{path}"' in page(desk, post_id)
    assert "Waiting to reach readers" in standing(post_id).content.decode()
    delivery.relay(now=NOON)
    OutboxEvent.objects.update(delivered_at=OutboxEvent.objects.get().occurred_at + timedelta(seconds=0.3))
    html = standing(post_id).content.decode()
    assert "● Live, version 1, 0.3 s after publishing" in html
    assert 'data-url=""' in html
    assert 'href="/posts/hello/"' in html


def test_nobody_is_told_of_a_post_that_is_not_there(standing, both):
    assert standing("nonsense").status_code == 404


# --- the author's clock


@pytest.fixture
def said(client, author):
    """Ask what typed times mean, on this day at noon."""
    client.force_login(author)

    def said(**typed):
        with time_machine.travel(NOON, tick=False):  # 2026-03-01 12:00 UTC
            return client.get("/admin/writer/post/clock/", typed).content.decode()

    return said


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (
            {"publish_on": "2026-03-01T16:20", "zone": "Europe/Berlin"},
            "Published in 3 h 20 min, on Sunday 1 March 2026, 16:20 Europe/Berlin (UTC+01:00), "
            "which is 15:20 on the site’s clock (UTC).",
        ),
        (
            {"publish_on": "2026-03-29T03:30", "zone": "Europe/Berlin"},
            "Published in 27 days, on Sunday 29 March 2026, 03:30 Europe/Berlin (UTC+02:00), "
            "which is 01:30 on the site’s clock (UTC).",
        ),
        (
            {"unpublish_on": "2026-03-02T22:00", "zone": "America/St_Johns"},
            "Unpublished in 1 day 13 h, on Monday 2 March 2026, 22:00 America/St_Johns (UTC−03:30), "
            "which is 3 March, 01:30 on the site’s clock (UTC).",
        ),
        ({"publish_on": "2026-03-01T12:01", "zone": "UTC"}, "in 1 min, on Sunday 1 March 2026, 12:01 UTC (UTC)."),
        ({"publish_on": "2026-03-29T02:30", "zone": "Europe/Berlin"}, "does not exist in Europe/Berlin"),
        (
            {"publish_on": "2026-10-25T02:30", "zone": "Europe/Berlin"},
            "Say which: the first (UTC+02:00) or the second (UTC+01:00).",
        ),
        (
            {"publish_on": "2026-10-25T02:30", "zone": "Europe/Berlin", "occurrence": "second"},
            "02:30 Europe/Berlin (UTC+01:00), which is 01:30",
        ),
        ({"publish_on": "2026-02-01T12:00", "zone": "UTC"}, "that time has passed"),
        ({"publish_on": "2026-04-02T12:00", "unpublish_on": "2026-04-01T12:00", "zone": "UTC"}, "before it is published"),
        ({"publish_on": "never", "zone": "UTC"}, "This is not a date and time."),
        ({"publish_on": "2026-04-02T12:00", "zone": "Nowhere"}, "Write a time zone"),
        ({"publish_on": "9999-12-31T23:59", "zone": "America/New_York"}, "too far away"),
        ({"publish_on": "0001-01-01T00:00", "zone": "Asia/Tokyo"}, "too far away"),
    ],
)  # fmt: skip
def test_a_typed_time_is_said_in_words(said, typed, words):
    assert words in said(**typed)


def test_it_is_asked_only_where_the_clocks_go_back(said):
    assert "asks" in said(publish_on="2026-10-25T02:30", zone="Europe/Berlin")
    assert "asks" not in said(publish_on="2026-10-25T03:30", zone="Europe/Berlin")
    assert "<p" not in said()


def test_the_form_is_on_the_clock_that_the_browser_told(client, author, desk, draft):
    post_id = draft("Hello")
    assert client.post("/admin/writer/post/clock/", {"zone": "Asia/Tokyo"}).status_code == 204
    assert 'name="zone" value="Asia/Tokyo"' in page(desk, post_id)
    assert 'name="zone" value="Asia/Tokyo"' in desk.get("post/add/")
    desk.press("_schedule", post_id, publish_on="2098-05-04T09:00", zone="")
    assert Post.objects.get().publish_at == datetime(2098, 5, 4, 0, 0, tzinfo=UTC)
    assert client.post("/admin/writer/post/clock/", {"zone": "Europe/Rome"}).status_code == 204
    assert PostForm(instance=Post.objects.get()).initial["zone"] == "Asia/Tokyo"
    assert clocks.home_zone(author) == "Europe/Rome"


@pytest.mark.parametrize("zone", ["", "Nowhere", "../../etc/passwd", "x" * 5000, "Factory"])
def test_what_is_no_zone_is_refused_in_words(client, author, zone):
    client.force_login(author)
    answer = client.post("/admin/writer/post/clock/", {"zone": zone})
    assert answer.status_code == 400
    assert "is no time zone" in answer.content.decode()
    assert not Clock.objects.exists()
    with pytest.raises(Refused):
        commands.set_clock(zone=zone, actor=author, now=NOON)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=30), "less than a minute"),
        (timedelta(minutes=1), "1 min"),
        (timedelta(hours=3, minutes=20), "3 h 20 min"),
        (timedelta(days=1, minutes=5), "1 day 5 min"),
        (timedelta(days=6, hours=23, minutes=59), "6 days 23 h"),
        (timedelta(days=12, hours=4), "12 days"),
    ],
)
def test_how_long_it_is_until_then_is_said_in_its_largest_units(span, words):
    assert clocks.span_in_words(span) == words


def test_an_offset_is_said_as_people_write_it():
    assert offset(datetime(2026, 1, 1, tzinfo=UTC)) == "UTC"
