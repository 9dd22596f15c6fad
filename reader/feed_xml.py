"""What a feed in XML looks like: Atom 1.0 (RFC 4287) and RSS 2.0. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from reader.feed_entries import Channel, Entry, rfc3339

PUBLISHER: Final = "Imprint"
UNSPEAKABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # in XML 1.0, even escaped


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


def rfc822(moment: datetime) -> str:
    """Return a moment as RSS writes it."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
