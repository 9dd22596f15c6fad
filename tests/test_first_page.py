"""The first page of the desk: what needs somebody, what he writes, what comes and what went out."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from writer import commands
from writer.models import Author, Post


@pytest.fixture
def page(client, author):
    """Open the first page; return what stands in each of its sections."""
    client.force_login(author)

    def page():
        html = client.get("/admin/").content.decode()
        parts = re.findall(r"<section.*?<h2>([^<]*)</h2>(.*?)</section>", html, re.S)
        return {name.strip("✕ "): " ".join(re.sub(r"<[^>]+>", " ", words).split()) for name, words in parts}

    return page


def test_an_empty_blog_says_what_to_do(client, page):
    assert page() == {}
    html = client.get("/admin/").content.decode()
    assert "A blank page." in html
    assert "Write the first post" in html


def test_ones_own_drafts_and_changes_stand_together(page, draft, published, edit, django_user_model):
    draft("Mine")
    edit(published("Mine, changed"), body="Other.")
    Post.objects.filter(pk=draft("Somebody else's")).update(
        created_by=django_user_model.objects.create_user("other")
    )
    shown = page()["My drafts"]
    assert "Mine" in shown
    assert "◐ Changed" in shown
    assert "Somebody" not in shown


def test_what_is_ready_for_review_is_shown_with_its_author(page, draft, give):
    give(commands.ask_for_review, draft("Ready", authors=["Ann"]))
    shown = page()
    assert "Ready" in shown["Needs review"]
    assert "Ann" in shown["Needs review"]
    assert "My drafts" in shown
    assert "Ready" not in shown["My drafts"]


def test_the_next_two_weeks_are_shown_day_by_day(page, draft, published, give):
    tomorrow = timezone.now() + timedelta(days=1)
    for number in range(5):
        when = tomorrow + timedelta(seconds=number)
        give(commands.schedule, draft(f"Coming {number}"), publish_at=when, zone="UTC")
    give(
        commands.schedule_unpublish, published("Going"), unpublish_at=tomorrow + timedelta(days=1), zone="UTC"
    )
    give(commands.schedule, draft("Far away"), publish_at=tomorrow + timedelta(days=20), zone="UTC")
    shown = page()["The next two weeks"]
    assert "Coming 0" in shown
    assert "and 2 more" in shown
    assert "Going goes offline" in shown
    assert "Far away" not in shown


def test_what_went_out_is_shown_with_whether_readers_have_it(page, published, reader_down):
    published("Arrived")
    with reader_down():
        published("Stuck")
    shown = page()
    assert "Arrived ● Live" in shown["Last published"]
    assert "✕ Failed to reach readers" in shown["Last published"]
    assert "Stuck" in shown["Needs you"]
    assert "Arrived" not in shown["Needs you"]
    assert next(iter(shown)) == "Needs you"


def test_what_is_overdue_and_what_was_refused_stand_first(page, draft, give):
    late, refused = draft("Late"), draft("Refused")
    for post_id in (late, refused):
        give(commands.schedule, post_id, publish_at=timezone.now() + timedelta(days=1), zone="UTC")
    Post.objects.update(publish_at=timezone.now() - timedelta(minutes=5))
    Post.objects.filter(pk=refused).update(refusal="A post needs a title.")
    shown = page()["Needs you"]
    assert "Late It was due on" in shown
    assert "✕ Failed: A post needs a title." in shown
    assert shown.count("Refused") == 1


def test_it_takes_at_most_twelve_queries(
    page, client, draft, published, edit, give, django_user_model, django_assert_max_num_queries
):
    user = django_user_model.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="writer"))
    bob = commands.find_or_add_author("Bob")
    Author.objects.filter(pk=bob).update(user=user)
    for number in range(10):
        edit(published(f"Live {number}", authors=["Bob"]), body="Other.", authors=(bob,))
        give(commands.ask_for_review, draft(f"Ready {number}", authors=["Bob", "Ann"]))
        draft(f"Draft {number}", authors=["Bob"])
        when = timezone.now() + timedelta(days=number + 1)
        give(commands.schedule, draft(f"Soon {number}", authors=["Bob"]), publish_at=when, zone="UTC")
    for who in (user, None):
        if who:
            client.force_login(who)
        with django_assert_max_num_queries(12):
            html = client.get("/admin/").content.decode()
        assert "Ready 9" not in html  # there are more than it shows
        assert "Ready 0" in html


def test_a_contributor_sees_his_own_posts_only(client, page, draft, published, give, django_user_model):
    published("Not his")
    give(commands.ask_for_review, draft("Not his either"))
    user = django_user_model.objects.create_user("bob", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["add_post", "change_own_post"]))
    mine = give(commands.create_draft, draft=commands.Draft(title="His", body="Text."), actor=user)
    give(commands.ask_for_review, mine, actor=user)
    client.force_login(user)
    html = client.get("/admin/").content.decode()
    assert "Waiting for review" in html
    assert "His" in html
    assert "Not his" not in html


def test_who_has_no_role_is_told_so(client, both, django_user_model):
    client.force_login(django_user_model.objects.create_user("bob", is_staff=True))
    assert "Ask an administrator of this site for a role" in client.get("/admin/").content.decode()
