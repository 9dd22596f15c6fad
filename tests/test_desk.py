"""The desk: what its forms read, keep and say."""

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from writer import commands
from writer.admin_posts import PostAdmin
from writer.forms import PostForm
from writer.models import Author, Post, Tag
from writer.name_lists import in_a_list, names


def soon(**distance):
    """Return a moment to come, to the minute, and how it is typed."""
    moment = (timezone.now() + timedelta(**distance)).replace(second=0, microsecond=0)
    return moment, f"{moment:%Y-%m-%dT%H:%M}"


# --- names


@pytest.mark.parametrize(
    "kept",
    [
        [],
        ["Ada"],
        ["Ada", "Grace Hopper"],
        ["Ham, Spam", "Eggs"],
        ['"Q"', 'a "b" c'],
        ["'", ";"],
        ['","', '"'],
    ],
)
def test_names_survive_the_form(kept):
    assert names(in_a_list(kept)) == kept


def test_names_are_read_as_they_are_typed():
    assert names(' a ,b,, a,"King, Jr.",  Grace \n Hopper , 7" ') == [
        "a",
        "b",
        "King, Jr.",
        "Grace Hopper",
        '7"',
    ]


def test_a_form_saved_untouched_changes_nothing(desk, draft, give):
    post_id = draft("Hello", tags=["C", "C++", "Ham, Spam"], authors=["King, Jr.", "Ada"])
    give(commands.publish, post_id)
    give(commands.rename_tag, Tag.objects.get(name="C++").pk, name="Cpp")
    give(commands.rename_author, Author.objects.get(name="Ada").pk, name="Ada Lovelace")
    desk.press("_save", post_id)
    post = Post.objects.get()
    assert (post.state, post.revisions.count()) == ("live", 1)
    assert (Tag.objects.count(), Author.objects.count()) == (3, 2)


def test_a_name_that_another_has_is_refused_at_the_desk(desk, both):
    commands.find_or_add_tag("Rust")
    assert "“rust” is the name of another" in desk.post("tag/add/", name="rust", slug="other")
    assert Tag.objects.count() == 1


# --- what is typed is kept, whichever button is pressed


@pytest.mark.parametrize("button", ["_trash", "_discard", "_revert", "_unpublish"])
def test_a_button_that_ends_a_text_keeps_it_as_a_revision(desk, published, edit, button):
    post_id = published("Hello")
    edit(post_id, body="Changed.")
    desk.press(button, post_id, body="Typed, and not yet saved.")
    assert Post.objects.get().revisions.filter(body="Typed, and not yet saved.").exists()


def test_what_is_typed_into_a_post_in_the_trash_is_kept_when_it_is_restored(desk, published, give):
    post_id = published("Hello")
    give(commands.trash, post_id)
    assert "Restored from the trash" in desk.press("_restore", post_id, body="Typed in the trash.")
    post = Post.objects.get()
    assert (post.state, post.body) == ("draft", "Typed in the trash.")
    assert "not in the trash" in desk.press("_restore", post_id)


def test_a_post_that_went_to_the_trash_meanwhile_keeps_the_text_on_the_screen(desk, published, give):
    post_id = published("Hello")
    give(commands.trash, post_id)
    html = desk.press("_publish", post_id, body="Typed meanwhile.")
    assert "Restore it first" in html
    assert "Typed meanwhile." in html


# --- the schedule


def test_a_schedule_is_shown_as_it_was_typed(desk, draft):
    post_id = draft("Hello")
    publish_at, publish_on = soon(days=2)
    unpublish_at, unpublish_on = soon(days=4)
    html = desk.press("_schedule", post_id, publish_on=publish_on, unpublish_on=unpublish_on, zone="UTC")
    said = f"publish on {publish_at:%Y-%m-%d %H:%M} UTC · unpublish on {unpublish_at:%Y-%m-%d %H:%M} UTC"
    assert f"Scheduled: {said}." in html
    assert f"◷ Scheduled · {said}" in html
    assert said in desk.get("post/")
    initial = PostForm(instance=Post.objects.get()).initial
    assert (initial["publish_on"], initial["unpublish_on"]) == (publish_on, unpublish_on)


def test_both_times_are_shown_on_one_clock(draft, give):
    post_id = draft("Hello")
    publish_at, unpublish_at = soon(days=2)[0], soon(days=4)[0]
    give(commands.schedule, post_id, publish_at=publish_at, zone="Asia/Kolkata")
    give(commands.schedule_unpublish, post_id, unpublish_at=unpublish_at, zone="UTC")
    initial = PostForm(instance=Post.objects.get()).initial
    assert initial["zone"] == "Asia/Kolkata"
    assert initial["unpublish_on"] == f"{unpublish_at + timedelta(hours=5, minutes=30):%Y-%m-%dT%H:%M}"


def test_an_hour_that_comes_twice_is_shown_with_its_answer(desk, draft):
    for answer in ("first", "second"):
        post_id = draft(answer)
        when = {"publish_on": "2098-10-26T02:30", "zone": "Europe/Berlin", "occurrence": answer}
        desk.press("_schedule", post_id, **when)
        shown = PostForm(instance=Post.objects.get(pk=post_id)).initial
        assert {name: shown[name] for name in when} == when
        assert "Draft saved" in desk.press("_save", post_id)


def test_a_time_that_is_emptied_is_no_longer_scheduled(desk, draft):
    post_id = draft("Hello")
    desk.press("_schedule", post_id, publish_on=soon(days=2)[1], unpublish_on=soon(days=4)[1])
    desk.press("_schedule", post_id, unpublish_on="")
    post = Post.objects.get()
    assert (post.publish_at is None, post.unpublish_at) == (False, None)
    assert "Nothing is scheduled any more" in desk.press("_schedule", post_id, publish_on="")
    assert Post.objects.get().publish_at is None


def test_both_times_can_be_moved_at_once(desk, draft):
    post_id = draft("Hello")
    desk.press("_schedule", post_id, publish_on=soon(days=2)[1], unpublish_on=soon(days=4)[1])
    later, typed = soon(days=6)
    desk.press("_schedule", post_id, publish_on=typed, unpublish_on=soon(days=8)[1])
    assert Post.objects.get().publish_at == later


def test_a_time_is_not_lost_by_the_button_that_saves_the_draft(desk, draft):
    post_id, typed = draft("Hello"), soon(days=2)[1]
    html = desk.press("_save", post_id, publish_on=typed, body="New text.")
    assert "press “Save and schedule”" in html
    assert typed in html
    assert "New text." in html
    desk.press("_schedule", post_id, publish_on=typed)
    assert "Draft saved" in desk.press("_save", post_id, body="New text.")
    assert "press “Save and schedule”" in desk.press("_save", post_id, publish_on="")
    assert Post.objects.get().publish_at is not None


def test_a_time_that_passed_while_the_form_was_open_is_in_nobody_s_way(desk, draft):
    html = desk.press("_save", draft("Hello"), publish_on="2026-01-01T09:00", body="New text.")
    assert "Draft saved" in html


# --- the trash, and deleting for ever


def test_the_list_offers_what_fits_the_posts_it_shows(desk, published):
    published("Hello")
    assert "Delete for ever" not in desk.get("post/")
    assert "Move to the trash" in desk.get("post/")


def test_the_trash_offers_to_restore_and_to_delete_for_ever(desk, published, give):
    post_id = published("Hello")
    give(commands.trash, post_id)
    html = desk.get("post/?state=trash")
    assert "Delete for ever" in html
    assert "Restore from the trash" in html
    assert "Move to the trash" not in html
    html = desk.post("post/?state=trash", action="delete_selected", _selected_action=str(post_id))
    assert "“Hello”, with all its revisions" in html
    assert Post.objects.exists()
    desk.post("post/?state=trash", action="delete_selected", _selected_action=str(post_id), post="yes")
    assert not Post.objects.exists()


def test_an_author_in_a_byline_cannot_be_deleted_and_the_desk_says_whose(desk, published, edit):
    post_id = published("Hello", authors=["Ada"])
    ada = Author.objects.get()
    edit(post_id, authors=())
    html = desk.get(f"author/{ada.pk}/delete/")
    assert "The byline of “Hello”, or of a revision of it" in html
    assert "object (" not in html


def test_a_form_from_before_a_login_is_refused_in_words(both):
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "ada"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()


# --- what goes wrong


@pytest.mark.parametrize("path", ["author/add/", "author/{}/change/", "tag/add/", "tag/{}/change/"])
def test_a_refused_name_keeps_what_was_typed(desk, both, path):
    for make in (commands.find_or_add_author, commands.find_or_add_tag):
        make("Ada")
    ids = {"author": commands.find_or_add_author("Bob"), "tag": commands.find_or_add_tag("Bob")}
    html = desk.post(path.format(ids[path.split("/")[0]]), name="ADA", slug="a-slug", bio="Typed with care.")
    assert "“ADA” is the name of another" in html
    assert 'value="ADA"' in html
    assert "Typed with care." in html or path.startswith("tag")


@pytest.mark.parametrize("button", ["_save", "_publish", "_discard", "_revert"])
def test_no_button_drops_a_time_that_was_typed(desk, published, edit, button):
    post_id, (_moment, typed) = published("Hello"), soon(days=2)
    edit(post_id, body="Changed.")
    html = desk.press(button, post_id, unpublish_on=typed, body="Typed.")
    assert "You changed the schedule" in html
    assert typed in html
    assert Post.objects.get().body == "Changed."


def test_the_text_of_a_post_that_was_deleted_for_ever_can_be_saved_as_a_new_one(
    desk, published, give, client
):
    post_id = published("Hello")
    give(commands.trash, post_id)
    give(commands.purge, post_id)
    words = {"title": "Hello", "body": "Typed.", "language": "en", "zone": "UTC", "lock_version": "0"}
    html = desk.post(f"post/{post_id}/change/", _save="1", **words)
    assert "deleted for ever after you opened it" in html
    assert "Typed." in html
    assert 'action="/admin/writer/post/add/"' in html
    desk.post("post/add/", _save="1", **words)
    assert Post.objects.get().body == "Typed."


def test_going_back_to_the_form_of_a_new_post_makes_no_second_one(desk, both):
    new = {"title": "Hello", "language": "en", "zone": "UTC", "new_id": str(uuid.uuid4())}
    desk.post("post/add/", _save="1", body="First.", **new)
    desk.post("post/add/", _save="1", body="Second.", **new)  # as opened: nobody saved in between
    assert Post.objects.get().body == "Second."
    html = desk.post("post/add/", _save="1", body="Third.", **new)
    assert "saved this post after you opened it" in html
    assert "Third." in html
    assert Post.objects.get().body == "Second."


def test_a_button_that_is_pressed_while_a_new_post_is_being_saved_finds_it(desk, both, monkeypatch):
    new = {"title": "Hello", "language": "en", "zone": "UTC", "new_id": str(uuid.uuid4())}
    found, looks = PostAdmin.made_before, []

    def made_before(admin, request):
        looks.append(request)
        if len(looks) > 1:
            return found(admin, request)
        desk.post(
            "post/add/", _save="1", body="First.", **new
        )  # arrives behind the look, before the post is made
        return None

    monkeypatch.setattr(PostAdmin, "made_before", made_before)
    assert "Published." in desk.post("post/add/", _publish="1", body="Second.", **new)
    assert Post.objects.get().live.body == "Second."


def test_every_revision_can_be_brought_back(desk, draft, edit):
    post_id = draft("Hello")
    for number in range(24):
        edit(post_id, body=f"Text {number}.")
    html = desk.get(f"post/{post_id}/change/")
    assert html.count('name="_revert"') == 20
    assert f"/admin/writer/post/{post_id}/revisions/?before=6" in html
    assert desk.get(f"post/{post_id}/revisions/?before=6").count('name="_revert"') == 5
    assert "The draft is that revision again" in desk.post(f"post/{post_id}/revert/", _revert="1")
    assert Post.objects.get().body == "A *first* text."


def test_saving_a_post_that_is_overdue_says_that_it_will_be_published(desk, draft, give):
    post_id = draft("Hello")
    give(commands.schedule, post_id, publish_at=timezone.now() + timedelta(days=1), zone="UTC")
    Post.objects.update(publish_at=timezone.now() - timedelta(minutes=5))
    assert "readers will see it within a minute" in desk.press("_save", post_id)


def test_posts_with_a_schedule_can_be_listed_whatever_their_state(desk, published, give):
    post_id = published("Going away")
    published("Staying")
    give(commands.schedule_unpublish, post_id, unpublish_at=timezone.now() + timedelta(days=9), zone="UTC")
    html = desk.get("post/?state=appointed")
    assert "Going away" in html
    assert "Staying" not in html


@pytest.mark.parametrize("typed", ['"Ham, Spam', '"a" b, c'])
def test_a_quotation_mark_that_is_not_closed_is_named(desk, draft, typed):
    assert "opened and not closed" in desk.press("_save", draft("Hello"), tag_names=typed)


# --- what somebody may do


@pytest.fixture
def allowed(client, django_user_model):
    """Log somebody in who may do no more than these things with posts."""

    def allowed(*names):
        user = django_user_model.objects.create_user("bob", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=[f"{name}_post" for name in names]))
        client.force_login(user)

    return allowed


def test_who_may_look_sees_the_post_and_no_buttons(allowed, client, published):
    path = f"/admin/writer/post/{published('Hello', tags=['Sea'], authors=['Ann'])}/change/"
    allowed("view")
    html = client.get(path).content.decode()
    assert all(words in html for words in ("Hello", "Sea", "Ann", "A *first* text."))
    assert not any(words in html for words in ('type="submit" name="_', "_revert", "Occurrence"))
    assert client.post(path, {"_trash": "1", "title": "x"}).status_code == 403


def test_who_may_add_saves_drafts_and_is_told_so(allowed, client, both):
    allowed("add")
    assert 'name="_publish"' not in client.get("/admin/writer/post/add/").content.decode()
    words = {"title": "Hello", "body": "Text.", "language": "en", "zone": "UTC"}
    answer = client.post("/admin/writer/post/add/", {**words, "_save": "1"}, follow=True)
    assert answer.status_code == 200
    assert "Draft saved" in answer.content.decode()
    assert client.post("/admin/writer/post/add/", {**words, "_publish": "1"}).status_code == 403
    assert [post.state for post in Post.objects.all()] == ["draft"]


def test_a_revision_says_whether_it_was_saved_or_published(desk, draft):
    post_id = draft("Hello")
    desk.press("_publish", post_id, body="Published.")
    desk.press("_save", post_id, body="Saved.")
    reasons = Post.objects.get().revisions.values_list("body", "reason")
    assert dict(reasons) == {"A *first* text.": "save", "Published.": "publish", "Saved.": "save"}
