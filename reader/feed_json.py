"""What a JSON Feed 1.1 looks like. Pure."""

from __future__ import annotations

import json
from typing import Any

from reader.feed_entries import Channel, Entry, rfc3339


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
