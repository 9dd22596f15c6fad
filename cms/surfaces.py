"""What each public surface shows, asked for by its address as a reader would, and what it should show.

Both are told as texts that can be compared: the path of a post, and before it the list that it
stands in where there are several. What should be is taken from the articles alone, not from what lists
are made of.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import count
from typing import Any, Final, NamedTuple
from urllib.parse import quote, unquote, urlencode, urlsplit
from xml.etree.ElementTree import fromstring

from cms.events import article_path
from reader import queries
from reader.indexing import month
from reader.terms import words

POST: Final = article_path("")[:-1]  # /posts/
OPERATORS: Final = str.maketrans('"-*', "   ")  # of a search
ATOM: Final = "{http://www.w3.org/2005/Atom}"
SITEMAP: Final = "{http://www.sitemaps.org/schemas/sitemap/0.9}"

Get = Callable[[str], bytes]  # what stands at a path; raises Unreadable


class Unreadable(Exception):
    """A surface does not answer as it should."""


class Surface(NamedTuple):
    """One way to see what there is. What is shown may be asked for once, what should be again and again."""

    shown: Callable[[Get], Iterator[str]]
    expected: Callable[[], Iterator[str]]
    once: bool = True  # it shows nothing twice


class Main(HTMLParser):
    """Reads the links in the main part of a page."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.inside = False
        self.links: list[str] = []
        self.next = ""
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link."""
        said = dict(attrs)
        self.inside |= tag == "main"
        if self.inside and tag == "a" and (href := said.get("href")):
            self.links.append(unquote(href))
            if said.get("rel") == "next":
                self.next = href

    def handle_endtag(self, tag: str) -> None:
        """Leave the main part with its end."""
        self.inside &= tag != "main"


# --- what is shown


def listed(get: Get, path: str) -> Iterator[str]:
    """Yield the paths of the posts on all pages of a list."""
    while path:
        page = Main(get(path))
        yield from (link for link in page.links if link.startswith(POST))
        path = page.next


def named(root: str) -> Callable[[Get], Iterator[str]]:
    """Return what yields the posts under every name that a page of names leads to, the name before each."""

    def shown(get: Get) -> Iterator[str]:
        for link in Main(get(root)).links:
            if link.startswith(root) and link != root:
                yield from (f"{link} {post}" for post in listed(get, quote(link)))

    return shown


def archived(get: Get) -> Iterator[str]:
    """Yield the posts of every month that the archive leads to, the month before each."""
    for link in Main(get("/archive/")).links:
        if link.startswith("/archive/") and link.count("/") == 4:
            yield from (f"{link} {post}" for post in listed(get, link))


def mapped(get: Get) -> Iterator[str]:
    """Yield the posts of all sitemaps."""
    for address in addresses(get("/sitemap.xml")):
        if not address.endswith("-lists.xml"):
            yield from map(unquote, addresses(get(address)))


def addresses(sitemap: bytes) -> list[str]:
    """Return the paths that a sitemap or an index of sitemaps names."""
    return [urlsplit(entry.findtext(f"{SITEMAP}loc", "")).path for entry in fromstring(sitemap)]


def found(get: Get) -> Iterator[str]:
    """Yield what searches for the title of each post find, page by page until it is found itself.

    For a title without a word, what it is about is searched for, or all of its year.
    """
    rows = queries.newest().values_list("slug", "title", "summary", "published_at")
    for slug, title, summary, at in rows.iterator():
        text = next((text for text in (title, summary) if words(text)), "").translate(OPERATORS)
        asked = {"q": text} if text else {"year": month(at) // 100 if at else ""}
        for number in count(1):
            page = Main(get(f"/search/?{urlencode({**asked, 'page': number})}"))
            yield from (link for link in page.links if link.startswith(POST))
            if article_path(slug) in page.links or not page.next:
                break


def told(get: Get) -> Iterator[str]:
    """Yield the posts that programs are told of."""
    path = "/api/v1/articles/?limit=100&fields=slug"
    while path:
        page: dict[str, Any] = json.loads(get(path))
        yield from (article_path(article["slug"]) for article in page["results"])
        there = urlsplit(page["next"] or "")
        path = there.path + (f"?{there.query}" if there.query else "")


def fed(get: Get, file: str) -> list[str]:
    """Return the posts of a feed of the site, which reaches as far as its size allows."""
    feed = get(f"/{file}")
    if file.endswith(".json"):
        found = [item["url"] for item in json.loads(feed)["items"]]
    elif file == "atom.xml":
        entries = fromstring(feed).iter(f"{ATOM}entry")
        found = [entry.findall(f"{ATOM}link")[0].get("href", "") for entry in entries]
    else:
        found = [item.findtext("link", "") for item in fromstring(feed).iter("item")]
    return [unquote(urlsplit(address).path) for address in found]


# --- what should be


def paths() -> Iterator[str]:
    """Yield the path of every post that may be named."""
    for slug in queries.listed().values_list("slug", flat=True).iterator():
        yield article_path(slug)


def filed(root: str) -> Callable[[], Iterator[str]]:
    """Return what yields the posts under each of their tags, authors or series."""

    def expected() -> Iterator[str]:
        column = root.strip("/")
        for slug, said in queries.listed().values_list("slug", column).iterator(chunk_size=500):
            for name in said if isinstance(said, list) else [said] if said else []:
                yield f"{root}{name['slug']}/ {article_path(slug)}"

    return expected


def by_month() -> Iterator[str]:
    """Yield the posts under their months."""
    for slug, at in queries.listed().values_list("slug", "published_at").iterator():
        assert at  # of every public post
        number = month(at)
        yield f"/archive/{number // 100:04}/{number % 100:02}/ {article_path(slug)}"


def feed(file: str) -> Callable[[Get], Surface]:
    """Return what makes a surface of a feed: the newest posts, as many as it has, but not none."""

    def surface(get: Get) -> Surface:
        shown = fed(get, file)
        newest = queries.newest().values_list("slug", flat=True)[: max(len(shown), 1)]
        return Surface(lambda get: iter(shown), lambda: map(article_path, newest.all()))

    return surface


SURFACES: Final[dict[str, Callable[[Get], Surface]]] = {
    "home": lambda get: Surface(lambda get: listed(get, "/"), paths),
    "archive": lambda get: Surface(archived, by_month),
    "tags": lambda get: Surface(named("/tags/"), filed("/tags/")),
    "authors": lambda get: Surface(named("/authors/"), filed("/authors/")),
    "series": lambda get: Surface(named("/series/"), filed("/series/")),
    "atom.xml": feed("atom.xml"),
    "feed.xml": feed("feed.xml"),
    "feed.json": feed("feed.json"),
    "sitemap": lambda get: Surface(mapped, paths),
    "search": lambda get: Surface(found, paths, once=False),
    "api": lambda get: Surface(told, paths),
}
