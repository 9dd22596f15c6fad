"""What the internet sends: a clear answer to anything, never a 500, and nothing half-written."""

import pytest
from django.test import Client

from tests.wsgi import ask
from writer.models import Author, OutboxEvent, Post, Tag

PATHS = [
    "/posts/%00/", "/%00", "/tags/%00/", "/posts/%ED%A0%80/", "/posts/%FF%FE/", "/" + "a" * 5000, "/posts/" + "é" * 300 + "/",
    "/page/0/", "/page/99999999999999999999999/", "/page/-1/", "/page/x/", "/tags/x/page/99999999999999999999/",
    "/../../etc/passwd", "/posts/..%2f..%2fsettings/", "//evil.example/", "/posts//hello/", "/?%00", "/?page=%00&x=%FF",
    "/?" + "a=b&" * 500, "/posts/hello/?%ED%A0%80", "/%E2%80%AE/", "/posts/%F0%9F%92%A9/", "/media/../secret.key",
    "/media/%2e%2e/secret.key", "/media/%00.png", "/media/" + "a" * 5000, "/static/../manage.py", "/tags/'; DROP TABLE x/",
    "/readyz?%00", "/healthz?x=%ff", "/posts/hello%0d%0aSet-Cookie:x=1/", "/%0d%0a", "/\\evil.example", "/posts/hello/%00",
]  # fmt: skip
DESK = [
    "post/?q=%00", "post/?q=%FF", "post/?q=" + "x" * 5000, "post/?state=nonsense", "post/?state=%00", "post/?p=99999999999999999999",
    "post/?p=-1", "post/?o=999", "post/?o=x.y", "post/?id__exact=nonsense", "post/?id__exact=%ED%A0%80", "post/?all=",
    "post/?title__contains=%00", "post/nonsense/change/", "post/%00/change/", "post/99999999999999999999999999/change/",
    "post/00000000-0000-0000-0000-000000000000/change/", "post/nonsense/delete/", "post/nonsense/history/",
    "tag/99999999999999999999999/change/", "tag/x/change/", "tag/?q=%00", "author/-1/change/", "author/?q=%ED%A0%80",
    "post/?e=1", "post/?_facets=1", "post/?q=%F0%9F%92%A9", "post/?q='", 'post/?q="', "post/?q=%5C",
]  # fmt: skip
FINE = {200, 301, 302, 400, 404, 410}


@pytest.mark.parametrize("path", PATHS)
def test_any_public_path_gets_an_answer(published, client, path):
    published("Hello")
    answer = client.get(path)
    assert answer.status_code in FINE
    assert "\n" not in answer.get("Location", "")


@pytest.mark.parametrize("path", DESK)
def test_any_path_of_the_desk_gets_an_answer(published, admin_client, path):
    published("Hello", tags=["one"])
    assert admin_client.get(f"/admin/writer/{path}").status_code in FINE


KINDS = [
    "text/plain; charset=raw_unicode_escape", "text/plain; charset=unicode_escape", "text/plain; charset=utf-7", "text/plain; charset=utf-16", "a; charset=hex",
    "a; charset=rot13", "a; charset=idna", "a; charset=punycode", "a; charset=undefined", "a; charset=bz2", "a; charset=mbcs", "a; charset=\x00", "a; charset=\xff",
    "a; charset*=hex''%ff", "a; charset*=punycode''%ff%00", "a; charset*=undefined''x", "a; b*0=1; b*1*=2", "a; charset=" + "x" * 5000, ";", "=", "\xff;\xff=\xff",
    "multipart/form-data", "multipart/form-data; boundary=\xff", "application/x-www-form-urlencoded; charset=hex",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: repr(kind)[:40])
def test_what_a_request_says_of_its_encoding_changes_nothing(published, kind):
    published("Hello")
    for path, query in (
        ("/search/", "q=hello%5cud800"),
        ("/posts/hello/", ""),
        ("/admin/login/", "next=%5cud800"),
    ):
        asked, plain = ask(path, query, CONTENT_TYPE=kind), ask(path, query)
        assert (asked.status, asked.body[:200]) == (plain.status, plain.body[:200])
    assert ask("/admin/login/", method="POST", body=b"username=%5cud800&a", CONTENT_TYPE=kind).status in (
        400,
        403,
    )


def test_a_form_in_an_encoding_that_makes_half_an_emoji_is_read_as_utf_8(both, author, client):
    client.force_login(author)
    cookie = f"sessionid={client.cookies['sessionid'].value}; csrftoken={'a' * 32}"
    fields = {
        "title": "Hello \\ud800",
        "language": "en",
        "zone": "UTC",
        "_save": "1",
        "csrfmiddlewaretoken": "a" * 32,
    }
    form = "".join(
        f'--X\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    kind = "multipart/form-data; charset=raw_unicode_escape; boundary=X"
    reply = ask(
        "/admin/writer/post/add/",
        method="POST",
        body=f"{form}--X--\r\n".encode(),
        CONTENT_TYPE=kind,
        headers={"cookie": cookie},
    )
    assert reply.status == 302
    assert Post.objects.get().title == "Hello \\ud800"


@pytest.mark.parametrize(
    ("typed", "site"), [("9999-12-31T23:59", "Asia/Tokyo"), ("0001-01-01T00:00", "America/New_York")]
)
def test_a_year_at_the_end_of_time_is_refused_while_it_is_typed(both, admin_client, settings, typed, site):
    settings.TIME_ZONE = site
    path = "/admin/writer/post/clock/"
    answer = admin_client.get(path, {"publish_on": typed, "unpublish_on": typed, "zone": "UTC"})
    assert "too far away" in answer.content.decode()


def test_the_suggestions_of_the_desk_take_anything(both, admin_client):
    for term in ("%00", "%FF", "x" * 5000, "%F0%9F%92%A9"):
        path = f"/admin/autocomplete/?app_label=writer&model_name=tag&field_name=merged_into&term={term}"
        assert admin_client.get(path).status_code in FINE


@pytest.fixture
def submit(admin_client, both):
    """Submit the form of a new post with some field filled oddly; return the response."""

    def submit(path="/admin/writer/post/add/", button="_save", **fields):
        words = {"title": "Hello", "body": "Text.", "language": "en", "zone": "UTC", button: "1"}
        return admin_client.post(path, {**words, **fields})

    return submit


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": "a\x00b"}, "Null characters are not allowed"),
        ({"body": "a\x00b"}, "Null characters are not allowed"),
        ({"summary": "a\x00b"}, "Null characters are not allowed"),
        ({"slug": "a\x00b"}, "Null characters are not allowed|valid"),
        ({"tag_names": "a\x00b"}, "Null characters are not allowed"),
        ({"author_names": "a\x00b"}, "Null characters are not allowed"),
        ({"title": "a" * 201}, "at most 200 characters"),
        ({"summary": "a" * 501}, "at most 500 characters"),
        ({"body": "a" * 200_001}, "200,001 characters; at most 200,000"),
        ({"language": "klingon!"}, "language tag"),
        ({"language": "a" * 40}, "at most 35 characters|language tag"),
        ({"zone": "Mars/Olympus"}, "time zone such as"),
        ({"zone": "../../etc/passwd"}, "time zone such as"),
        ({"publish_on": "0000-00-00T00:00"}, "not a date and time"),
        ({"publish_on": "10000-01-01T00:00"}, "not a date and time"),
        ({"publish_on": "2027-02-30T10:00"}, "not a date and time"),
        ({"publish_on": "tomorrow"}, "not a date and time"),
        ({"publish_on": "9999-12-31T23:59", "zone": "America/New_York"}, "too far away"),
        ({"publish_on": "2027-03-28T02:30", "zone": "Europe/Berlin"}, "does not exist"),
        ({"unpublish_on": "2027-10-31T02:30", "zone": "Europe/Berlin"}, "comes twice"),
        ({"slug": "no/slashes"}, "valid"),
        ({"tag_names": "t" * 101}, "1 to 100 characters"),
        ({"author_names": "t" * 201}, "1 to 200 characters"),
        ({"occurrence": "third"}, "valid choice"),
    ],
)
def test_a_field_that_does_not_fit_is_named_and_nothing_is_written(submit, fields, said):
    answer = submit(**fields)
    assert answer.status_code == 200
    html = answer.content.decode()
    assert any(part in html for part in said.split("|")), html[html.find("errornote") :][:400]
    assert not Post.objects.exists()
    assert not Tag.objects.exists()
    assert not Author.objects.exists()


@pytest.mark.parametrize(
    ("button", "fields", "said"),
    [
        ("_publish", {"body": ""}, "needs a text"),
        ("_publish", {"title": " "}, "needs a title"),
        ("_publish", {"body": "- " * 496 + "a"}, "deep"),
        ("_schedule", {}, "Say when"),
        ("_schedule", {"publish_on": "2001-01-01T00:00"}, "has passed"),
        ("_unpublish", {}, "not public"),
        ("_cancel_schedule", {}, "Nothing is scheduled"),
    ],
)
def test_a_refused_button_keeps_what_was_typed_and_writes_nothing(submit, button, fields, said):
    answer = submit(button=button, summary="Typed with care.", **fields)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert "Typed with care." in answer.content.decode()
    assert not Post.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_a_taken_slug_is_named_with_its_owner(submit, published):
    published("First", slug="hello")
    answer = submit(button="_publish", slug="hello", title="Second")
    assert "belongs to another public post, “First”" in answer.content.decode()
    assert Post.objects.count() == 1


def test_a_taken_slug_is_named_with_the_title_that_readers_see(submit, published, edit):
    edit(published("Hello"), title="Nobody knows this yet")
    html = submit(button="_publish", slug="hello").content.decode()
    assert "belongs to another public post, “Hello”" in html
    assert "Nobody knows" not in html


def test_odd_numbers_in_the_form_of_a_post_are_refused(submit, published):
    path = f"/admin/writer/post/{published('Hello')}/change/"
    for version in ("99999999999999999999", "-1", "x", "1.5", "٣"):
        assert submit(path, lock_version=version, title="Other").status_code in (200, 409)
        assert Post.objects.get().title == "Hello"
    for number in ("99999999999999999999", "-1", "x", "٩", "\x00"):
        assert "There is no revision" in submit(path, button="_x", _revert=number).content.decode()
    assert Post.objects.get().title == "Hello"


def test_a_form_of_megabytes_is_refused(submit):
    assert submit(body="a" * 6_000_000).status_code == 400
    assert not Post.objects.exists()


def test_a_hundred_tags_are_taken(submit):
    answer = submit(tag_names=",".join(f"tag {number}" for number in range(100)))
    assert answer.status_code == 302
    assert Tag.objects.count() == 100


def test_a_stale_form_is_refused_and_keeps_its_text(submit, published, edit):
    post_id = published("Hello")
    edit(post_id, title="Somebody was faster")
    answer = submit(f"/admin/writer/post/{post_id}/change/", lock_version="0", body="My own text.")
    assert "ada saved this post after you opened it, at" in answer.content.decode()
    assert "My own text." in answer.content.decode()
    assert Post.objects.get().title == "Somebody was faster"


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("path", ["/", "/posts/hello/", "/tags/", "/nope/"])
def test_public_pages_are_only_read(both, path, method):
    answer = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
