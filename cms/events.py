"""The published language: what the writer tells the reader, and all that both may know.

An event carries the whole public state of a post, so the newest one is enough. A field that was
added later has a default, and is left out of the document while it says no more than that: so what
is told in the old words keeps its document, and with it its digest (docs/adr/0008). This module
imports nothing of the project.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Final, get_args, get_type_hints
from uuid import UUID

from django.dispatch import Signal

SCHEMA: Final = 3  # the newest; a document bears the lowest that has words for it

LARGEST: Final = 16_000_000  # bytes of a document's JSON; a text of 200,000 characters needs a tenth of it

SITE_ID: Final = UUID(int=0)  # of the site, among the ids of posts: before them all, and never one of theirs

Document = dict[str, Any]


def article_path(slug: str) -> str:
    """Return the path that a public post answers at, decoded: `/posts/hello/`."""
    return f"/posts/{slug}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRef:
    """A tag as the public sees it."""

    slug: str
    name: str
    aliases: tuple[str, ...]  # slugs of tags that were merged into it, sorted
    description: str = ""  # plain text


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where somebody or something else is found."""

    label: str
    url: str  # absolute, or a path of this site


NAVIGATION: Final = (
    Link(label="Writing", url="/"),
    Link(label="Tags", url="/tags/"),
)  # until others are chosen
PER_PAGE: Final = 12  # posts, until another number is


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorRef:
    """An author as the public sees one."""

    slug: str
    name: str
    bio: str = ""  # plain text
    picture: str = ""  # a path under /media/
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRef:
    """A place in a series, as the public sees it."""

    slug: str
    name: str
    part: int  # from 1
    description: str = ""  # of the series; plain text


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """Another version of a picture, that is there."""

    url: str  # a path under /media/
    width: int  # px


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRef:
    """A picture of the library, as the public sees it."""

    url: str  # a path under /media/
    width: int  # px
    height: int
    versions: tuple[Rendition, ...] = ()  # narrowest first


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPublished:
    """The public may read this post, in this wording."""

    post_id: UUID
    version: int  # a hybrid logical clock in µs since the epoch; a higher version always wins
    slug: str
    aliases: tuple[str, ...]  # other paths that lead here: decoded, sorted
    title: str
    summary: str  # plain text; empty: the reader takes the beginning of the body
    body: str  # Markdown source
    language: str  # BCP 47
    tags: tuple[TagRef, ...]  # sorted by name
    authors: tuple[AuthorRef, ...]  # in the order of the byline
    published_at: datetime  # of the first publication; aware
    updated_at: datetime  # of this wording; aware
    description: str = ""  # plain text for search engines and shares; empty: the summary does
    canonical_url: str = ""  # absolute; empty: this site is where the text appeared first
    cover: str = ""  # a path under /media/: the picture that a share shows
    cover_alt: str = ""
    series: SeriesRef | None = None
    pinned: bool = False  # before all others on the home page
    unlisted: bool = False  # can be read at its path, and is named nowhere
    pictures: tuple[PictureRef, ...] = field(default=(), metadata={"schema": 3})  # that it shows, by url
    translation_key: str = field(default="", metadata={"schema": 3})  # that its translations bear too
    digest: str = ""  # of the document; carried, never part of it

    @property
    def paths(self) -> tuple[str, ...]:
        """Return every path that leads to the post, its own first."""
        return (article_path(self.slug), *self.aliases)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostWithdrawn:
    """The public may no longer read this post."""

    post_id: UUID
    version: int  # as above
    paths: tuple[str, ...]  # that led to it: decoded, sorted
    withdrawn_at: datetime  # aware
    digest: str = ""  # as above


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDescribed:
    """This is what every page says of the site."""

    version: int  # as above
    name: str
    tagline: str
    logo: str  # a path under /media/; empty: none
    navigation: tuple[Link, ...]
    social: tuple[Link, ...]  # where else the site is found
    per_page: int  # posts on a page of a list
    footer: str  # Markdown source
    digest: str = ""  # as above

    @property
    def post_id(self) -> UUID:
        """Return the id that stands for the site where posts have theirs."""
        return SITE_ID

    @property
    def paths(self) -> tuple[str, ...]:
        """Return no path: the site has none of its own."""
        return ()


PostEvent = PostPublished | PostWithdrawn
Event = PostEvent | SiteDescribed

KINDS: Final[dict[str, type[Event]]] = {
    "post.published": PostPublished,
    "post.withdrawn": PostWithdrawn,
    "site.described": SiteDescribed,
}

HINTS: Final[dict[Any, dict[str, Any]]] = {
    cls: get_type_hints(cls)
    for cls in (*KINDS.values(), TagRef, AuthorRef, SeriesRef, PictureRef, Rendition, Link)
}

# kwargs: event, and `reached`: the destinations that have it, whose receivers then do nothing. Each returns
# its own. Sent after commit, at least once, in any order.
happened = Signal()

READER, STREAM = "reader", "stream"  # destinations: this machine's own readers; the stream that nodes follow

# What one request, and the events that it announces, are known by in every log.
correlation_id: ContextVar[UUID | None] = ContextVar("correlation_id", default=None)


@contextmanager
def correlated(by: UUID) -> Iterator[None]:
    """Let all that the block logs and announces bear this id."""
    before = correlation_id.set(by)
    try:
        yield
    finally:
        correlation_id.reset(before)


class Unspeakable(ValueError):
    """A value has no place in a document: NUL, half a surrogate pair, a float, a naive time."""


def kind_of(event: Event) -> str:
    """Return the name under which this kind of event is stored and sent."""
    return next(kind for kind, cls in KINDS.items() if isinstance(event, cls))


def document(event: Event) -> Document:
    """Return the event as JSON-ready values, in the form that is stored, sent and digested.

    Raise Unspeakable for what PostgreSQL and SQLite would not both keep.
    """
    return {"schema": _schema(event), **_speakable(event)}


def digest(doc: Document) -> str:
    """Return the SHA-256 of the document's canonical JSON, in hex."""
    return hashlib.sha256(canonical(doc)).hexdigest()


def canonical(doc: Document) -> bytes:
    """Return the document's canonical JSON."""
    text = json.dumps(doc, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


def packed(doc: Document) -> bytes:
    """Return the document as it travels between machines: gzip of its canonical JSON."""
    return gzip.compress(canonical(doc), mtime=0)


def unpacked(data: bytes) -> Document:
    """Return the document that was packed. Raise ValueError or zlib.error for what is none, or has no end."""
    opening = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    plain = opening.decompress(data, LARGEST)
    if opening.unconsumed_tail or not opening.eof:
        raise ValueError(f"It is cut short, or has more than {LARGEST:,} bytes.")
    doc = json.loads(plain)
    if not isinstance(doc, dict):
        raise ValueError("It is no document.")
    return doc


def sealed(event: Event) -> Event:
    """Return the event as its document tells it, with the digest of that."""
    doc = document(event)
    return opened(kind_of(event), doc, digest(doc))


def opened(kind: str, doc: Document, digest: str) -> Event:
    """Return the event that a stored document tells of. Raise ValueError if it is of an unknown schema.

    What an older one had no words for takes its default, which is what it meant.
    """
    if doc.get("schema") not in range(1, SCHEMA + 1):
        raise ValueError(
            f"This document has schema {doc.get('schema')!r}; this program reads up to {SCHEMA}."
        )
    cls = KINDS[kind]
    hints = HINTS[cls]
    values = {name: _restored(hints[name], value) for name, value in doc.items() if name != "schema"}
    return cls(**values, digest=digest)


def storable(text: str) -> bool:
    """Tell whether both databases keep this text: no NUL, no half of a surrogate pair."""
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False


def _said(value: Any) -> Iterator[tuple[Field[Any], Any]]:
    """Yield the fields that a document names, each with its value."""
    for known in fields(value):
        said = getattr(value, known.name)
        if known.name != "digest" and said != known.default:
            yield known, said


def _schema(value: Any) -> int:
    """Return the lowest schema that has words for it. Fields with a default came later: in 2, or as noted."""
    if isinstance(value, tuple):
        return max(map(_schema, value), default=1)
    if not is_dataclass(value):
        return 1
    own = 2 if isinstance(value, SiteDescribed) else 1
    later = [
        known.metadata.get("schema", 2) for known, _said_of_it in _said(value) if known.default is not MISSING
    ]
    return max(own, *later, *(_schema(said) for _known, said in _said(value)))


def _speakable(value: Any) -> Any:
    match value:
        case str():
            if not storable(value):
                raise Unspeakable("NUL and lone surrogates cannot be stored.")
            return unicodedata.normalize("NFC", value)
        case datetime():
            if value.tzinfo is None:
                raise Unspeakable("Times are aware.")
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case UUID():
            return str(value)
        case int():
            return value
        case dict():
            return {key: _speakable(item) for key, item in value.items()}
        case list() | tuple():
            return [_speakable(item) for item in value]
        case _ if is_dataclass(value):
            return {known.name: _speakable(said) for known, said in _said(value)}
    raise Unspeakable(f"A document has no place for {type(value).__name__}.")


def _restored(hint: Any, value: Any) -> Any:
    if hint is UUID:
        return UUID(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if isinstance(value, dict):
        (cls,) = (cls for cls in (hint, *get_args(hint)) if cls in HINTS)
        hints = HINTS[cls]
        return cls(**{name: _restored(hints[name], item) for name, item in value.items()})
    if isinstance(value, list):
        inner, _ellipsis = get_args(hint)
        return tuple(_restored(inner, item) for item in value)
    return value
