"""The preview: what is typed, as readers would get it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.hostile import ALL
from tests.picture_files import picture
from writer import commands, drafted
from writer.forms import PostForm
from writer.models import Author, Picture, Post, Revision, Tag

LONG = """Opening words with *care* and a footnote.[^1]

# One

Text, `code`, and a picture: ![A hen](/media/pictures/0.png)

## Two

```python
print("hello")
```

# Three

| a | b |
|---|--:|
| 1 | 2 |

[^1]: The note.
"""
WORDS = {
    "title": "Über Hühner & “Eier”",
    "body": LONG,
    "summary": "In short.\nIn two lines.",
    "language": "de",
    "tag_names": 'Rust, C++, C#, rust, "Ham, Spam"',
    "author_names": "Grace Hopper, Ada",
    "translation_key": "hens",
    "series_name": "Über  Tiere",
    "description": "Was Hühner „wollen“ & sollen.",
    "canonical_url": "https://elsewhere.example/h?a=1&b=2",
    "cover": "/media/pictures/0.png",
    "cover_alt": "A <hen>",
    "unlisted": "on",
    "pinned": "on",
}


def test_every_field_of_which_readers_get_something_is_tried_here():
    beside = {"new_id", "lock_version", "editor", "slug", "part", *drafted.CLOCK}
    assert set(PostForm().fields) - beside == set(WORDS)


@pytest.fixture
def preview(client, author):
    """Ask for the preview of a post's form with these fields changed."""
    client.force_login(author)

    def preview(post_id=None, **fields):
        form = PostForm(instance=Post.objects.get(pk=post_id) if post_id else None)
        shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
        sent = {name: "" if value is None else value for name, value in {**shown, **fields}.items()}
        return client.post(f"/admin/writer/post/{post_id or 'new'}/preview/", sent)

    return preview


@pytest.fixture
def press(desk, django_capture_on_commit_callbacks):
    """Press a button, and let what waits for the commit happen."""

    def press(*args, **fields):
        with django_capture_on_commit_callbacks(using="default", execute=True):
            return desk.press(*args, **fields)

    return press


# --- it is the published page


@pytest.mark.parametrize("words", [WORDS, {"title": "Plain", "body": "Text."}])
def test_a_new_post_is_shown_as_it_is_published_to_the_byte(preview, press, client, words):
    new = {**words, "new_id": str(uuid4())}
    with time_machine.travel(datetime(2026, 5, 4, 9, 30, tzinfo=UTC), tick=False):
        shown = preview(**new)
        press("_publish", **new)
    (post,) = Post.objects.all()
    published = client.get(f"/posts/{post.slug}/")
    assert (shown.status_code, published.status_code) == (200, 200)
    assert shown.content == published.content


def test_a_changed_post_is_shown_as_it_is_published_to_the_byte(preview, press, published, give, client):
    post_id = published("Hello", tags=["C", "C++"], authors=["Ada"])
    give(commands.merge_tags, Tag.objects.get(name="C").pk, into=Tag.objects.get(name="C++").pk)
    with time_machine.travel(datetime(2026, 5, 4, 9, 30, tzinfo=UTC), tick=False):
        shown = preview(post_id, slug="hallo", **WORDS)
        press("_publish", post_id, slug="hallo", **WORDS)
    assert shown.content == client.get("/posts/hallo/").content
    assert b"updated" in shown.content


def test_a_further_part_of_a_series_is_shown_with_its_number(preview, press, client):
    for title in ("One", "Two"):
        press("_publish", **{**WORDS, "title": title, "slug": title.lower(), "new_id": str(uuid4())})
    new = {**WORDS, "title": "Three", "slug": "three", "new_id": str(uuid4())}
    with time_machine.travel(datetime(2026, 5, 4, 9, 30, tzinfo=UTC), tick=False):
        shown = preview(**new)
        press("_publish", **new)
    assert shown.content == client.get("/posts/three/").content
    assert "Part 3" in shown.content.decode()


def test_a_picture_of_the_library_is_shown_in_the_versions_that_it_has(
    preview, press, client, give, tmp_path, settings
):
    settings.MEDIA_ROOT = tmp_path
    give(commands.add_picture, data=picture("JPEG", size=(600, 300)), name="sea.jpg")
    commands.make_renditions(now=datetime(2026, 5, 4, tzinfo=UTC))
    url = Picture.objects.get().url
    new = {"title": "Sea", "body": f"![The sea]({url})", "cover": url, "new_id": str(uuid4())}
    with time_machine.travel(datetime(2026, 5, 4, 9, 30, tzinfo=UTC), tick=False):
        shown = preview(**new)
        press("_publish", **new)
    assert shown.content == client.get("/posts/sea/").content
    assert shown.content.count(b"<source ") == 2


def test_only_the_dates_of_publication_differ_when_it_is_published_later(preview, press, client):
    new = {**WORDS, "new_id": str(uuid4())}
    with time_machine.travel(datetime(2026, 5, 4, 9, 30, tzinfo=UTC), tick=False):
        shown = preview(**new).content.decode()
    with time_machine.travel(datetime(2026, 5, 5, 9, 30, tzinfo=UTC), tick=False):
        press("_publish", **new)
    page = client.get(f"/posts/{Post.objects.get().slug}/").content.decode()
    assert shown != page
    assert shown.replace("2026-05-04", "2026-05-05").replace("4 May 2026", "5 May 2026") == page


# --- it writes nothing


def test_nothing_is_written_and_nothing_is_asked_but_by_select(preview, published):
    post_id = published("Hello")
    before = Post.objects.values().get()
    counts = [model.objects.count() for model in (Post, Revision, Tag, Author)]
    with CaptureQueriesContext(connection) as asked:
        assert preview(post_id, **WORDS).status_code == 200
        assert preview(**WORDS).status_code == 200
    assert not [query["sql"] for query in asked if not query["sql"].startswith("SELECT")]
    assert Post.objects.values().get() == before
    assert [model.objects.count() for model in (Post, Revision, Tag, Author)] == counts


def test_a_post_that_somebody_else_saved_meanwhile_is_still_shown(preview, published, edit):
    post_id = published("Hello")
    edit(post_id, body="Theirs.")
    assert b"Mine." in preview(post_id, body="Mine.", lock_version="0").content


def test_a_schedule_that_is_wrong_is_in_no_preview_s_way(preview, draft):
    assert preview(draft("Hello"), publish_on="never", zone="Nowhere").status_code == 200


def test_a_post_without_a_title_is_shown_as_untitled(preview, both):
    assert b"<h1>Untitled</h1>" in preview(body="Text.").content


# --- what cannot be shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"body": "> " * 800 + "a"}, "quotes"),
        ({"body": "x" * 200_001}, "at most"),
        ({"body": "Text.", "language": "no language"}, "Write a language tag"),
        ({"body": "Text.", "slug": "not/one"}, "An address is made of"),
        ({"body": "Text.", "tag_names": '"open'}, "opened and not closed"),
        ({"body": "Text.", "author_names": "a" * 201}, "1 to 200 characters"),
        ({"body": "Text.\x00"}, "Null characters"),
    ],
)
def test_what_cannot_be_shown_is_said_in_the_preview(preview, both, words, said):
    answer = preview(title="Hello", **words)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert "This cannot be shown yet." in answer.content.decode()


def test_a_post_deleted_for_ever_meanwhile_is_no_error(author, published, give, client):
    post_id = published("Hello")
    give(commands.trash, post_id)
    give(commands.purge, post_id)
    client.force_login(author)
    answer = client.post(f"/admin/writer/post/{post_id}/preview/", {"title": "Hello", "body": "Text."})
    assert answer.status_code == 422
    assert "deleted for ever" in answer.content.decode()


@pytest.mark.parametrize("post_id", ["nonsense", "00000000-0000-0000-0000-000000000000", "0"])
def test_an_id_of_no_post_is_no_error(client, author, post_id):
    client.force_login(author)
    assert client.post(f"/admin/writer/post/{post_id}/preview/", {"title": "x"}).status_code == 422


# --- who may see it, and where


def test_only_who_may_write_the_post_gets_a_preview(client, published, django_user_model):
    path = f"/admin/writer/post/{published('Hello')}/preview/"
    assert client.post(path, {"title": "x"}).headers["Location"].startswith("/admin/login/")
    client.force_login(django_user_model.objects.create_user("bob", is_staff=True))
    assert client.post(path, {"title": "x"}).status_code == 403
    assert client.post("/admin/writer/post/new/preview/", {"title": "x"}).status_code == 403


def test_it_is_asked_for_by_a_form_of_this_site_only(author, both):
    client = Client(enforce_csrf_checks=True)
    client.force_login(author)
    assert client.post("/admin/writer/post/new/preview/", {"title": "x"}).status_code == 403
    assert client.get("/admin/writer/post/new/preview/").status_code == 405


def test_it_may_be_framed_by_the_desk_alone_and_runs_nothing_but_the_reader_s_own(preview, both):
    headers = preview(title="Hello", body="Text.").headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "no-store" in headers["Cache-Control"]


def test_hostile_words_are_shown_or_refused(preview, both):
    for start in range(0, len(ALL), 12):
        lines = [line.replace("\x00", "") for line in ALL[start : start + 12] if line.strip()]
        answer = preview(title=lines[0][:200], summary=lines[-1][:500], body="\n\n".join(lines))
        assert answer.status_code in (200, 422)
        assert b"<script>alert" not in answer.content
