"""The published language: what the writer tells the reader, and all that both may know.

An event carries the whole public state of a post, so the newest one is enough. This module
imports nothing of the project.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, get_type_hints
from uuid import UUID

from django.dispatch import Signal

SCHEMA: Final = 1

Document = dict[str, Any]


def article_path(slug: str) -> str:
    """Return the path that a public post answers at, decoded: `/posts/hello/`."""
    return f"/posts/{slug}/"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRef:
    """A tag as the public sees it."""

    slug: str
    name: str
    aliases: tuple[str, ...] = ()  # slugs of tags that were merged into it, sorted


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorRef:
    """An author as the public sees one."""

    slug: str
    name: str


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


Event = PostPublished | PostWithdrawn

KINDS: Final[dict[str, type[Event]]] = {"post.published": PostPublished, "post.withdrawn": PostWithdrawn}

HINTS: Final = {cls: get_type_hints(cls) for cls in KINDS.values()}

happened = Signal()  # kwargs: event. Sent after commit, at least once, in any order.

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
    content = {field.name: getattr(event, field.name) for field in fields(event) if field.name != "digest"}
    return {"schema": SCHEMA, **_speakable(content)}


def digest(doc: Document) -> str:
    """Return the SHA-256 of the document's canonical JSON, in hex."""
    canonical = json.dumps(doc, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def sealed(event: Event) -> Event:
    """Return the event as its document tells it, with the digest of that."""
    doc = document(event)
    return opened(kind_of(event), doc, digest(doc))


def opened(kind: str, doc: Document, digest: str) -> Event:
    """Return the event that a stored document tells of. Raise ValueError if it is of another schema."""
    if doc.get("schema") != SCHEMA:
        raise ValueError(f"This document has schema {doc.get('schema')!r}; this program reads {SCHEMA}.")
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
        case TagRef() | AuthorRef():
            return _speakable(asdict(value))
    raise Unspeakable(f"A document has no place for {type(value).__name__}.")


def _restored(hint: Any, value: Any) -> Any:
    if hint is UUID:
        return UUID(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if hint == tuple[TagRef, ...]:
        return tuple(TagRef(**{**item, "aliases": tuple(item["aliases"])}) for item in value)
    if hint == tuple[AuthorRef, ...]:
        return tuple(AuthorRef(**item) for item in value)
    return tuple(value) if isinstance(value, list) else value
