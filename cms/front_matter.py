"""Front matter, as Hugo, Zola, Jekyll and Eleventy write it. Pure: text in, values out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import PurePosixPath
from typing import Any, Final

from cms.front_values import Values, moment, split
from cms.old_addresses import as_path, date_in, last_part

DATED: Final = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})[-_](?P<rest>.+)")


@dataclass(frozen=True, kw_only=True)
class FrontMatter:
    """What a file says of its post."""

    body: str
    title: str = ""
    slug: str = ""  # as written; wanted, not granted
    summary: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    draft: bool = False
    date: datetime | None = None  # aware
    aliases: tuple[str, ...] = ()
    explicit_slug: bool = False
    description: str = ""  # for search engines, if there is a summary besides
    translation_key: str = ""
    canonical_url: str = ""  # as written
    cover: str = ""  # as written: beside the file, from the root of the old site, or anywhere
    cover_alt: str = ""
    series: str = ""
    part: int | None = None  # in the series, from 1
    pinned: bool = False
    unlisted: bool = False
    unknown: dict[str, Any] = field(default_factory=dict)


def read(text: str, *, path: PurePosixPath, zone: tzinfo) -> FrontMatter:
    """Return what the file at this path, relative to its folder, says. Naive dates are in `zone`.

    Raise Unreadable for what is not front matter, or holds an impossible value.
    """
    values, body = split(text.replace("\r\n", "\n"))
    published = values.get("published")
    if isinstance(published, bool):  # Jekyll's; others have a date there
        del values["published"]
    take = Values(values)
    return FrontMatter(
        body=body,
        **named(take, path, body, zone),
        **described(take),
        series=next(take.names("series", commas=False), ""),
        part=take.number("series_order", "series_part", "part"),
        tags=unique(*take.names("tags", "tag", "keywords"), *take.names("categories", "category")),
        authors=unique(*take.names("authors", "author", spaces=False)),
        draft=take.flag("draft") or published is False,
        pinned=take.flag("pinned", "pin", "sticky"),
        unlisted=take.flag("unlisted", "hidden", "eleventyExcludeFromCollections"),
        unknown=take.rest(),
    )


def named(take: Values, path: PurePosixPath, body: str, zone: tzinfo) -> dict[str, Any]:
    """Return title, addresses and date of a post. The name of its file says what is left out."""
    stem = path.parent.name if path.stem in ("index", "_index") else path.stem
    dated = DATED.fullmatch(stem)
    name = dated["rest"] if dated else stem
    address, slug = take.text("path", "permalink", "url"), take.text("slug")
    return {
        "title": take.text("title") or heading(body) or name.replace("-", " ").strip(),
        "slug": slug or last_part(address) or name,
        "explicit_slug": bool(slug),
        "aliases": unique(as_path(address), *take.paths("aliases", "redirect_from")),
        "date": moment(take.get("date", "pubDate", "publishDate"), zone)
        or moment(dated["date"] if dated else None, zone)
        or moment(date_in(address), zone),
    }


def described(take: Values) -> dict[str, Any]:
    """Return what is told of a post beside its text."""
    description, summary = take.text("description"), take.text("summary", "excerpt")
    cover, alt = take.picture("cover", "image", "cover_image", "featured_image", "images", "thumbnail")
    return {
        "summary": summary or description,
        "description": description if summary else "",
        "cover": cover,
        "cover_alt": alt,
        "language": take.text("lang", "language", "locale").replace("_", "-"),
        "translation_key": take.text("translation_key", "translationKey"),
        "canonical_url": take.text("canonical_url", "canonicalURL", "canonicalUrl", "canonical"),
    }


def unique(*texts: str) -> tuple[str, ...]:
    """Return the texts that are not empty, each once."""
    return tuple(dict.fromkeys(filter(None, texts)))


def heading(body: str) -> str:
    """Return the first top heading of a text, for a file that gives no title."""
    found = re.search(r"^#[ \t]+(.+?)[ \t#]*$", body[:5000], re.M)
    return found[1] if found else ""
