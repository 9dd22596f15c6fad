"""What feeds tell, in whichever format: of themselves, and of an article. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


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


def rfc3339(moment: datetime) -> str:
    """Return a moment as Atom and JSON Feed write it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
