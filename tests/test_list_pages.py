"""The pages that list posts: authors, series, months, and the ways that lead there."""

import re
from datetime import UTC, datetime

import pytest

from tests.conftest import NOON
from writer import commands
from writer.refusals import Refused


def shown(client, path):
    """Return the titles that a list shows."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    return re.findall(r'<h2><a href="/posts/[^"]+">([^<]+)</a></h2>', answer.content.decode())


def test_an_author_s_page_says_who_it_is_and_lists_their_posts(client, published, give):
    published("One", authors=["Ada"])
    published("Two", authors=["Bob", "Ada"])
    profile = {"bio": "Counts <b>.\n\nAnd rhymes.", "picture": "/media/pictures/ada.png"}
    links = [("Home", "https://ada.example/?a=1&b=2")]
    give(commands.describe_author, commands.find_or_add_author("Ada"), links=links, **profile)
    html = client.get("/authors/ada/").content.decode()
    assert shown(client, "/authors/ada/") == ["Two", "One"]
    assert "<p>Counts &lt;b&gt;.</p>\n\n<p>And rhymes.</p>" in html
    assert '<img class="portrait" src="/media/pictures/ada.png" alt="" width="80" height="80">' in html
    assert '<a href="https://ada.example/?a=1&amp;b=2" rel="me" dir="auto">Home</a>' in html


def test_all_authors_and_all_series_are_listed_with_their_posts_counted(client, published):
    published("One", authors=["Ada"], series_id=commands.find_or_add_series("The sea"))
    published("Two", authors=["Bob", "Ada"])
    pattern = r'<a href="([^"]+)" dir="auto">([^<]+)</a> <span class="label">(\d)<'
    authors = re.findall(pattern, client.get("/authors/").content.decode())
    assert authors == [("/authors/ada/", "Ada", "2"), ("/authors/bob/", "Bob", "1")]
    series = re.findall(pattern, client.get("/series/").content.decode())
    assert series == [("/series/the-sea/", "The sea", "1")]


def test_a_series_shows_all_its_parts_in_their_order(client, published, give):
    sea = commands.find_or_add_series("The sea")
    posts = [published(f"Part {number}", series_id=sea) for number in range(20)]
    give(commands.number_parts, sea, parts={post: 20 - place for place, post in enumerate(posts)})
    assert shown(client, "/series/the-sea/") == [f"Part {number}" for number in range(19, -1, -1)]
    assert "<bdi>Part 20</bdi>" in client.get("/series/the-sea/").content.decode()


def test_the_archive_leads_to_years_and_months_that_have_posts(client, draft, give, settings):
    settings.TIME_ZONE = "America/New_York"
    for title, moment in {
        "October": datetime(2026, 11, 1, 3, 0, tzinfo=UTC),  # still October there
        "November": datetime(2026, 11, 1, 5, 0, tzinfo=UTC),
        "Long ago": datetime(1969, 7, 20, tzinfo=UTC),
    }.items():
        give(commands.publish, draft(title), now=NOON, published_at=moment)
    paths = re.findall(r'href="(/archive/\d[^"]*)"', client.get("/archive/").content.decode())
    assert paths == [
        *("/archive/2026/", "/archive/2026/11/", "/archive/2026/10/", "/archive/1969/", "/archive/1969/07/"),
    ]
    assert shown(client, "/archive/2026/") == ["November", "October"]
    assert shown(client, "/archive/2026/10/") == ["October"]
    assert shown(client, "/archive/1969/07/") == ["Long ago"]
    assert '<h1 dir="auto">July 1969</h1>' in client.get("/archive/1969/07/").content.decode()


@pytest.mark.parametrize("root", ["/tags/sea/", "/authors/ada/", "/archive/2026/", "/archive/2026/03/"])
def test_each_list_goes_on_by_path(client, draft, give, root):
    for number in range(13):
        post_id = draft(f"Post {number:02}", tags=["Sea"], authors=["Ada"])
        give(commands.publish, post_id, published_at=NOON)
    assert len(shown(client, root)) == 12
    assert f'<a href="{root}page/2/" rel="next">' in client.get(root).content.decode()
    assert len(shown(client, f"{root}page/2/")) == 1
    assert client.get(f"{root}page/3/").status_code == 404
    moved = client.get(f"{root}page/1")
    assert (moved.status_code, moved["Location"]) == (301, root)


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/archive", "/archive/"),
        ("/archive/2026", "/archive/2026/"),
        ("/archive/2026/3", "/archive/2026/03/"),
        ("/archive/02026/003/", "/archive/2026/03/"),
        ("/authors/ada", "/authors/ada/"),
        ("/series", "/series/"),
        ("/feeds", "/feeds/"),
    ],
)
def test_a_list_has_one_address(client, draft, give, path, location):
    give(commands.publish, draft("Hello", authors=["Ada"]), published_at=NOON)
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (301, location)


@pytest.mark.parametrize(
    "path",
    [
        *("/archive/0/", "/archive/99999/", "/archive/2025/", "/archive/2026/13/", "/archive/2026/0/"),
        *(
            "/archive/2026/4/",
            f"/archive/{10**30}/",
            f"/archive/2026/{10**30}/",
            "/archive/x/",
            "/archive/-1/",
        ),
        *("/authors/nobody/", "/series/none/", "/authors/ada/page/2/", "/authors/%00/", "/series/a/page/1/"),
        *(f"/archive/{'9' * 5000}/", f"/authors/{'a' * 5000}/", "/authors/%F0%9F%98%80/", "/feeds/x/"),
    ],
)
def test_what_there_is_not_is_not_found(client, draft, give, path):
    give(commands.publish, draft("Hello", authors=["Ada"]), published_at=NOON)
    assert client.get(path).status_code in (400, 404)


def test_empty_lists_say_so(client, both):
    for path, sentence in {
        "/authors/": "No post names its author yet.",
        "/series/": "No post is part of a series yet.",
        "/archive/": "Nothing has been published here yet.",
    }.items():
        assert sentence in client.get(path).content.decode()


def test_the_page_on_feeds_names_them(client, both):
    html = client.get("/feeds/").content.decode()
    for file in ("atom.xml", "feed.xml", "feed.json"):
        assert f"http://localhost:8000/{file}" in html


def test_a_withdrawn_post_leaves_every_list_at_once(client, published, give):
    sea = commands.find_or_add_series("The sea")
    post_id = published("Hello", authors=["Ada"], tags=["Salt"], series_id=sea)
    paths = ("/authors/ada/", "/series/the-sea/", "/archive/", "/tags/salt/")
    for path in paths:
        assert client.get(path).status_code == 200
    give(commands.unpublish, post_id)
    assert [client.get(path).status_code for path in paths] == [404, 404, 200, 404]
    assert "Nothing has been published" in client.get("/archive/").content.decode()


@pytest.mark.parametrize(
    "path", ["/authors/x/", "/series/", "/feeds", "/archive/2026/", "/archive/2026/1/page/2"]
)
def test_no_post_takes_the_address_of_a_list(published, give, path):
    with pytest.raises(Refused, match="belongs to the site itself"):
        give(commands.add_aliases, published(), paths=[path])


def test_a_post_may_have_been_below_the_archive_of_another_blog(client, published, give):
    give(commands.add_aliases, published(), paths=["/archive/2014/hello.html"])
    assert client.get("/archive/2014/hello.html")["Location"] == "/posts/hello/"
