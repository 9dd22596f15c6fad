"""Finished pages over HTTP: one look-up each, and every header as it should be."""

import gzip
import re

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from reader.models import Page
from writer import commands
from writer.models import Post, Tag


@pytest.fixture
def statements(both):
    """Count what a request asks of both databases: statements(path) gives the response and the SQL."""

    def statements(client, path, **headers):
        with CaptureQueriesContext(connections["default"]) as writer:
            with CaptureQueriesContext(connections["reader"]) as reader:
                answer = client.get(path, headers=headers)
        assert writer.captured_queries == []
        return answer, [query["sql"] for query in reader.captured_queries]

    return statements


def test_an_article_a_redirect_and_a_tombstone_are_one_select_each(published, give, client, statements):
    one, two = published("One"), published("Two")
    give(commands.add_aliases, one, paths=["/old/"])
    give(commands.unpublish, two)
    for path, status in (("/posts/one/", 200), ("/old/", 301), ("/posts/two/", 410), ("/posts/never/", 404)):
        answer, sql = statements(client, path)
        assert answer.status_code == status
        assert len(sql) == 1
        assert sql[0].startswith("SELECT")


@pytest.mark.parametrize(("path", "selects"), [("/", 3), ("/tags/", 3), ("/tags/rust/", 4)])
def test_a_list_is_made_once_an_edition_and_is_one_select_from_then_on(
    published, client, statements, path, selects
):
    for number in range(15):
        published(f"Post {number}", tags=["rust"])
    first, sql = statements(client, path)
    read = [line for line in sql if line.startswith("SELECT")]
    kept = [line for line in sql if not line.startswith("SELECT")]
    assert len(read) == selects
    assert len(kept) == 2  # its own page, put in place by two statements
    assert all('"reader_page"' in line for line in kept)
    second, sql = statements(client, path)
    assert len(sql) == 1
    assert second.content == first.content
    assert second.headers == first.headers


def test_a_list_of_many_costs_what_a_list_of_few_costs(published, client, statements):
    published("One", tags=["rust"])
    _answer, few = statements(client, "/tags/rust/")
    for number in range(20):
        published(f"Post {number}", tags=["rust"])
    _answer, many = statements(client, "/tags/rust/")
    assert len(many) == len(few)


@pytest.mark.parametrize("path", ["/posts/hello/", "/", "/tags/", "/tags/one/"])
def test_the_headers_of_a_page(published, client, path):
    published("Hello", tags=["one"])
    client.get(path)
    answer = client.get(path)
    assert answer.status_code == 200
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer["ETag"])
    assert answer["Last-Modified"].endswith("GMT")
    assert answer["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert answer["Vary"] == "Accept-Encoding"
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert not answer.cookies
    head = client.head(path)
    assert head.headers == answer.headers
    assert head.content == b""


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("*", True),
        ("GZIP", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("*;q=0", False),
        ("br", False),
    ],
)
def test_gzip_is_sent_to_those_who_take_it(published, client, accepted, compressed):
    published("Hello")
    plain = client.get("/posts/hello/")
    answer = client.get("/posts/hello/", headers={"accept-encoding": accepted})
    assert (answer.get("Content-Encoding") == "gzip") is compressed
    assert (gzip.decompress(answer.content) if compressed else answer.content) == plain.content
    assert (answer["ETag"] != plain["ETag"]) is compressed
    if compressed:
        assert answer.content == bytes(Page.objects.get(path="/posts/hello/").body)


def test_who_has_the_page_is_told_so(published, edit, give, client):
    post_id = published("Hello")
    first = client.get("/posts/hello/")
    for headers in (
        {"if-none-match": first["ETag"]},
        {"if-none-match": f'"other", W/{first["ETag"]}'},
        {"if-modified-since": first["Last-Modified"]},
    ):
        answer = client.get("/posts/hello/", headers=headers)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer["ETag"] == first["ETag"]
    edit(post_id, body="Other words.")
    give(commands.publish, post_id)
    assert client.get("/posts/hello/", headers={"if-none-match": first["ETag"]}).status_code == 200


def test_ten_saves_of_a_draft_change_no_byte_and_no_header(published, edit, client):
    post_id = published("Hello", tags=["one"])
    paths = ("/posts/hello/", "/", "/tags/one/", "/tags/")
    before = [client.get(path) for path in paths]
    before = [client.get(path) for path in paths]
    for number in range(10):
        edit(post_id, title=f"Draft {number}", body=f"Secret {number}", slug=f"elsewhere-{number}", tags=())
    for path, earlier in zip(paths, before, strict=True):
        now = client.get(path)
        assert now.content == earlier.content
        assert now.headers == earlier.headers


def test_ten_saves_at_the_desk_change_no_byte_and_no_header(published, admin_client, client):
    post_id = published("Hello")
    before = client.get("/posts/hello/")
    for number in range(10):
        answer = admin_client.post(
            f"/admin/writer/post/{post_id}/change/",
            {
                "title": f"Draft {number}",
                "body": "Secret",
                "language": "en",
                "lock_version": number,
                "zone": "UTC",
                "_save": "1",
            },
        )
        assert answer.status_code == 302
    assert Post.objects.get().title == "Draft 9"
    now = client.get("/posts/hello/")
    assert now.content == before.content
    assert now.headers == before.headers


def test_a_changed_address_leads_on_in_one_hop_and_never_in_a_circle(published, edit, give, client):
    post_id = published("Start", slug="a")
    for slug in ("b", "c", "a", "b", "a"):
        edit(post_id, slug=slug)
        give(commands.publish, post_id)
    assert client.get("/posts/a/").status_code == 200
    for old in ("b", "c"):
        answer = client.get(f"/posts/{old}/")
        assert (answer.status_code, answer["Location"]) == (301, "/posts/a/")


def test_two_posts_can_swap_addresses(published, edit, give, client):
    one, two = published("One", slug="one"), published("Two", slug="two")
    for post_id, slug in ((one, "interim"), (two, "one"), (one, "two")):
        edit(post_id, slug=slug)
        give(commands.publish, post_id)
    assert "<h1>One</h1>" in client.get("/posts/two/").content.decode()
    assert "<h1>Two</h1>" in client.get("/posts/one/").content.decode()


def test_a_redirect_keeps_the_query_and_is_plain_ascii(published, edit, give, client):
    post_id = published("Größe")
    edit(post_id, slug="日本語")
    give(commands.publish, post_id)
    answer = client.get("/posts/größe/?a=1")
    assert answer["Location"] == "/posts/%E6%97%A5%E6%9C%AC%E8%AA%9E/?a=1"
    assert client.get(answer["Location"]).status_code == 200


def test_a_path_without_its_slash_leads_to_the_one_with(published, client):
    published("Hello")
    answer = client.get("/posts/hello")
    assert (answer.status_code, answer["Location"]) == (301, "/posts/hello/")


def test_a_withdrawn_post_says_so(published, give, client):
    give(commands.unpublish, published("Hello"))
    answer = client.get("/posts/hello/")
    assert answer.status_code == 410
    assert "taken down" in answer.content.decode()
    assert "Hello" not in answer.content.decode()


def test_the_home_page_goes_on_over_pages(published, client):
    for number in range(30):
        published(f"Post number {number}")
    first, last = client.get("/").content.decode(), client.get("/page/3/").content.decode()
    assert "Post number 29" in first
    assert 'href="/page/2/"' in first
    assert "Post number 0" in last
    assert 'href="/page/2/"' in last
    for path in ("/page/4/", "/page/0/", "/page/99999999999999999999/"):
        assert client.get(path).status_code == 404


def test_an_empty_blog_says_so(client, both):
    assert "Nothing has been published" in client.get("/").content.decode()
    assert "No post carries a tag" in client.get("/tags/").content.decode()


def test_what_is_published_and_withdrawn_is_on_every_list_in_the_same_moment(published, give, client):
    post_id = published("Hello", tags=["one"])
    for path in ("/", "/tags/one/", "/tags/"):
        assert ("one" if path == "/tags/" else "Hello") in client.get(path).content.decode()
    give(commands.unpublish, post_id)
    assert "Hello" not in client.get("/").content.decode()
    assert client.get("/tags/one/").status_code == 404
    assert "/tags/one/" not in client.get("/tags/").content.decode()


def test_a_renamed_tag_keeps_its_address(published, give, client):
    published("Hello", tags=["one"])
    give(commands.rename_tag, Tag.objects.get().pk, name="Uno")
    assert '<h1 dir="auto">Uno</h1>' in client.get("/tags/one/").content.decode()


def test_titles_are_text_everywhere(published, client):
    published("<b>5 & 6</b>", slug="x", tags=["<i>"], authors=["<u>"], summary='"><script>')
    for path in ("/", "/posts/x/", "/tags/"):
        html = client.get(path).content.decode()
        assert "&lt;" in html
        for raw in ("<b>5", "<i>", "<u>", "<script>"):
            assert raw not in html


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_can_write_to_a_page(published, client, method):
    published("Hello", tags=["one"])
    for path in ("/", "/posts/hello/", "/tags/", "/tags/one/", "/healthz", "/readyz"):
        assert getattr(client, method)(path).status_code == 405


def test_an_unknown_host_is_refused(published, client):
    published("Hello")
    for path in ("/", "/posts/hello/", "/nope/", "/tags/"):
        assert client.get(path, headers={"host": "evil.example"}).status_code == 400


def test_a_reader_database_that_does_not_answer_is_503_and_comes_back(published, client, monkeypatch):
    from django.db import OperationalError

    published("Hello")

    def down(path):
        raise OperationalError("locked")

    with monkeypatch.context() as patch:
        patch.setattr("reader.queries.answer", down)
        answer = client.get("/posts/hello/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert client.get("/posts/hello/").status_code == 200
