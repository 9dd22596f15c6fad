"""Tags, authors and series: what is said of them reaches every public post, and nothing is lost with them."""

import json

import pytest

from cms.reconcile import check
from cms.report import ExitCode
from reader.models import Article
from reader.names import Tagging
from tests import oracle
from writer import commands
from writer.models import Author, OutboxEvent, Post, Series, Tag
from writer.refusals import Refused


def tag(name):
    return commands.find_or_add_tag(name)


def author_of(name):
    return commands.find_or_add_author(name)


def series_of(name):
    return commands.find_or_add_series(name)


def agreed():
    """Tell whether readers have, to the byte, what writers say."""
    return oracle.stored() == oracle.wanted() and check(deep=True).exit_code == ExitCode.IN_SYNC


# --- tags


def test_what_a_tag_is_about_stands_above_its_posts(client, published, give):
    published("Hello", tags=["Sea"])
    give(commands.describe_tag, tag("Sea"), description="Salt & water.")
    html = client.get("/tags/sea/").content.decode()
    assert '<p class="lead" dir="auto">Salt &amp; water.</p>' in html
    assert '<meta name="description" content="Salt &amp; water.">' in html
    assert agreed()


def test_a_deleted_tag_leaves_every_post_and_its_page_is_gone(client, published, draft, edit, give):
    public, kept = published("Hello", tags=["Sea", "Land"]), draft("Draft", tags=["Sea"])
    edit(public, body="Changed.")
    give(commands.delete_tag, tag("Sea"))
    assert not Tag.objects.filter(name="Sea").exists()
    assert client.get("/tags/sea/").status_code == 404
    assert list(Tagging.objects.values_list("slug", flat=True)) == ["land"]
    assert Post.objects.get(pk=kept).tag_ids() == set()
    assert Post.objects.get(pk=public).state == "changed"
    assert agreed()


def test_a_deleted_tag_takes_along_those_that_mean_it(published, give):
    published("Hello", tags=["Sea", "Ocean"])
    give(commands.merge_tags, tag("Ocean"), into=tag("Sea"))
    ocean = Tag.objects.get(name="Ocean").pk
    with pytest.raises(Refused, match="“Ocean” means “Sea”"):
        give(commands.delete_tag, ocean)
    give(commands.delete_tag, tag("Sea"))
    assert not Tag.objects.exists()
    assert agreed()


def test_a_post_that_differed_by_the_deleted_tag_alone_is_live_again(published, edit, give):
    post_id = published("Hello")
    edit(post_id, tags=(tag("Sea"),))
    assert Post.objects.get().state == "changed"
    give(commands.delete_tag, tag("Sea"))
    post = Post.objects.get()
    assert not post.tag_ids()
    assert post.same_words(post.live)


def test_a_tag_that_was_deleted_while_a_draft_was_typed_is_left_out(draft, edit, give):
    post_id, gone = draft("Hello"), tag("Sea")
    give(commands.delete_tag, gone)
    edit(post_id, tags=(gone,), body="Typed.")
    post = Post.objects.get()
    assert (post.body, post.tag_ids()) == ("Typed.", set())


# --- authors

PROFILE = {
    "bio": "Counts.\n\nAnd rhymes.",
    "picture": "/media/pictures/ada.png",
    "links": [("Home", "https://ada.example/"), ("Mail", "mailto:ada@example.org")],
}


def test_an_author_s_profile_is_told_with_every_public_post(published, give):
    for number in range(3):
        published(f"Post {number}", authors=["Ada"])
    before = OutboxEvent.objects.count()
    give(commands.describe_author, author_of("Ada"), **PROFILE)
    assert OutboxEvent.objects.count() == before + 3
    (told,) = Article.objects.get(slug="post-1").authors
    links = [{"label": label, "url": url} for label, url in PROFILE["links"]]
    assert told == {"slug": "ada", "name": "Ada", **PROFILE, "links": links}
    assert agreed()


def test_a_profile_that_is_told_to_a_hundred_posts_keeps_nobody_waiting(published, give):
    for number in range(30):
        published(f"Post {number}", authors=["Ada"])
    give(commands.describe_author, author_of("Ada"), **PROFILE)
    assert OutboxEvent.objects.pending().count() == 5


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        ({"bio": "a" * 2001}, "at most 2,000 fit"),
        ({"picture": "https://evil.example/a.png"}, "begins with /media/"),
        ({"links": [("Home", "/about/")]}, "or mailto"),
        ({"links": [("Home", "javascript:alert(1)")]}, "or mailto"),
    ],
)
def test_a_profile_that_cannot_be_kept_is_refused_in_words(both, give, profile, reason):
    with pytest.raises(Refused, match=reason):
        give(commands.describe_author, author_of("Ada"), **{**PROFILE, **profile})


def test_an_author_who_is_in_a_byline_is_not_deleted(published, edit, give):
    edit(published("Hello", authors=["Ada"]), authors=())
    with pytest.raises(Refused, match="Ada is in the byline of “Hello”, or of a revision of it"):
        give(commands.delete_author, author_of("Ada"))
    give(commands.delete_author, author_of("Bob"))
    assert list(Author.objects.values_list("name", flat=True)) == ["Ada"]


# --- series


@pytest.fixture
def three(published):
    """Three public parts of a series."""
    sea = series_of("The sea")
    return sea, [published(title, series_id=sea) for title in ("One", "Two", "Three")]


def numbers():
    """Return the parts of the series by title, as drafts and as readers have them."""
    drafts = {post.title: post.part for post in Post.objects.exclude(series=None)}
    seen = {article.title: article.series["part"] for article in Article.objects.exclude(series=None)}
    return drafts, seen


def test_a_series_is_renamed_and_described_on_every_part(client, three, give):
    sea, _posts = three
    give(commands.rename_series, sea, name="The ocean")
    give(commands.describe_series, sea, description="All of it.")
    assert "The ocean</bdi></a> · Part 2" in client.get("/posts/two/").content.decode()
    assert Article.objects.get(slug="two").series["description"] == "All of it."
    assert agreed()


def test_parts_change_places_for_drafts_and_for_readers(three, give):
    sea, (one, two, _three) = three
    give(commands.number_parts, sea, parts={one: 2, two: 1})
    changed = {"One": 2, "Two": 1, "Three": 3}
    assert numbers() == (changed, changed)
    assert [post.state for post in Post.objects.all()] == ["live"] * 3
    assert agreed()


def test_a_new_number_publishes_nothing_else_of_a_draft(client, three, edit, give):
    sea, (one, _two, _three) = three
    edit(one, body="Not to be read yet.")
    give(commands.number_parts, sea, parts={one: 7})
    post = Post.objects.get(pk=one)
    assert (post.state, post.part, post.live.part, post.body) == ("changed", 7, 7, "Not to be read yet.")
    assert "Not to be read yet." not in client.get("/posts/one/").content.decode()
    assert post.revisions.first().body == "Not to be read yet."
    assert agreed()


def test_whoever_has_the_renumbered_draft_open_is_told(three, give):
    sea, (one, _two, _three) = three
    opened = Post.objects.get(pk=one)
    give(commands.number_parts, sea, parts={one: 7})
    with pytest.raises(commands.Stale):
        give(commands.save_draft, one, draft=commands.Draft(title="One"), lock_version=opened.lock_version)


def test_a_deleted_series_leaves_its_posts_where_they_are(client, three, give):
    sea, _posts = three
    give(commands.delete_series, sea)
    assert not Series.objects.exists()
    assert "· Part" not in client.get("/posts/two/").content.decode()
    assert [post.state for post in Post.objects.all()] == ["live"] * 3
    assert agreed()


# --- at the desk


def test_a_tag_is_described_and_deleted_at_the_desk(desk, draft):
    draft("Hello", tags=["Sea"])
    sea = tag("Sea")
    desk.post(f"tag/{sea}/change/", name="Sea", description="Salt.\r\nWater.", merged_into="")
    assert Tag.objects.get().description == "Salt.\nWater."
    assert "1 post loses it." in desk.get(f"tag/{sea}/delete/")
    desk.post(f"tag/{sea}/delete/", post="yes")
    assert not Tag.objects.exists()


def test_a_name_s_page_speaks_of_that_name_alone(desk, both):
    html = desk.get(f"author/{author_of('Ada')}/change/") + desk.get("author/")
    assert "Where else the author is found" in html
    assert "What to do with the chosen…" in html
    assert "related-widget-wrapper-link" not in html
    assert "---------" not in html


def test_tags_that_cannot_be_deleted_together_are_named(desk, both, give):
    give(commands.merge_tags, tag("Ocean"), into=tag("Sea"))
    ocean = Tag.objects.get(name="Ocean").pk
    html = desk.post("tag/", action="delete_selected", _selected_action=[ocean], post="yes")
    assert "“Ocean” means “Sea”. Delete that one, and this one goes with it." in html
    assert "“Ocean” means “Sea”" in desk.post(f"tag/{ocean}/delete/", post="yes")
    assert Tag.objects.count() == 2


def test_an_author_is_described_at_the_desk(desk, published):
    published("Hello", authors=["Ada"])
    ada, typed = author_of("Ada"), {"name": "Ada", "user": "", "bio": "Counts.", "picture": ""}
    html = desk.post(f"author/{ada}/change/", **typed, link_lines="https://ada.example/")
    assert "Line 1 has no bar" in html
    assert "Counts." in html
    desk.post(f"author/{ada}/change/", **typed, link_lines="Home | https://ada.example/")
    assert Author.objects.get().links == [{"label": "Home", "url": "https://ada.example/"}]
    assert "Home | https://ada.example/" in desk.get(f"author/{ada}/change/")


def test_an_author_is_made_with_a_profile_at_the_desk(desk, both):
    typed = {
        "slug": "ada",
        "user": "",
        "bio": "Counts.",
        "picture": "",
        "link_lines": "A | https://a.example/",
    }
    desk.post("author/add/", name=" Ada  Lovelace", **typed)
    made = Author.objects.get()
    assert (made.name, made.bio, made.links[0]["label"]) == ("Ada Lovelace", "Counts.", "A")


def test_a_series_is_made_and_its_parts_are_numbered_at_the_desk(desk, three):
    desk.post("series/add/", name="Land", slug="land", description="Dry.")
    assert Series.objects.get(name="Land").description == "Dry."
    sea, (one, two, three_) = three
    typed = {
        "name": "The sea",
        "description": "",
        f"part-{one}": "2",
        f"part-{two}": "1",
        f"part-{three_}": "3",
    }
    assert "One" in desk.get(f"series/{sea}/change/")
    desk.post(f"series/{sea}/change/", **typed)
    assert {post.title: post.part for post in Post.objects.all()} == {"One": 2, "Two": 1, "Three": 3}


# --- suggestions


def suggested(client, path, typed):
    return json.loads(client.get(f"/admin/writer/{path}/suggestions/", {"q": typed}).content)["names"]


def test_names_are_suggested_as_they_are_typed(client, author, give):
    client.force_login(author)
    for name in ("Sea", "Deep sea", "Ocean", "Été"):
        tag(name)
    series_of("The sea")
    give(commands.merge_tags, tag("Ocean"), into=tag("Sea"))
    assert suggested(client, "tag", "se") == ["Sea", "Deep sea"]
    assert suggested(client, "tag", "ÉT") == ["Été"]
    assert suggested(client, "tag", "oce") == []
    assert suggested(client, "series", "sea") == ["The sea"]
    for nothing in ("", "  ", "%", "_", "\\", "a\x00", "a" * 10_000):
        answer = client.get("/admin/writer/tag/suggestions/", {"q": nothing})
        assert answer.status_code in (200, 400)
        assert answer.status_code == 400 or json.loads(answer.content)["names"] == []


def test_at_most_twenty_names_are_suggested(client, author):
    client.force_login(author)
    for number in range(30):
        author_of(f"Ada {number:02}")
    assert suggested(client, "author", "ada") == [f"Ada {number:02}" for number in range(20)]
