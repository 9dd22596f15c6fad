"""What the desk says of a post on its way to readers, and the button that tries again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from writer import commands, delivery
from writer.models import OutboxEvent, Post


@pytest.fixture
def failing(draft, give, reader_down):
    """A post whose newest event failed three times."""
    post_id = draft("Hello")
    with reader_down():
        give(commands.publish, post_id, now=timezone.now())
        for _time in range(2):
            delivery.relay(now=timezone.now(), patient=False)
    return post_id


def standing(desk, post_id):
    html = desk.get(f"post/{post_id}/change/")
    return html.split('<div class="readonly">')[1].split("</div>")[0]


def test_a_post_that_arrived_says_in_which_version_and_how_fast(desk, published):
    post_id = published("Hello")
    event = OutboxEvent.objects.get()
    OutboxEvent.objects.update(delivered_at=event.occurred_at + timedelta(seconds=0.4))
    assert standing(desk, post_id) == "● Live, version 1, 0.4 s after publishing"


def test_a_changed_post_says_what_readers_see_meanwhile(desk, published, edit):
    post_id = published("Hello")
    edit(post_id, body="Other words.")
    OutboxEvent.objects.update(delivered_at=OutboxEvent.objects.get().occurred_at)
    assert standing(desk, post_id) == ("◐ Changed · readers see version 1, less than 0.1 s after publishing")


def test_a_post_that_was_not_tried_yet_says_that_it_waits(desk, draft, give, monkeypatch):
    post_id = draft("Hello")
    monkeypatch.setattr(delivery, "deliver", lambda row, now: None)
    give(commands.publish, post_id)
    assert standing(desk, post_id) == "● Live · Waiting to reach readers"
    assert "Waiting to reach readers · ● Live" in desk.get("post/")


def test_a_post_that_failed_says_why_how_often_and_when_it_is_tried_next(desk, failing):
    OutboxEvent.objects.update(last_error="OperationalError: connection refused")
    at = timezone.localtime(OutboxEvent.objects.get().next_attempt_at)
    said = standing(desk, failing)
    assert "✕ Failed to reach readers: the readers’ database does not answer" in said
    assert "(OperationalError: connection refused)" in said
    assert f"tried 3 times, next try at {at:%H:%M} · ● Live" in said
    assert "✕ Failed to reach readers · ● Live" in desk.get("post/")
    assert "Hello" in desk.get("post/?state=failed")


def test_an_error_that_nobody_foresaw_is_said_as_far_as_it_is_known(desk, failing):
    assert "its page could not be made (OSError: the reader&#x27;s database is down)" in standing(
        desk, failing
    )


def test_try_again_delivers_at_once_and_keeps_what_was_typed(
    desk, failing, client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(using="default", execute=True):
        html = desk.press("_deliver", failing, body="Typed meanwhile.")
    assert "delivery tried again" in html
    assert client.get("/posts/hello/").status_code == 200
    assert Post.objects.get().body == "Typed meanwhile."
    assert "Typed meanwhile." not in client.get("/posts/hello/").content.decode()


def test_nothing_is_offered_or_done_where_nothing_failed(desk, published):
    post_id = published("Hello")
    assert 'name="_deliver"' not in desk.get(f"post/{post_id}/change/")
    html = desk.press("_deliver", post_id, body="Typed meanwhile.")
    assert "Readers have everything that was published of this post." in html
    assert "Typed meanwhile." in html


def test_a_newer_version_clears_the_failure(desk, failing, edit, give):
    assert 'name="_deliver"' in desk.get(f"post/{failing}/change/")
    edit(failing, body="Other words.")
    give(commands.publish, failing)
    assert standing(desk, failing).startswith("● Live, version 2, ")
    assert 'name="_deliver"' not in desk.get(f"post/{failing}/change/")
    assert "Failed to reach" not in desk.get("post/")


def test_a_post_that_was_taken_back_says_only_that_it_failed_to_be(desk, published, give, reader_down):
    post_id = published("Hello")
    with reader_down():
        give(commands.unpublish, post_id)
    assert standing(desk, post_id).endswith("· ○ Draft")
    delivery.relay(now=timezone.now(), patient=False)
    assert standing(desk, post_id) == "○ Draft"


def test_who_may_only_look_is_not_offered_to_try_again(failing, client, django_user_model):
    bob = django_user_model.objects.create_user("bob", is_staff=True)
    bob.user_permissions.set(Permission.objects.filter(codename="view_post"))
    client.force_login(bob)
    html = client.get(f"/admin/writer/post/{failing}/change/").content.decode()
    assert "Failed to reach readers" in html
    assert 'name="_deliver"' not in html


def test_the_list_takes_as_many_queries_for_many_posts_as_for_one(
    author, client, published, draft, give, reader_down, django_assert_max_num_queries
):
    client.force_login(author)
    published("Hello")
    client.get("/admin/writer/post/")
    with django_assert_max_num_queries(12) as asked:
        client.get("/admin/writer/post/")
    with reader_down():
        for number in range(9):
            give(commands.publish, draft(f"Post {number}"))
    with django_assert_max_num_queries(len(asked)):
        assert client.get("/admin/writer/post/").content.decode().count("Failed to reach") == 9
