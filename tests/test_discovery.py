"""What search engines, crawlers, shares and browsers are told."""

import json
from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.utils.html import escape
from lxml import etree, html

from reader import discovery
from reader.models import Article
from reader.rendering import site_by_settings
from tests.conftest import NOON
from tests.hostile import ALL
from writer import commands

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
HERE = "http://localhost:8000"


def listed(client, path):
    """Return what a sitemap, or an index of them, lists: {address: time of the last change}."""
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/xml; charset=utf-8")
    return {
        entry.findtext(f"{SITEMAP}loc"): entry.findtext(f"{SITEMAP}lastmod")
        for entry in etree.fromstring(answer.content)
    }


def told(client, path="/posts/hello/"):
    """Return what the page tells machines: BlogPosting and BreadcrumbList."""
    (script,) = html.fromstring(client.get(path).content).xpath(
        "//script[@type='application/ld+json']/text()"
    )
    graph = json.loads(script)
    assert graph["@context"] == "https://schema.org"
    return graph["@graph"]


# --- robots and sitemaps


def test_crawlers_are_led_to_the_sitemap_and_away_from_the_desk(client, both):
    text = client.get("/robots.txt").content.decode()
    assert f"Sitemap: {HERE}/sitemap.xml" in text
    for path in ("/admin/", "/preview/", "/search/?"):
        assert f"Disallow: {path}\n" in text


def test_the_sitemap_has_every_listed_post_and_when_it_changed(client, draft, give, edit, published):
    for number in range(3):
        at = NOON - timedelta(days=number)
        give(commands.publish, draft(f"Post {number}"), now=at, published_at=at)
    published("Hidden", unlisted=True)
    give(commands.unpublish, published("Gone"))
    assert listed(client, "/sitemap-1.xml") == {
        f"{HERE}/posts/post-0/": "2026-03-01T12:00:00Z",
        f"{HERE}/posts/post-1/": "2026-02-28T12:00:00Z",
        f"{HERE}/posts/post-2/": "2026-02-27T12:00:00Z",
    }
    assert listed(client, "/sitemap.xml") == {
        f"{HERE}/sitemap-lists.xml": None,
        f"{HERE}/sitemap-1.xml": "2026-03-01T12:00:00Z",
    }


def test_sitemaps_are_of_a_bounded_size_and_new_posts_come_into_the_last(client, published, monkeypatch):
    monkeypatch.setattr(discovery, "CHUNK", 2)
    for number in range(5):
        published(f"Post {number}")
    maps = [path for path in listed(client, "/sitemap.xml") if "lists" not in path]
    assert maps == [f"{HERE}/sitemap-{number}.xml" for number in (1, 2, 3)]
    found = [list(listed(client, path.removeprefix(HERE))) for path in maps]
    assert [len(those) for those in found] == [2, 2, 1]
    assert found[2] == [f"{HERE}/posts/post-4/"]
    assert client.get("/sitemap-4.xml").status_code == 404


def test_the_sitemap_of_lists_has_every_page_that_lists_posts(client, published):
    published(tags=["Größe"], authors=["Ada"], series_id=commands.find_or_add_series("The sea"))
    found = listed(client, "/sitemap-lists.xml")
    for path in ("/", "/tags/gr%C3%B6%C3%9Fe/", "/authors/ada/", "/series/the-sea/", "/archive/"):
        assert HERE + path in found
    assert all(client.get(address.removeprefix(HERE)).status_code == 200 for address in found)


@pytest.mark.parametrize(
    "path", ["/sitemap-0.xml", "/sitemap-1.xml", f"/sitemap-{10**30}.xml", "/sitemap-x.xml"]
)
def test_there_is_no_sitemap_of_nothing(client, both, path):
    assert client.get(path).status_code == 404


def test_the_sitemaps_of_an_empty_site_are_valid(client, both):
    assert list(listed(client, "/sitemap.xml")) == [f"{HERE}/sitemap-lists.xml"]


# --- an article


def test_search_engines_are_told_what_a_post_is(client, published):
    sea = commands.find_or_add_series("The sea")
    published(
        "Hello",
        body="Some words.",
        summary="About it.",
        tags=["Salt"],
        authors=["Ada", "Größe"],
        series_id=sea,
    )
    posting, crumbs = told(client)
    assert posting["@type"] == "BlogPosting"
    assert posting["headline"] == "Hello"
    assert posting["description"] == "About it."
    assert posting["mainEntityOfPage"] == f"{HERE}/posts/hello/"
    assert posting["datePublished"] == "2026-03-01T12:00:01Z"
    assert posting["author"] == [
        {"@type": "Person", "name": "Ada", "url": f"{HERE}/authors/ada/"},
        {"@type": "Person", "name": "Größe", "url": f"{HERE}/authors/gr%C3%B6%C3%9Fe/"},
    ]
    assert (posting["keywords"], posting["wordCount"], posting["inLanguage"]) == (["Salt"], 2, "en")
    assert crumbs["@type"] == "BreadcrumbList"
    assert [(one["position"], one["name"], one.get("item")) for one in crumbs["itemListElement"]] == [
        (1, "Imprint", f"{HERE}/"),
        (2, "The sea", f"{HERE}/series/the-sea/"),
        (3, "Hello", None),
    ]


def test_a_post_without_author_or_series_is_told_of_too(client, published):
    published("Hello")
    posting, crumbs = told(client)
    assert posting["author"] == [{"@type": "Organization", "name": "Imprint", "url": f"{HERE}/"}]
    assert len(crumbs["itemListElement"]) == 2


@pytest.mark.parametrize(
    "line", [*ALL, "</script><script>alert(1)</script>", "<!--<script>", "\\u003c\u2028\\"]
)
def test_no_words_end_the_script_element_that_tells_of_them(line):
    said = {
        "title": line,
        "summary": line,
        "authors": [{"name": line, "slug": "a"}],
        "tags": [{"name": line}],
    }
    article = Article(slug="x", language="en", published_at=NOON, updated_at=NOON, **said)
    script = render_to_string("reader/json_ld.html", {"site": site_by_settings(), "article": article}).strip()
    body = script.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not {"<", ">", "&"} & set(body)
    posting, _crumbs = json.loads(body)["@graph"]
    assert posting["headline"] == posting["author"][0]["name"] == posting["keywords"][0] == line


def test_an_unlisted_post_is_not_told_of(client, published):
    published("Hello", unlisted=True)
    assert "ld+json" not in client.get("/posts/hello/").content.decode()


def test_shares_are_told_the_tags(client, published):
    published("Hello", tags=["<b>", "Salt"])
    page = html.fromstring(client.get("/posts/hello/").content)
    assert page.xpath("//meta[@property='article:tag']/@content") == ["<b>", "Salt"]


@pytest.mark.parametrize("path", ["/", "/tags/salt/", "/authors/ada/", "/archive/", "/series/", "/feeds/"])
def test_every_list_has_a_canonical_address_and_a_card(client, published, path):
    published("Hello", tags=["Salt"], authors=["Ada"])
    page = html.fromstring(client.get(path).content)
    assert page.xpath("//link[@rel='canonical']/@href") == [HERE + path]
    assert page.xpath("//meta[@property='og:url']/@content") == [HERE + path]
    assert page.xpath("//meta[@property='og:title']/@content")


# --- headers


def test_a_post_says_where_programs_find_it(client, published):
    post_id = published("Größe")
    link = client.get("/posts/größe/")["Link"]
    assert link == f'<{HERE}/api/v1/articles/gr%C3%B6%C3%9Fe/>; rel="alternate"; type="application/json"'
    there = client.get(link[1:].partition(">")[0].removeprefix(HERE))
    assert (there.status_code, json.loads(there.content)["id"]) == (200, str(post_id))


@pytest.mark.parametrize("path", ["/posts/hello/", "/", "/feed.xml", "/tags/salt/atom.xml"])
def test_what_is_said_beside_a_page_is_said_with_it_and_not_to_who_has_it(client, published, settings, path):
    settings.WEBSUB_HUB = "https://hub.example/"
    published("Hello", tags=["Salt"])
    first = client.get(path)
    known = {"if-none-match": first["ETag"]}
    for name in ("Link", "Speculation-Rules"):
        for answer in (client.get(path), client.head(path)):
            assert answer.headers.get(name) == first.headers.get(name)
        for answer in (client.get(path, headers=known), client.head(path, headers=known)):
            assert answer.status_code == 304
            assert name not in answer.headers
    assert ("Link" in first.headers) == (path != "/")
    assert ("Speculation-Rules" in first.headers) == ("xml" not in path)


def test_a_feed_names_hub_and_itself_in_its_header(client, published, settings):
    published("Hello", tags=["Größe"])
    assert "Link" not in client.get("/feed.xml").headers
    settings.WEBSUB_HUB = "https://hub.example/?a=b,c"
    link = client.get("/tags/größe/atom.xml")["Link"]
    assert (
        link == f'<https://hub.example/?a=b,c>; rel="hub", <{HERE}/tags/gr%C3%B6%C3%9Fe/atom.xml>; rel="self"'
    )


def test_browsers_are_told_which_pages_they_may_fetch_before(client, published):
    published()
    path = json.loads(client.get("/")["Speculation-Rules"])
    answer = client.get(path)
    assert answer["Content-Type"] == "application/speculationrules+json"
    for rules in json.loads(answer.content).values():
        (rule,) = rules
        assert "/admin/*" in str(rule["where"]["and"][1]["not"])
        assert rule["eagerness"] in ("moderate", "conservative")
    for gone in ("/nothing/", "/posts/none/"):
        assert "Speculation-Rules" not in client.get(gone).headers


def test_titles_are_no_markup_in_any_head(client, published):
    published("<b>&\"'", tags=["<i>"], authors=["<u>"])
    for path in ("/", "/authors/u/", "/tags/i/"):
        head = client.get(path).content.decode().partition("</head>")[0]
        assert "<u>" not in head
        assert "<i>" not in head
    assert escape("<u>") in client.get("/authors/u/").content.decode()
