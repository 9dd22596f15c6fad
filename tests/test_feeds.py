"""Feeds: valid in each format, whole, absolute, at most 250 kB, and of the present edition."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import feedparser
import jsonschema
import pytest
from lxml import etree, html

from cms import markup
from reader.feed_formats import FORMATS, LARGEST
from tests.conftest import NOON
from tests.hostile import ALL
from writer import commands
from writer.models import Post, Tag

HERE = Path(__file__).parent
SCHEMAS = {
    "atom.xml": etree.RelaxNG(etree.parse(HERE / "schemas" / "atom.rng")),
    "feed.xml": etree.RelaxNG(etree.parse(HERE / "schemas" / "rss.rng")),
}
JSON = jsonschema.Draft7Validator(json.loads((HERE / "vendor" / "json-feed.json").read_text()))
TYPES = {
    "atom.xml": "application/atom+xml",
    "feed.xml": "application/rss+xml",
    "feed.json": "application/feed+json",
}
ROOTS = ["/", "/tags/salt/", "/authors/ada/", "/series/the-sea/"]
everywhere = pytest.mark.parametrize("file", FORMATS)


def entries(answer):
    """Return the entries of a feed as {id, link, title, html, updated, tags, authors}, once it is found valid."""
    assert answer.status_code == 200
    assert len(answer.content) <= LARGEST
    kind = answer["Content-Type"].partition(";")[0]
    if kind == "application/feed+json":
        return json_entries(json.loads(answer.content))
    file = next(file for file, known in TYPES.items() if known == kind)
    tree = etree.fromstring(answer.content)
    SCHEMAS[file].assertValid(tree)
    titles = tree.xpath("//*[local-name()='entry' or local-name()='item']/*[local-name()='title']/text()")
    read = feedparser.parse(answer.content)
    assert not read.bozo, read.bozo_exception
    assert read.version == {"atom.xml": "atom10", "feed.xml": "rss20"}[file]
    return [
        {
            "id": entry.id,
            "link": entry.link,
            "title": title,
            "html": entry.content[0].value if "content" in entry else "",
            "updated": entry.updated,
            "tags": [tag.label or tag.term for tag in entry.get("tags", [])],
            "authors": [author.name for author in entry.get("authors", [])],
        }
        for entry, title in zip(read.entries, titles, strict=True)
    ]


def json_entries(feed):
    JSON.validate(feed)
    return [
        {
            "id": item["id"],
            "link": item["url"],
            "title": item["title"],
            "html": item.get("content_html", ""),
            "updated": item["date_modified"],
            "tags": item.get("tags", []),
            "authors": [author["name"] for author in item.get("authors", [])],
        }
        for item in feed["items"]
    ]


@pytest.fixture
def post(published):
    """A public post that stands in every feed."""
    sea = commands.find_or_add_series("The sea")
    body = "See [there](/posts/other/), [below](#end) and ![it](/media/pictures/sea.png).[^1]\n\n# End\n\n[^1]: *Note.*"
    return published(
        "Hello & <b>", body=body, slug="hello", tags=["Salt"], authors=["Ada", "Bob"], series_id=sea
    )


@everywhere
@pytest.mark.parametrize("root", ROOTS)
def test_a_feed_has_whole_posts_with_everything_that_is_known_of_them(client, post, root, file):
    answer = client.get(root + file)
    assert answer["Content-Type"].startswith(TYPES[file])
    (entry,) = entries(answer)
    assert entry["id"] == f"urn:uuid:{post}"
    assert entry["link"] == "http://localhost:8000/posts/hello/"
    assert entry["title"] == "Hello & <b>"
    assert datetime.fromisoformat(entry["updated"]) == Post.objects.get().updated_at.replace(microsecond=0)
    assert entry["tags"] == ["Salt"]
    assert entry["authors"][-2:] == ["Ada", "Bob"] or file == "feed.xml"
    assert "<em>Note.</em>" in entry["html"]


@everywhere
def test_every_address_in_a_feed_is_absolute(client, post, file):
    (entry,) = entries(client.get(f"/{file}"))
    found = [value for _element, _attribute, value, _place in html.fromstring(entry["html"]).iterlinks()]
    assert "http://localhost:8000/posts/other/" in found
    assert "http://localhost:8000/posts/hello/#end" in found
    assert "http://localhost:8000/posts/hello/#fn:1" in found
    assert "http://localhost:8000/media/pictures/sea.png" in found
    assert all(address.startswith("http://localhost:8000/") for address in found)


@pytest.mark.parametrize("root", ROOTS)
def test_a_page_leads_to_the_feeds_of_what_it_lists(client, post, root):
    head = html.fromstring(client.get(root).content)
    links = {link.get("type"): link.get("href") for link in head.xpath("//link[@rel='alternate']")}
    assert links == {kind: root + file for file, kind in TYPES.items()}


def test_a_post_leads_to_the_feeds_of_the_site(client, post):
    head = html.fromstring(client.get("/posts/hello/").content)
    hrefs = head.xpath("//link[@rel='alternate'][@type='application/atom+xml']/@href")
    assert hrefs == ["/atom.xml"]


@everywhere
def test_a_feed_takes_as_many_posts_as_fit_and_one_that_never_fits_by_its_summary(client, published, file):
    long, longer = "word " * 17_000, "字" * 90_000  # 85 kB and 270 kB
    for title, body in {"Oldest": long, "Old": long, "Short": "Text.", "Huge": longer, "New": long}.items():
        published(title, body=body, summary=f"About {title}.")
    found = entries(client.get(f"/{file}"))
    assert [entry["title"] for entry in found] == ["New", "Huge", "Short", "Old"]
    assert [bool(entry["html"]) for entry in found] == [True, False, True, True]
    assert "About Huge." in client.get(f"/{file}").content.decode()


def test_a_feed_has_the_newest_thirty_posts(client, published):
    for number in range(32):
        published(f"Post {number}", pinned=number == 0)
    for file in FORMATS:
        found = [entry["title"] for entry in entries(client.get(f"/{file}"))]
        assert found == [f"Post {number}" for number in range(31, 1, -1)]


@everywhere
def test_a_feed_changes_with_what_it_tells_and_only_then(client, post, edit, give, published, file):
    first = client.get(f"/{file}")
    assert client.get(f"/{file}", headers={"if-none-match": first["ETag"]}).status_code == 304
    edit(post, body="Not public.")
    published("Hidden", unlisted=True)
    assert client.get(f"/{file}")["ETag"] == first["ETag"]
    give(commands.publish, post)
    (entry,) = entries(client.get(f"/{file}", headers={"if-none-match": first["ETag"]}))
    assert "Not public." in entry["html"]
    give(commands.unpublish, post)
    assert entries(client.get(f"/{file}")) == []
    for root in ROOTS[1:]:
        assert client.get(root + file).status_code == 404


@everywhere
def test_a_renamed_post_keeps_its_id(client, post, edit, give, file):
    edit(post, slug="moved", title="Moved")
    give(commands.publish, post)
    (entry,) = entries(client.get(f"/{file}"))
    assert (entry["id"], entry["link"]) == (f"urn:uuid:{post}", "http://localhost:8000/posts/moved/")


@everywhere
def test_the_feed_of_a_merged_tag_leads_to_the_other(client, published, give, file):
    published("One", tags=["js"])
    published("Two", tags=["JavaScript"])
    js, target = Tag.objects.get(slug="js").pk, Tag.objects.get(slug="javascript").pk
    give(commands.merge_tags, js, into=target)
    moved = client.get(f"/tags/js/{file}")
    assert (moved.status_code, moved["Location"]) == (301, f"/tags/javascript/{file}")
    assert len(entries(client.get(moved["Location"]))) == 2


@everywhere
def test_the_feed_of_an_empty_site_is_valid(client, both, file):
    assert entries(client.get(f"/{file}")) == []


def test_hostile_words_leave_a_feed_valid(client, published):
    for line in [*ALL[::4], "\x0b\x1f\ufffe]]>"]:
        published(line[:200], body=line, summary=line[:300], authors=[line[:100]], tags=[line[:50]])
    for file in FORMATS:
        assert len(entries(client.get(f"/{file}"))) == len(ALL[::4]) + 1


def test_an_author_s_feed_speaks_every_script(client, published, settings):
    published("題名", body="本文", slug="題名", language="ja", authors=["Größe"])
    (entry,) = entries(client.get("/authors/größe/atom.xml"))
    assert entry["link"] == "http://localhost:8000/posts/%E9%A1%8C%E5%90%8D/"
    assert b'xml:lang="ja"' in client.get("/authors/größe/atom.xml").content


def test_the_hub_is_named_if_there_is_one(client, published, settings):
    published()
    assert b"hub" not in client.get("/atom.xml").content
    settings.WEBSUB_HUB = "https://hub.example/"
    published("Another")
    for file in ("atom.xml", "feed.xml"):
        assert b'rel="hub" href="https://hub.example/"' in client.get(f"/{file}").content
        entries(client.get(f"/{file}"))
    (hub,) = json.loads(client.get("/feed.json").content)["hubs"]
    assert hub == {"type": "WebSub", "url": "https://hub.example/"}


def test_the_time_of_a_feed_is_that_of_its_newest_change(client, draft, give):
    for title, day in {"New": 5, "Changed": 3}.items():
        give(
            commands.publish,
            draft(title),
            now=NOON + timedelta(days=8 - day),
            published_at=NOON + timedelta(days=day),
        )
    assert b"<updated>2026-03-06T12:00:00Z</updated><link" in client.get("/atom.xml").content


@pytest.mark.parametrize(
    "path", ["/tags/none/atom.xml", "/authors/none/feed.xml", "/series/none/feed.json", "/x/feed.xml"]
)
def test_there_is_no_feed_of_nothing(client, both, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("text", ALL)
def test_making_addresses_absolute_lets_nothing_new_through(text):
    try:
        clean = markup.render(text).html
    except markup.Unrenderable:
        return
    seen = markup.absolute(clean, "https://blog.example/posts/x/")
    assert markup.absolute(seen, "https://elsewhere.example/") == seen
    for _element, _attribute, address, _place in html.fromstring(f"<div>{seen}</div>").iterlinks():
        assert address.startswith(("http://", "https://", "mailto:", "tel:")), address
