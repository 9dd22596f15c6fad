"""The formats of feeds, and how much of a feed fits into one. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from reader.feed_entries import Channel, Entry
from reader.feed_json import json_feed, json_item, size_of_item
from reader.feed_xml import atom, atom_entry, rss, rss_item, size_of_element

LARGEST: Final = 250_000  # bytes of a feed; readers of feeds refuse or cut what is much larger


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


FORMATS: Final = {
    "atom.xml": Format("application/atom+xml; charset=utf-8", atom_entry, atom, size_of_element),
    "feed.xml": Format("application/rss+xml; charset=utf-8", rss_item, rss, size_of_element),
    "feed.json": Format("application/feed+json", json_item, json_feed, size_of_item),
}
