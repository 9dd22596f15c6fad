"""What surrounds the words of a post: description, first address, social picture, series, pinned, unlisted."""

import itertools
import re

import pytest

from cms.reconcile import check
from cms.report import ExitCode
from reader.models import Article
from reader.names import Tagging
from tests import oracle
from writer import commands
from writer.models import OutboxEvent, Post, Series
from writer.refusals import Refused

EVERYTHING = {
    "description": "What it is about, for those who search.",
    "canonical_url": "https://elsewhere.example/hello",
    "cover": "/media/pictures/sea.png",
    "cover_alt": "The sea at night",
    "translation_key": "sea",
    "pinned": True,
    "unlisted": True,
    "part": 3,
}


def head(client, path="/posts/hello/"):
    """Return the links and metas of a page, by what they are called."""
    html = client.get(path).content.decode()
    metas = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', html)
    return dict(metas) | dict(re.findall(r'<link rel="([^"]+)" href="([^"]*)"', html))


def titles(client, path="/"):
    """Return the titles on a list, from the top."""
    return re.findall(r"<h2><a[^>]*>([^<]*)</a>", client.get(path).content.decode())


# --- from the draft to the page


def test_all_of_it_is_kept_published_and_brought_back(published, edit, give):
    series = commands.find_or_add_series("The sea")
    post_id = published("Hello", **EVERYTHING, series_id=series)
    edit(post_id, **dict.fromkeys(("description", "canonical_url", "cover", "cover_alt", "translation_key"), ""), pinned=False, unlisted=False, series_id=None)  # fmt: skip
    assert Post.objects.get().state == "changed"
    assert Post.objects.get().part is None
    give(commands.discard_changes, post_id)
    post = Post.objects.get()
    assert post.state == "live"
    assert {name: getattr(post, name) for name in EVERYTHING} == EVERYTHING
    assert post.series_id == series
    assert oracle.stored() == oracle.wanted()


@pytest.mark.parametrize("change", [{name: value} for name, value in EVERYTHING.items() if name != "part"])
def test_each_of_it_makes_a_live_post_changed_and_can_be_published(published, edit, give, change):
    post_id = published("Hello")
    edit(post_id, **change)
    assert Post.objects.get().state == "changed"
    give(commands.publish, post_id)
    (name, value), = change.items()  # fmt: skip
    assert getattr(Article.objects.get(), name) == value
    assert oracle.stored() == oracle.wanted()


def test_search_engines_and_shares_are_told_in_the_head_of_the_page(client, published):
    published("Hello", summary="For the lists.", **{**EVERYTHING, "unlisted": False})
    told = head(client)
    assert told["description"] == told["og:description"] == EVERYTHING["description"]
    assert told["canonical"] == told["og:url"] == EVERYTHING["canonical_url"]
    assert told["og:image"] == "http://localhost:8000/media/pictures/sea.png"
    assert told["og:image:alt"] == "The sea at night"
    assert told["twitter:card"] == "summary_large_image"
    assert "robots" not in told
    assert "For the lists." in client.get("/").content.decode()


def test_without_a_description_the_summary_is_told(client, published):
    published("Hello", summary="For the lists.")
    told = head(client)
    assert told["description"] == "For the lists."
    assert told["twitter:card"] == "summary"
    assert "og:image" not in told
    assert told["canonical"] == "http://localhost:8000/posts/hello/"


# --- unlisted and pinned


def test_an_unlisted_post_can_be_read_and_is_named_nowhere(client, published):
    published("Hello", unlisted=True, tags=["Sea"])
    published("Other", tags=["Land"])
    assert client.get("/posts/hello/").status_code == 200
    assert head(client)["robots"] == "noindex"
    assert titles(client) == ["Other"]
    assert client.get("/tags/sea/").status_code == 404
    assert ">Sea<" not in client.get("/tags/").content.decode()
    assert not Tagging.objects.filter(slug="sea").exists()


def test_a_post_leaves_the_lists_and_comes_back(client, published, edit, give):
    post_id = published("Hello", tags=["Sea"])
    assert titles(client, "/tags/sea/") == ["Hello"]
    for unlisted, shown in ((True, []), (False, ["Hello"])):
        edit(post_id, unlisted=unlisted)
        give(commands.publish, post_id)
        assert titles(client) == shown
        assert (client.get("/tags/sea/").status_code == 200) == bool(shown)


def test_pinned_posts_come_first_and_no_page_repeats_or_drops_one(client, published):
    for number in range(30):
        published(f"Post {number:02}", pinned=number in (3, 7))
    pages = [titles(client, "/"), titles(client, "/page/2/"), titles(client, "/page/3/")]
    assert pages[0][:3] == ["Post 07", "Post 03", "Post 29"]
    assert [*itertools.chain(*pages)] == ["Post 07", "Post 03", *(f"Post {n:02}" for n in range(29, -1, -1) if n not in (3, 7))]  # fmt: skip
    assert "Pinned" in client.get("/").content.decode()
    assert "Pinned" not in client.get("/page/2/").content.decode()


# --- series


def test_a_post_says_which_part_of_which_series_it_is(client, published):
    published("Hello", series_id=commands.find_or_add_series("The sea & I"), part=2)
    assert "The sea &amp; I</bdi></a> · Part 2" in client.get("/posts/hello/").content.decode()


def test_a_post_without_a_number_comes_last_in_its_series(draft, edit):
    series = commands.find_or_add_series("The sea")
    first, second = draft("First", series_id=series, part=4), draft("Second", series_id=series)
    assert Post.objects.get(pk=second).part == 5
    edit(first, body="Edited.")
    assert Post.objects.get(pk=first).part == 4


# --- what is refused


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"description": "a" * 301}, "at most 300 fit"),
        ({"canonical_url": "elsewhere.example/hello"}, "no full web address"),
        ({"canonical_url": "javascript:alert(1)"}, "no full web address"),
        ({"canonical_url": "ftp://elsewhere.example/"}, "no full web address"),
        ({"cover": "https://elsewhere.example/a.png"}, "begins with /media/"),
        ({"cover": "/media/../secret.png"}, "begins with /media/"),
        ({"cover": "/media/a.png?x=1"}, "begins with /media/"),
        ({"cover_alt": "a\0b"}, "cannot be stored"),
        ({"part": 0}, "from 1"),
        ({"part": 10_000}, "from 1"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(draft, words, reason):
    with pytest.raises(Refused, match=reason):
        draft("Hello", **words)
    assert not Post.objects.exists()


def test_a_refusal_at_the_desk_stands_at_its_field_and_keeps_what_was_typed(desk, draft):
    post_id = draft("Hello")
    html = desk.press("_save", post_id, canonical_url="elsewhere", cover="a.png", description="Typed.")
    assert "“elsewhere” is no full web address. Write it as https://example.org/a-page." in html
    assert "“a.png” is no picture of this site. Its path begins with /media/." in html
    assert "Typed." in html
    assert Post.objects.get().description == ""


def test_all_of_it_is_typed_at_the_desk(desk, draft, client):
    post_id = draft("Hello")
    typed = {**EVERYTHING, "part": "3", "pinned": "on", "unlisted": "on", "series_name": "The sea"}
    desk.press("_publish", post_id, **typed)
    post = Post.objects.get()
    assert {name: getattr(post, name) for name in EVERYTHING} == EVERYTHING
    assert post.series == Series.objects.get(name="The sea")
    desk.press("_save", post_id)
    assert Post.objects.get().state == "live"


# --- across an upgrade


def test_a_post_that_needs_no_new_words_is_no_drift_after_the_upgrade(published):
    """Its document, and so its digest, is the one that the program before wrote."""
    published("Hello", tags=["Sea"], authors=["Ada"])
    row = OutboxEvent.objects.get()
    assert row.document["schema"] == 1
    assert "pinned" not in row.document
    assert "translation_key" not in row.document
    assert check(deep=True).exit_code == ExitCode.IN_SYNC


def test_an_event_that_was_pending_at_the_upgrade_arrives(draft, give, client, reader_down):
    with reader_down():
        give(commands.publish, draft("Hello"))
    row = OutboxEvent.objects.get()
    assert set(row.document) == {
        *("schema", "post_id", "version", "slug", "aliases", "title", "summary", "body", "language"),
        *("tags", "authors", "published_at", "updated_at"),
    }
    give(commands.deliver_again, row.post_id)
    assert titles(client) == ["Hello"]
    assert oracle.stored() == oracle.wanted()
