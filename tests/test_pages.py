"""What a finished page is over HTTP: its headers, its address, and what it costs to answer."""

import gzip
import re
import sqlite3
import time
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest
import time_machine
from django.db import IntegrityError, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reader.pages import Page
from reader.rows import put
from tests.conftest import NOON
from writer import commands
from writer.models import Post, Tag
from writer.refusals import Refused

GZIP = {"accept-encoding": "gzip"}


class Statements:
    """The SQL that both databases are asked, apart; PostgreSQL's savepoints of the test itself left out."""

    def __enter__(self):
        self.captured = {alias: CaptureQueriesContext(connections[alias]) for alias in ("default", "reader")}
        for capture in self.captured.values():
            capture.__enter__()
        return self

    def __exit__(self, *exc):
        for capture in self.captured.values():
            capture.__exit__(*exc)

    def on(self, alias):
        return [query["sql"] for query in self.captured[alias].captured_queries]


@pytest.fixture
def desk(client, author, django_capture_on_commit_callbacks):
    """Post the form of the desk; the rest as a browser would send it."""
    client.force_login(author)

    def desk(post_id, **typed):
        post = Post.objects.get(pk=post_id)
        form = {name: getattr(post, name) for name in Post.TEXTS}
        form |= {"lock_version": post.lock_version, "zone": "UTC", "_save": "1"}
        with django_capture_on_commit_callbacks(using="default", execute=True):
            answer = client.post(f"/admin/writer/post/{post_id}/change/", {**form, **typed})
        assert answer.status_code == 302, answer.context["errors"]
        return answer

    return desk


def seen(answer):
    """Return everything that a reader could tell apart."""
    return answer.status_code, dict(answer.headers), answer.content


def address(path):
    return Page.objects.get(path=path)


# Validators


def test_a_page_has_a_strong_etag_and_the_time_of_its_last_change(client, published):
    with time_machine.travel(NOON, tick=False):
        published()
    answer = client.get("/posts/hello/")
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer["ETag"])
    assert 0 <= (parsedate_to_datetime(answer["Last-Modified"]) - NOON).total_seconds() < 60


@pytest.mark.parametrize("path", ["/posts/hello/", "/", "/tags/", "/tags/rust/"])
@pytest.mark.parametrize("headers", [{}, GZIP])
def test_a_reader_who_has_the_page_gets_304_and_nothing_else(client, published, path, headers):
    published(tags=["rust"])
    first = client.get(path, headers=headers)
    etag, modified = first["ETag"], first["Last-Modified"]
    for condition in (
        {"if-none-match": etag},
        {"if-none-match": f'"other", W/{etag}'},
        {"if-none-match": "*"},
        {"if-modified-since": modified},
    ):
        answer = client.get(path, headers={**headers, **condition})
        assert (answer.status_code, answer.content) == (304, b"")
        for name in ("ETag", "Last-Modified", "Cache-Control", "Vary"):
            assert answer[name] == first[name]
    for condition in (
        {"if-none-match": '"other"'},
        {"if-none-match": '"other"', "if-modified-since": modified},
        {"if-modified-since": "Sun, 01 Feb 2015 00:00:00 GMT"},
        {"if-modified-since": "yesterday"},
        {"if-none-match": "nonsense"},
    ):
        assert client.get(path, headers={**headers, **condition}).status_code == 200


def test_a_reader_with_the_old_words_gets_the_new_ones(client, published, edit, give):
    post_id = published()
    old = client.get("/posts/hello/")
    edit(post_id, body="Other words.")
    with time_machine.travel(timezone.now() + timedelta(seconds=1)):
        give(commands.publish, post_id)
    for headers in ({"if-none-match": old["ETag"]}, {"if-modified-since": old["Last-Modified"]}):
        answer = client.get("/posts/hello/", headers=headers)
        assert answer.status_code == 200
        assert "Other words." in answer.content.decode()


def test_the_etag_of_one_encoding_is_none_of_the_other(client, published):
    published()
    plain, compressed = client.get("/posts/hello/"), client.get("/posts/hello/", headers=GZIP)
    assert plain["ETag"] != compressed["ETag"]
    mixed = client.get("/posts/hello/", headers={**GZIP, "if-none-match": plain["ETag"]})
    assert mixed.status_code == 200


# Encodings


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("gzip, deflate, br, zstd", True),
        ("br;q=1.0, gzip;q=0.001", True),
        ("gzip ; q = 0.5", True),
        ("*", True),
        ("*;q=0.1", True),
        ("identity", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0.0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("gzip, *;q=0", True),
        (",;,q=,;;", False),
    ],
)
def test_a_page_comes_compressed_to_whom_that_is_right(client, published, accepted, compressed):
    published()
    answer = client.get("/posts/hello/", headers={} if accepted is None else {"accept-encoding": accepted})
    assert answer.headers.get("Content-Encoding") == ("gzip" if compressed else None)
    body = gzip.decompress(answer.content) if compressed else answer.content
    assert "A <em>first</em> text." in body.decode()
    assert answer["Vary"] == "Accept-Encoding"


def test_a_page_is_compressed_once_and_sent_as_it_is_stored(client, published):
    published()
    assert client.get("/posts/hello/", headers=GZIP).content == bytes(address(":/posts/hello/").body)


@pytest.mark.parametrize("path", ["/posts/hello/", "/posts/gone/", "/old/", "/", "/tags/", "/tags/rust/"])
@pytest.mark.parametrize("headers", [{}, GZIP])
def test_head_says_what_get_says_without_the_body(client, published, give, path, headers):
    give(commands.add_aliases, published(tags=["rust"]), paths=["/old/"])
    give(commands.unpublish, published("Gone"))
    get, head = client.get(path, headers=headers), client.head(path, headers=headers)
    assert (head.status_code, dict(head.headers)) == (get.status_code, dict(get.headers))
    assert head.content == b""


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(
    "path", ["/posts/hello/", "/posts/gone/", "/old/", "/", "/tags/", "/tags/rust/", "/no/"]
)
def test_no_page_sets_a_cookie_or_varies_on_one(client, author, published, give, path, known):
    give(commands.add_aliases, published(tags=["rust"]), paths=["/old/"])
    give(commands.unpublish, published("Gone"))
    if known:
        client.force_login(author)
    answer = client.get(path)
    assert not answer.cookies
    assert answer.headers.get("Vary", "Accept-Encoding") == "Accept-Encoding"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/posts/hello/", "/posts/gone/", "/old/", "/", "/tags/", "/tags/rust/"])
def test_caches_ask_each_time(client, published, give, path):
    give(commands.add_aliases, published(tags=["rust"]), paths=["/old/"])
    give(commands.unpublish, published("Gone"))
    assert client.get(path)["Cache-Control"] == "public, max-age=0, must-revalidate"


# Addresses


def test_a_former_address_leads_to_the_new_one_with_its_query(client, published, edit, give):
    post_id = published()
    edit(post_id, slug="moved")
    give(commands.publish, post_id)
    answer = client.get("/posts/hello/?utm=a%20b&x=%C3%A9&y")
    assert (answer.status_code, answer.content) == (301, b"")
    assert answer["Location"] == "/posts/moved/?utm=a%20b&x=%C3%A9&y"


def test_a_path_without_its_slash_leads_to_the_one_with_it(client, published, give):
    post_id = published("Größe", tags=["Größe"])
    for path, location in {
        "/posts/größe": "/posts/gr%C3%B6%C3%9Fe/",
        "/posts/größe///": "/posts/gr%C3%B6%C3%9Fe/",
        "/posts/größe?page=2": "/posts/gr%C3%B6%C3%9Fe/?page=2",
        "/tags": "/tags/",
        "/tags/größe": "/tags/gr%C3%B6%C3%9Fe/",
    }.items():
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (301, location), path
    give(commands.unpublish, post_id)
    assert client.get("/posts/größe").status_code == 301
    assert client.get("/posts/größe/").status_code == 410


def test_a_slug_in_any_script_is_percent_encoded_in_every_location(client, published, edit, give):
    post_id = published("Hello")
    edit(post_id, slug="日本語の題名")
    give(commands.publish, post_id)
    answer = client.get("/posts/hello/")
    assert answer["Location"] == "/posts/%E6%97%A5%E6%9C%AC%E8%AA%9E%E3%81%AE%E9%A1%8C%E5%90%8D/"
    page = client.get(answer["Location"])
    assert page.status_code == 200
    assert f'<link rel="canonical" href="http://localhost:8000{answer["Location"]}">' in page.content.decode()
    assert f'href="{answer["Location"]}"' in client.get("/").content.decode()


def test_what_was_taken_back_says_so(client, published, give):
    give(commands.unpublish, published())
    for headers in ({}, GZIP):
        answer = client.get("/posts/hello/", headers=headers)
        body = gzip.decompress(answer.content) if headers else answer.content
        assert answer.status_code == 410
        assert "This post has been taken down." in body.decode()
        assert client.get("/posts/hello/", headers={**headers, "if-none-match": "*"}).status_code == 410


def test_going_back_to_a_former_slug_never_loops(client, published, edit, give):
    post_id = published("A", slug="a")
    for slug in ("b", "a", "b", "c", "a"):
        edit(post_id, slug=slug)
        give(commands.publish, post_id)
        assert client.get(f"/posts/{slug}/").status_code == 200
        for other in {"a", "b", "c"} - {slug}:
            answer = client.get(f"/posts/{other}/")
            if answer.status_code != 404:  # not its address yet
                assert (answer.status_code, answer["Location"]) == (301, f"/posts/{slug}/")


def test_a_slug_can_pass_from_one_post_to_another_and_back(client, published, draft, edit, give):
    first = published("First", slug="shared", body="The first.")
    second = draft("Second", slug="shared", body="The second.")
    with pytest.raises(Refused, match="belongs to another public post, “First”"):
        give(commands.publish, second)
    give(commands.unpublish, first)
    assert client.get("/posts/shared/").status_code == 410
    give(commands.publish, second)
    assert "The second." in client.get("/posts/shared/").content.decode()
    with pytest.raises(Refused, match="belongs to another public post, “Second”"):
        give(commands.publish, first)
    give(commands.trash, first)
    give(commands.restore, first)
    give(commands.trash, first)
    give(commands.purge, first)
    assert "The second." in client.get("/posts/shared/").content.decode()


def test_a_post_that_lost_its_former_slug_does_not_take_it_along(client, published, draft, edit, give):
    first = published("First", slug="shared")
    edit(first, slug="own")
    give(commands.publish, first)
    second = published("Second", slug="shared", body="The second.")
    for command in (commands.unpublish, commands.publish, commands.trash):
        give(command, first)
        answer = client.get("/posts/shared/")
        assert answer.status_code == 200
        assert "The second." in answer.content.decode()
    give(commands.unpublish, second)
    assert client.get("/posts/shared/").status_code == 410


# What an answer costs


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/posts/hello/", 200),
        ("/posts/hello", 301),
        ("/old/", 301),
        ("/posts/gone/", 410),
        ("/", 200),
        ("/tags/", 200),
        ("/tags/rust/", 200),
        ("/nothing/", 404),
    ],
)
@pytest.mark.parametrize("known", [False, True])
def test_a_finished_answer_is_one_select_and_asks_the_writer_nothing(
    client, author, published, give, path, status, known
):
    give(commands.add_aliases, published(tags=["rust"]), paths=["/old/"])
    give(commands.unpublish, published("Gone"))
    client.get(path)  # keeps the page of a list
    if known:
        client.force_login(author)
    for headers in ({}, GZIP, {"if-none-match": "*"}):
        with Statements() as asked:
            assert client.get(path, headers=headers).status_code in (status, 304)
        assert asked.on("default") == []
        assert len(asked.on("reader")) == (2 if status == 404 else 1)  # it asks what the site is called
        assert all(sql.startswith("SELECT") for sql in asked.on("reader"))


@pytest.mark.parametrize(("path", "selects"), [("/", 5), ("/tags/", 5), ("/tags/rust/", 6)])
def test_the_first_request_for_a_list_keeps_its_page_and_the_next_only_reads_it(
    client, published, path, selects
):
    for posts, writes in ((1, ["UPDATE", "INSERT"]), (14, ["UPDATE"])):
        for _ in range(posts):
            published(tags=["rust", "web"])
        with Statements() as asked:
            assert client.get(path).status_code == 200
        made = [sql for sql in asked.on("reader") if "SAVEPOINT" not in sql]
        assert asked.on("default") == []
        assert [sql.split()[0] for sql in made] == ["SELECT"] * selects + writes
        assert all("reader_page" in sql for sql in made[selects:])
        with Statements() as asked:
            assert client.get(path).status_code == 200
        assert [sql.split()[0] for sql in asked.on("reader")] == ["SELECT"]


def test_an_empty_site_answers_too(client, both):
    assert "Nothing has been published here yet." in client.get("/").content.decode()
    assert "No post carries a tag yet." in client.get("/tags/").content.decode()
    assert client.get("/page/2/").status_code == 404
    assert client.get("/tags/rust/").status_code == 404


# What changes a page, and what does not


def test_saving_a_draft_changes_no_byte_of_what_readers_get(client, published, edit, desk):
    post_id = published(tags=["rust"])
    paths = ("/posts/hello/", "/", "/tags/", "/tags/rust/")
    before = [seen(client.get(path, headers=headers)) for path in paths for headers in ({}, GZIP)]
    for number in range(10):
        edit(post_id, title=f"Title {number}", body=f"Draft {number}", slug=f"slug-{number}", summary="New")
    for number in range(10):
        desk(post_id, title=f"Typed {number}", body=f"Typed {number}", tag_names="other", author_names="Eve")
    assert [seen(client.get(path, headers=headers)) for path in paths for headers in ({}, GZIP)] == before
    assert Post.objects.get().state == "changed"


def test_publishing_at_the_desk_reaches_every_page_at_once(client, published, desk):
    post_id = published(tags=["rust"])
    for path in ("/", "/tags/", "/tags/rust/"):
        client.get(path)
    desk(post_id, title="Typed", tag_names="web", author_names="Grace Hopper", _publish="1")
    page = client.get("/posts/hello/").content.decode()
    assert "<h1>Typed</h1>" in page
    assert "Grace Hopper" in page
    assert "Typed" in client.get("/").content.decode()
    assert "Typed" in client.get("/tags/web/").content.decode()
    assert client.get("/tags/rust/").status_code == 404
    assert "rust" not in client.get("/tags/").content.decode()


def test_a_tag_page_follows_the_name_of_its_tag(client, published, give):
    published(tags=["rust"])
    client.get("/tags/rust/")
    give(commands.rename_tag, Tag.objects.get().pk, name="Rust & friends")
    for path in ("/tags/rust/", "/tags/", "/posts/hello/"):
        assert "Rust &amp; friends" in client.get(path).content.decode()


def test_merged_tags_share_one_page(client, published, give):
    published("One", tags=["js"])
    published("Two", tags=["JavaScript", "js"])
    client.get("/tags/js/")
    js, target = Tag.objects.get(slug="js").pk, Tag.objects.get(slug="javascript").pk
    give(commands.merge_tags, js, into=target)
    moved = client.get("/tags/js/")
    assert (moved.status_code, moved["Location"]) == (301, "/tags/javascript/")
    assert "/tags/js/" not in client.get("/tags/").content.decode()
    page = client.get("/tags/javascript/").content.decode()
    assert ("One" in page, page.count('href="/posts/two/"')) == (True, 1)
    assert client.get("/posts/two/").content.decode().count('rel="tag"') == 1


def test_an_author_s_new_name_reaches_the_page(client, published, give):
    published(authors=["Ada"])
    before = client.get("/posts/hello/")
    give(commands.rename_author, commands.find_or_add_author("Ada"), name="Ada Lovelace")
    after = client.get("/posts/hello/")
    assert "Ada Lovelace" in after.content.decode()
    assert after["ETag"] != before["ETag"]


# Lists


def test_the_home_page_goes_on_behind_its_twelfth_post(client, published):
    for number in range(1, 14):
        published(f"Number {number:02}")
    first, second = client.get("/").content.decode(), client.get("/page/2/").content.decode()
    assert re.findall(r"Number \d\d(?=</a>)", first) == [f"Number {number:02}" for number in range(13, 1, -1)]
    assert re.findall(r"Number \d\d(?=</a>)", second) == ["Number 01"]
    assert '<a href="/page/2/" rel="next">' in first
    assert 'rel="prev"' not in first
    assert '<a href="/" rel="prev">' in second
    assert 'rel="next"' not in second


def test_twelve_posts_are_one_page(client, published):
    for _ in range(12):
        published()
    assert 'rel="next"' not in client.get("/").content.decode()
    assert client.get("/page/2/").status_code == 404


@pytest.mark.parametrize("root", ["/", "/tags/rust/"])
def test_a_page_of_a_list_has_one_address(client, published, root):
    for _ in range(13):
        published(tags=["rust"])
    for path, location in {
        "page/1/": root,
        "page/01/": root,
        "page/02/": f"{root}page/2/",
        "page/2": f"{root}page/2/",
    }.items():
        answer = client.get(root + path)
        assert (answer.status_code, answer["Location"]) == (301, location), path
    assert client.get(f"{root}page/2/").status_code == 200
    for path in ("page/3/", "page/0/", "page/-1/", "page/x/", f"page/{10**30}/", "page/"):
        assert client.get(root + path).status_code == 404, path


def test_titles_names_and_summaries_are_text_and_no_markup(client, published):
    published(
        "<b>bold</b> & <i>sons</i>", summary="<u>1</u> < 2", tags=["<s>tag</s>"], authors=["<q>Eve</q>"]
    )
    slug = Post.objects.get().slug
    for path in ("/", f"/posts/{slug}/", "/tags/", f"/tags/{Tag.objects.get().slug}/"):
        page = client.get(path).content.decode()
        for raw in ("<b>", "<i>", "<u>", "<s>", "<q>"):
            assert raw not in page
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; &lt;i&gt;sons&lt;/i&gt;" in client.get("/").content.decode()


def test_a_post_without_a_summary_is_listed_with_how_its_text_begins(client, published):
    published(body="# A heading\n\nHow it *begins*.")
    assert '<p class="summary">How it begins.</p>' in client.get("/").content.decode()


def test_a_tag_is_found_however_its_letters_are_composed(client, published):
    published("Hello", tags=["Caf\u00e9"])
    for _asked in range(2):
        assert client.get("/tags/cafe\u0301/")["Location"] == "/tags/caf%C3%A9/"
    assert client.get("/tags/caf\u00e9/").status_code == 200


def test_a_path_with_a_percent_sign_is_redirected_to_itself(client, published, give):
    post_id = published("Hello")
    give(commands.add_aliases, post_id, paths=["/50%41/"])
    assert client.get("/50%2541/")["Location"] == "/posts/hello/"
    give(commands.unpublish, post_id)
    assert client.get("/50%2541")["Location"] == "/50%2541/"
    assert client.get("/50%2541/").status_code == 410


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True, databases=["default", "reader"])
def test_nobody_waits_for_a_list_because_it_cannot_be_kept(client):
    start = time.monotonic()
    with sqlite3.connect(connections["reader"].settings_dict["NAME"], isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert client.get("/").status_code == 200
        other.execute("ROLLBACK")
    other.close()
    assert time.monotonic() - start < 5
    assert not Page.objects.exists()
    client.get("/")
    assert Page.objects.get().address == "/"


# --- writing a row


def page_of_version(version):
    now = timezone.now()
    return Page(path="/raced/", version=version, status=200, body=b"", etag="", last_modified=now)


@pytest.mark.parametrize(("theirs", "is_written"), [(1, True), (2, True), (3, False)])
def test_of_two_that_write_a_new_row_at_once_the_newer_wins(both, monkeypatch, theirs, is_written):
    def overtaken(using, real=transaction.atomic):
        monkeypatch.undo()
        Page.objects.bulk_create([page_of_version(theirs)])
        return real(using=using)

    monkeypatch.setattr(transaction, "atomic", overtaken)
    assert put(page_of_version(2)) == is_written
    assert Page.objects.get(path="/raced/").version == max(theirs, 2)


def test_a_row_that_cannot_be_stored_is_not_passed_over(both):
    page = page_of_version(1)
    page.status = None
    with pytest.raises(IntegrityError):
        put(page)
