"""A save that comes too late, and one whose session is gone: whatever is chosen, no text is lost."""

import uuid

import pytest
from django.test import Client

from writer import commands
from writer.models import Post, Tag


@pytest.fixture
def bob(django_user_model):
    """Somebody else who may do everything."""
    return django_user_model.objects.create_superuser("bob", "bob@example.org", "battery staple")


@pytest.fixture
def late(draft, give, bob, client, author):
    """Press a button on a form that was opened before Bob saved; return the post's id and the answer."""
    client.force_login(author)

    def late(button="_save", **fields):
        post_id = draft("Hello", body="Once upon a time.")
        theirs = commands.Draft(title="Hello", body="Twice upon a time.", description="Theirs.")
        give(commands.save_draft, post_id, draft=theirs, lock_version=0, actor=bob)
        mine = {
            "title": "Hello",
            "body": "Once upon a day.",
            "language": "en",
            "zone": "UTC",
            "lock_version": "0",
        }
        answer = client.post(f"/admin/writer/post/{post_id}/change/", {**mine, **fields, button: "1"})
        return post_id, answer

    return late


@pytest.fixture
def choose(client):
    """Choose on the page of the conflict; return the page that follows."""

    def choose(post_id, choice, number=3, lock_version=1, **fields):
        sent = {"choice": choice, "lock_version": lock_version, **fields}
        return client.post(f"/admin/writer/post/{post_id}/conflict/{number}/", sent, follow=True)

    return choose


def texts():
    """Return every text that an author can find, by its reason."""
    return dict(Post.objects.get().revisions.values_list("body", "reason"))


@pytest.mark.parametrize(
    "button", ["_save", "_publish", "_schedule", "_trash", "_discard", "_revert", "_unpublish"]
)
def test_a_save_that_comes_too_late_shows_both_texts_and_does_nothing(late, button):
    _post_id, answer = late(button)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "bob saved this post after you opened it" in html
    assert "<del>Twice</del> upon a <del>time</del>." in html
    assert "<ins>Once</ins> upon a <ins>day</ins>." in html
    post = Post.objects.get()
    assert (post.body, post.state) == ("Twice upon a time.", "draft")
    assert texts()["Once upon a day."] == "aside"


def test_mine_becomes_the_draft_and_theirs_stays_in_the_history(late, choose):
    post_id, _answer = late()
    assert "Your text is the draft" in choose(post_id, "mine").content.decode()
    assert Post.objects.get().body == "Once upon a day."
    assert "Twice upon a time." in texts()


def test_theirs_stays_the_draft_and_mine_stays_in_the_history(late, choose):
    post_id, _answer = late()
    assert "Your text is revision 3" in choose(post_id, "theirs").content.decode()
    assert Post.objects.get().body == "Twice upon a time."
    assert texts()["Once upon a day."] == "aside"


def test_a_text_is_merged_by_hand_with_fields_of_theirs(late, choose):
    post_id, answer = late(description="Mine.")
    assert "Description: take theirs" in answer.content.decode()
    assert (
        "Saved as you merged it"
        in choose(
            post_id, "merged", body="Twice upon a day.", theirs=["description", "pk", "__class__"]
        ).content.decode()
    )
    post = Post.objects.get()
    assert (post.body, post.description) == ("Twice upon a day.", "Theirs.")
    assert {"Once upon a day.", "Twice upon a time."} <= texts().keys()


def test_a_choice_that_comes_too_late_again_is_asked_again_and_keeps_the_merged_text(late, choose, edit):
    post_id, _answer = late()
    edit(post_id, body="Thrice.")
    answer = choose(post_id, "merged", body="Typed for long.")
    assert answer.status_code == 409
    html = answer.content.decode()
    assert "ada saved this post after you opened it" in html
    assert "Typed for long." in html
    assert Post.objects.get().body == "Thrice."
    assert (
        "Saved as you merged it"
        in choose(post_id, "merged", body="Typed for long.", lock_version=2).content.decode()
    )


def test_a_merged_text_that_cannot_be_kept_is_refused_in_words(late, choose):
    post_id, _answer = late()
    for body in ("x" * 200_001, "nul \x00"):
        html = choose(post_id, "merged", body=body).content.decode()
        assert "at most" in html or "cannot be stored" in html
    assert "Choose which text" in choose(post_id, "neither").content.decode()


@pytest.mark.parametrize("number", [1, 99])
def test_there_is_no_page_for_what_was_not_set_aside(late, choose, client, number):
    post_id, _answer = late()
    assert client.get(f"/admin/writer/post/{post_id}/conflict/{number}/").status_code == 404
    assert choose(post_id, "mine", number=number).status_code == 404


def test_loading_the_page_again_sets_nothing_aside_twice(late, client):
    post_id, _answer = late()
    words = {
        "title": "Hello",
        "body": "Once upon a day.",
        "language": "en",
        "zone": "UTC",
        "lock_version": "0",
    }
    assert client.post(f"/admin/writer/post/{post_id}/change/", {**words, "_save": "1"}).status_code == 409
    assert Post.objects.get().revisions.count() == 3
    assert client.get(f"/admin/writer/post/{post_id}/conflict/3/").status_code == 200


# --- a session that is gone


@pytest.fixture
def lost(draft, author):
    """Send the form of a post without a session, with scripts off; return the browser, the path, and what was sent."""
    client = Client()
    post_id = draft("Hello", tags=["Sea"])
    sent = {
        "title": "Hello",
        "body": '\n  Much\ntyped "text" & <b>more</b>.',
        "language": "en",
        "zone": "UTC",
        "lock_version": "0",
    }
    return client, f"/admin/writer/post/{post_id}/change/", {**sent, "tag_names": "Sea", "_save": "1"}


def test_a_form_whose_session_is_gone_goes_on_after_a_login_on_the_spot(lost):
    client, path, sent = lost
    answer = client.post(path, sent)
    assert answer.status_code == 401
    html = answer.content.decode()
    assert "Nothing that you typed is lost" in html
    assert "&lt;b&gt;more" in html
    wrong = client.post(path, {**sent, "login-username": "ada", "login-password": "wrong horse"})
    assert wrong.status_code == 401
    assert "wrong horse" not in wrong.content.decode()
    again = client.post(
        path, {**sent, "login-username": "ada", "login-password": "correct horse battery"}, follow=True
    )
    assert "Draft saved" in again.content.decode()
    assert Post.objects.get().body == sent["body"]
    assert Tag.objects.count() == 1


def test_all_that_was_sent_is_in_the_form_that_asks_to_log_in(lost):
    client, path, sent = lost
    html = client.post(path, sent).content.decode()
    for name in sent:
        assert f'<input type="hidden" name="{name}"' in html


def test_who_may_not_enter_the_desk_does_not_save_by_that_form(lost, django_user_model):
    client, path, sent = lost
    django_user_model.objects.create_user("eve", password="evil")
    answer = client.post(path, {**sent, "login-username": "eve", "login-password": "evil"})
    assert answer.status_code == 401
    assert Post.objects.get().body == "A *first* text."


def test_a_new_post_whose_session_is_gone_is_made_after_the_login(author):
    client = Client(enforce_csrf_checks=True)
    token = client.get("/admin/login/").cookies["csrftoken"].value
    sent = {
        "title": "New",
        "body": "Typed.",
        "language": "en",
        "zone": "UTC",
        "new_id": str(uuid.uuid4()),
        "_save": "1",
    }
    sent["csrfmiddlewaretoken"] = token
    assert client.post("/admin/writer/post/add/", sent).status_code == 401
    entry = {"login-username": "ada", "login-password": "correct horse battery"}
    assert client.post("/admin/writer/post/add/", {**sent, **entry}).status_code == 302
    assert Post.objects.get().body == "Typed."
