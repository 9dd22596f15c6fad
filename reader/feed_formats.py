"""What a feed looks like: Atom 1.0 (RFC 4287), RSS 2.0 and JSON Feed 1.1. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

LARGEST: Final = 250_000  # bytes of a feed; readers of feeds refuse or cut what is much larger
PUBLISHER: Final = "Imprint"
UNSPEAKABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in XML 1.0, even escaped


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What a feed says of itself. Addresses are absolute."""

    title: str
    about: str
    site: str
    home: str  # the page that lists the same posts
    address: str  # of the feed
    language: str
    updated: datetime
    icon: str
    hub: str  # WebSub; empty: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed says of an article. Addresses are absolute, in the text, too."""

    id: str
    address: str
    title: str
    summary: str
    html: str  # empty: too long for a feed
    language: str
    published: datetime
    updated: datetime
    tags: list[tuple[str, str]]  # slug, name
    authors: list[tuple[str, str]]  # name, address
    picture: str


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of feed: how an entry is written, and how the whole."""

    content_type: str
    entry: Callable[[Entry], Any]
    whole: Callable[[Channel, list[Any]], str]
    size: Callable[[Any], int]  # of a written entry, in bytes


def body(made: Format, channel: Channel, entries: Iterable[Entry]) -> str:
    """Return the feed with as many entries as fit into 250 kB."""
    room = LARGEST - len(made.whole(channel, []).encode())
    return made.whole(channel, list(fitting(made, entries, room)))


def fitting(made: Format, entries: Iterable[Entry], room: int) -> Iterator[Any]:
    """Yield written entries while there is room. One that would not fit by itself gives its summary only."""
    left = room
    for entry in entries:
        written = made.entry(entry)
        if made.size(written) > room:
            written = made.entry(replace(entry, html=""))
        left -= made.size(written)
        if left < 0:
            return
        yield written


def add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """Add an element, without what XML has no words for."""
    said = {name.replace("_", ":"): UNSPEAKABLE.sub("", value) for name, value in attributes.items()}
    child = SubElement(parent, tag, said)
    child.text = UNSPEAKABLE.sub("", text) or None
    return child


def xml(root: Element) -> str:
    """Return the document."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def size_of_element(element: Element) -> int:
    """Return the bytes of an element."""
    return len(tostring(element, encoding="utf-8"))


def rfc3339(moment: datetime) -> str:
    """Return a moment as Atom and JSON Feed write it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def rfc822(moment: datetime) -> str:
    """Return a moment as RSS writes it."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)


# --- Atom


def atom(channel: Channel, entries: list[Element]) -> str:
    """Return an Atom feed."""
    root = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": channel.language})
    add(root, "id", channel.home)
    add(root, "title", channel.title)
    if channel.about:
        add(root, "subtitle", channel.about)
    add(root, "updated", rfc3339(channel.updated))
    add(root, "link", rel="self", type="application/atom+xml", href=channel.address)
    add(root, "link", rel="alternate", type="text/html", href=channel.home)
    if channel.hub:
        add(root, "link", rel="hub", href=channel.hub)
    if channel.icon:
        add(root, "logo", channel.icon)
    add(add(root, "author"), "name", channel.site)
    add(root, "generator", PUBLISHER)
    root.extend(entries)
    return xml(root)


def atom_entry(entry: Entry) -> Element:
    """Return an entry of an Atom feed."""
    root = Element("entry", {"xml:lang": entry.language})
    add(root, "id", entry.id)
    add(root, "title", entry.title)
    add(root, "link", rel="alternate", type="text/html", href=entry.address)
    add(root, "published", rfc3339(entry.published))
    add(root, "updated", rfc3339(entry.updated))
    for name, address in entry.authors:
        author = add(root, "author")
        add(author, "name", name)
        add(author, "uri", address)
    for slug, name in entry.tags:
        add(root, "category", term=slug, label=name)
    add(root, "summary", entry.summary or entry.title)
    if entry.html:
        add(root, "content", entry.html, type="html")
    return root


# --- RSS


def rss(channel: Channel, entries: list[Element]) -> str:
    """Return an RSS feed."""
    names = {
        "xmlns:atom": "http://www.w3.org/2005/Atom",
        "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
        "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    }
    root = Element("rss", {"version": "2.0", **names})
    told = add(root, "channel")
    add(told, "title", channel.title)
    add(told, "link", channel.home)
    add(told, "description", channel.about or channel.title)
    add(told, "language", channel.language)
    add(told, "lastBuildDate", rfc822(channel.updated))
    add(told, "generator", PUBLISHER)
    add(told, "docs", "https://www.rssboard.org/rss-specification")
    add(told, "atom:link", rel="self", type="application/rss+xml", href=channel.address)
    if channel.hub:
        add(told, "atom:link", rel="hub", href=channel.hub)
    if channel.icon:
        image = add(told, "image")
        for tag, text in {"url": channel.icon, "title": channel.title, "link": channel.home}.items():
            add(image, tag, text)
    told.extend(entries)
    return xml(root)


def rss_item(entry: Entry) -> Element:
    """Return an item of an RSS feed."""
    root = Element("item")
    add(root, "title", entry.title)
    add(root, "link", entry.address)
    add(root, "guid", entry.id, isPermaLink="false")
    add(root, "pubDate", rfc822(entry.published))
    add(root, "atom:updated", rfc3339(entry.updated))
    for name, _address in entry.authors:
        add(root, "dc:creator", name)
    add(root, "dc:language", entry.language)
    for _slug, name in entry.tags:
        add(root, "category", name)
    add(root, "description", entry.summary or entry.title)
    if entry.html:
        add(root, "content:encoded", entry.html)
    return root


# --- JSON Feed


def json_feed(channel: Channel, entries: list[dict[str, Any]]) -> str:
    """Return a JSON Feed."""
    said = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": channel.title,
        "home_page_url": channel.home,
        "feed_url": channel.address,
        "description": channel.about,
        "language": channel.language,
        "icon": channel.icon,
        "hubs": [{"type": "WebSub", "url": channel.hub}] if channel.hub else [],
    }
    return written({**spoken(said), "items": entries})


def json_item(entry: Entry) -> dict[str, Any]:
    """Return an item of a JSON Feed."""
    text = {"content_html": entry.html} if entry.html else {"content_text": entry.summary or entry.title}
    said = {
        "id": entry.id,
        "url": entry.address,
        "title": entry.title,
        "summary": entry.summary,
        "image": entry.picture,
        "date_published": rfc3339(entry.published),
        "date_modified": rfc3339(entry.updated),
        "authors": [{"name": name, "url": address} for name, address in entry.authors],
        "tags": [name for _slug, name in entry.tags],
        "language": entry.language,
    }
    return {**spoken(said), **text}


def spoken(said: dict[str, Any]) -> dict[str, Any]:
    """Return what is not empty."""
    return {name: value for name, value in said.items() if value}


def written(value: dict[str, Any]) -> str:
    """Return a value as JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def size_of_item(item: dict[str, Any]) -> int:
    """Return the bytes of an item and the comma behind it."""
    return len(written(item).encode()) + 1


FORMATS: Final = {
    "atom.xml": Format("application/atom+xml; charset=utf-8", atom_entry, atom, size_of_element),
    "feed.xml": Format("application/rss+xml; charset=utf-8", rss_item, rss, size_of_element),
    "feed.json": Format("application/feed+json", json_item, json_feed, size_of_item),
}
