"""What is typed is kept while it is typed: the autosave, and what it never does."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from writer import commands
from writer.models import OutboxEvent, Post, Presence, Tag
from writer.refusals import Refused, Stale

PAGE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture
def typed(give):
    """Autosave a text, as the open page does; return the lock version that it has then."""

    def typed(post_id, body, *, sequence, editor=PAGE, lock_version=0, **values):
        words = commands.Draft(title="Hello", body=body)
        page = {"editor": editor, "sequence": sequence, "lock_version": lock_version}
        return give(commands.autosave_draft, post_id, draft=words, **page, **values)

    return typed


@pytest.fixture
def bob(django_user_model):
    """Somebody else who may do everything."""
    return django_user_model.objects.create_superuser("bob", "bob@example.org", "battery staple")


def history(post_id):
    """Return the bodies and reasons of the revisions, oldest first."""
    return list(Post.objects.get(pk=post_id).revisions.order_by("number").values_list("body", "reason"))


def test_autosaves_of_one_author_move_one_revision_along(draft, typed):
    post_id = draft()
    for number in range(1, 6):
        assert typed(post_id, f"Text {number}.", sequence=number, lock_version=number - 1) == number
    assert Post.objects.get().body == "Text 5."
    assert history(post_id) == [("A *first* text.", "save"), ("Text 5.", "autosave")]


@pytest.mark.parametrize("end", ["save", "publish", "schedule", "publish_due", "discard"])
def test_what_was_kept_on_purpose_is_never_rewritten(published, typed, give, edit, end):
    post_id = published()
    lock_version = typed(post_id, "On purpose.", sequence=1)
    if end == "save":
        edit(post_id)
    elif end == "publish":
        give(commands.publish, post_id)
    elif end == "discard":
        give(commands.discard_changes, post_id)
    else:
        at = timezone.now() + timedelta(days=1)
        give(commands.schedule, post_id, publish_at=at, zone="UTC")
        if end == "publish_due":
            commands.publish_due(now=at)
    post = Post.objects.get()
    typed(
        post_id,
        "Typed on.",
        sequence=2,
        editor=PAGE if lock_version == post.lock_version else OTHER,
        lock_version=post.lock_version,
    )
    assert [body for body, _reason in history(post_id)].count("On purpose.") == 1
    assert history(post_id)[-1] == ("Typed on.", "autosave")


def test_an_autosave_never_changes_what_readers_see(published, typed, client):
    post_id = published()
    before, events = client.get("/posts/hello/").content, OutboxEvent.objects.count()
    typed(post_id, "Half a sen", sequence=1)
    assert client.get("/posts/hello/").content == before
    assert OutboxEvent.objects.count() == events
    assert Post.objects.get().state == "changed"


def test_a_text_that_goes_live_while_it_is_typed_stays_in_the_history(draft, typed, give, client):
    post_id = draft()
    at = timezone.now() + timedelta(days=1)
    give(commands.schedule, post_id, publish_at=at, zone="UTC")
    typed(post_id, "Typed before the minute.", sequence=1)
    assert commands.publish_due(now=at) == (1, 0, 0)
    typed(post_id, "Typed after the minute.", sequence=2, lock_version=1)
    post = Post.objects.select_related("live").get()
    assert (post.state, post.live.body, post.live.reason) == (
        "changed",
        "Typed before the minute.",
        "publish",
    )
    assert history(post_id)[-1] == ("Typed after the minute.", "autosave")


def test_late_and_repeated_requests_change_nothing(draft, typed):
    post_id = draft()
    typed(post_id, "One.", sequence=1)
    typed(post_id, "Two.", sequence=2, lock_version=1)
    for late in (1, 2):
        assert typed(post_id, "One.", sequence=late) == 2
    assert Post.objects.get().body == "Two."


def test_an_answer_that_was_lost_is_no_conflict(draft, typed, give):
    post_id = draft()
    typed(post_id, "One.", sequence=1)  # the page never hears of it
    assert typed(post_id, "One, two.", sequence=2, lock_version=0) == 2
    words = commands.Draft(title="Hello", body="One, two, three.")
    give(commands.save_draft, post_id, draft=words, lock_version=0, editor=PAGE)
    assert Post.objects.get().body == "One, two, three."


def test_a_request_that_comes_after_the_page_was_saved_changes_nothing(draft, typed, give):
    post_id = draft()
    typed(post_id, "One.", sequence=1)
    words = commands.Draft(title="Hello", body="Saved.")
    give(commands.save_draft, post_id, draft=words, lock_version=1, editor=PAGE)
    with pytest.raises(Stale):
        typed(post_id, "Late.", sequence=2, lock_version=1)
    assert Post.objects.get().body == "Saved."


def test_nobody_autosaves_over_another_s_text(draft, typed, bob):
    post_id = draft()
    typed(post_id, "Bob’s.", sequence=1, actor=bob, editor=OTHER)
    with pytest.raises(Stale, match="bob saved this post"):
        typed(post_id, "Ada’s.", sequence=1)
    lock_version = typed(post_id, "Ada’s, after Bob’s.", sequence=2, lock_version=1)
    assert lock_version == 2
    assert [body for body, _reason in history(post_id)][1:] == ["Bob’s.", "Ada’s, after Bob’s."]


def test_a_post_in_the_trash_is_not_autosaved(draft, typed, give):
    post_id = draft()
    give(commands.trash, post_id)
    with pytest.raises(Refused, match="in the trash"):
        typed(post_id, "Text.", sequence=1)
    assert Post.objects.get().lock_version == 0


def test_a_new_post_is_made_once_by_its_first_autosave(both, typed):
    post_id = uuid.uuid4()
    for _again in range(2):
        assert typed(post_id, "First words.", sequence=1, new=True) == 0
    assert typed(post_id, "First words, and more.", sequence=2, new=True) == 1
    post = Post.objects.get()
    assert (post.pk, post.state, post.body) == (post_id, "draft", "First words, and more.")
    assert len(history(post_id)) == 1


def test_a_text_is_set_aside_once_and_the_draft_stays(draft, give):
    post_id = draft()
    words = commands.Draft(title="Hello", body="Mine.")
    numbers = {give(commands.set_aside, post_id, draft=words) for _again in range(2)}
    assert numbers == {2}
    assert Post.objects.get().body == "A *first* text."
    assert history(post_id)[-1] == ("Mine.", "aside")


def test_what_was_set_aside_is_taken_for_nobody_s_save(draft, give, edit):
    post_id = draft()
    give(commands.set_aside, post_id, draft=commands.Draft(title="Hello", body="Mine."))
    edit(post_id)
    assert [reason for _body, reason in history(post_id)] == ["save", "aside"]


# --- what the page asks


@pytest.fixture
def page(client, author):
    """An open page of a post that asks by itself."""
    client.force_login(author)

    def page(post_id, *, ask="autosave", sequence=1, lock_version=0, editor=PAGE, **fields):
        own = {"editor": str(editor), "sequence": sequence, "lock_version": lock_version, "writer": author.pk}
        words = {"title": "Hello", "body": "Typed.", "language": "en", "zone": "UTC"}
        return client.post(f"/admin/writer/post/{post_id}/{ask}/", {**words, **own, **fields})

    return page


def test_an_autosave_is_answered_with_what_the_page_goes_on_with(page, draft):
    post_id = draft()
    answer = page(post_id)
    assert answer.status_code == 200
    said = answer.json()
    assert (said["lock_version"], said["not_kept"], said["others"]) == (1, [], "")
    assert said["url"] == f"/admin/writer/post/{post_id}/change/"
    assert Post.objects.get().body == "Typed."


def test_a_field_that_is_wrong_keeps_no_text_from_being_kept(page, draft):
    answer = page(draft(), slug="no good!", language="not a language", publish_on="someday")
    assert answer.status_code == 200
    words = " ".join(answer.json()["not_kept"])
    assert "An address is made of letters" in words
    assert "language tag" in words
    assert "someday" not in words
    post = Post.objects.get()
    assert (post.body, post.slug, post.language) == ("Typed.", "hello", "en")


def test_a_name_that_is_half_typed_makes_no_tag(page, draft):
    post_id = draft(tags=["Sea"])
    answer = page(post_id, tag_names="Sea, Jav", author_names='"Ad')
    assert Tag.objects.get().name == "Sea"
    assert "New: Jav. Made once you press a button." in answer.json()["not_kept"]
    assert Post.objects.get().tags.count() == 1


def test_a_text_that_is_too_long_is_refused_in_words(page, draft):
    answer = page(draft(), body="a" * 200_001)
    assert "at most 200,000 fit" in answer.json()["not_kept"][0]
    assert Post.objects.get().body == "A *first* text."


def test_more_than_fits_into_a_request_is_refused_in_words(page, draft, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = page(draft(), body="a" * 2000)
    assert (answer.status_code, answer.json()["words"]) == (413, "This is more than one post can hold.")


@pytest.mark.parametrize(
    "wrong", [{"editor": "x"}, {"sequence": "0"}, {"sequence": "1e9"}, {"lock_version": "-1"}, {"editor": ""}]
)
def test_a_page_that_is_none_of_ours_is_refused_in_words(page, draft, wrong):
    answer = page(draft(), **wrong)
    assert answer.status_code == 422
    assert "Load it again" in answer.json()["words"]


@pytest.mark.parametrize("body", ["nul \x00", "half \ud83d"])
def test_what_cannot_be_stored_is_refused_in_words(page, draft, body):
    assert page(draft(), body=body.encode("utf-8", "surrogatepass")).status_code in (200, 422)
    assert Post.objects.get().body.isprintable() or "\ufffd" in Post.objects.get().body


def test_a_conflict_names_who_and_when(page, draft, typed, bob):
    post_id = draft()
    typed(post_id, "Bob’s.", sequence=1, actor=bob, editor=OTHER)
    for ask in ("autosave", "present"):
        answer = page(post_id, ask=ask)
        assert (answer.status_code, answer.json()["who"]) == (409, "bob")
        assert answer.json()["when"] == "2026-03-01T12:00:01Z"


def test_a_page_without_its_session_is_told_where_to_log_in(page, draft, client):
    post_id = draft()
    client.logout()
    for ask in ("autosave", "present"):
        answer = page(post_id, ask=ask)
        assert (answer.status_code, answer.json()["login"]) == (401, "/admin/login/")
    assert Post.objects.get().body == "A *first* text."


def test_a_page_does_not_save_as_somebody_who_logged_in_meanwhile(page, draft, client, bob):
    post_id = draft()
    client.force_login(bob)
    answer = page(post_id)
    assert answer.status_code == 401
    assert "bob is logged in here by now" in answer.json()["words"]
    assert Post.objects.get().body == "A *first* text."


def test_an_autosave_needs_its_token(draft, author):
    client = Client(enforce_csrf_checks=True)
    client.force_login(author)
    assert client.post(f"/admin/writer/post/{draft()}/autosave/", {"body": "x"}).status_code == 403


def test_a_post_that_was_deleted_for_ever_is_not_made_again(page, draft, give):
    post_id = draft()
    give(commands.trash, post_id)
    give(commands.purge, post_id)
    assert page(post_id).status_code == 410
    assert not Post.objects.exists()


def test_who_may_only_look_cannot_autosave(page, draft, author, client):
    post_id = draft()
    author.is_superuser = False
    author.save()
    assert page(post_id).status_code == 403
    assert page(uuid.uuid4(), new="1").status_code == 403
    assert Post.objects.get().body == "A *first* text."


def test_who_else_has_the_post_open_is_said_for_a_minute(page, draft, bob, clock, client):
    post_id = draft()
    commands.note_presence(post_id, actor=bob, now=timezone.now())
    assert page(post_id, ask="present").json()["others"] == "bob has this post open too."
    assert page(post_id).json()["others"] == "bob has this post open too."
    Presence.objects.filter(user=bob).update(seen_at=timezone.now() - timedelta(seconds=61))
    assert page(post_id, ask="present", lock_version=1).json()["others"] == ""
    assert Presence.objects.count() == 1


def test_the_form_of_a_new_post_goes_on_as_the_one_that_was_autosaved(page, desk, both):
    post_id = str(uuid.uuid4())
    assert page(post_id, new="1").status_code == 200
    new = {"title": "Hello", "language": "en", "zone": "UTC", "new_id": post_id, "editor": str(PAGE)}
    assert "Draft saved" in desk.post("post/add/", _save="1", body="Saved.", lock_version="0", **new)
    assert Post.objects.get().body == "Saved."
