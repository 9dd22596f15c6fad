"""Documents: how events are told, stored, sent and digested.

A field that was added to an event later has a default, and is left out of the document while it says no more
than that: so what is told in the old words keeps its document, and with it its digest (docs/adr/0008).
"""

from __future__ import annotations

import gzip
import hashlib
import json
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Final, get_args, get_type_hints
from uuid import UUID

from django.utils import timezone

from cms.events import (
    AuthorRef,
    Event,
    Link,
    PictureRef,
    PostPublished,
    PostWithdrawn,
    Rendition,
    SeriesRef,
    SiteDescribed,
    TagRef,
)

SCHEMA: Final = 3  # the newest; a document bears the lowest that has words for it

LARGEST: Final = 16_000_000  # bytes of a document's JSON; a text of 200,000 characters needs a tenth of it

Document = dict[str, Any]

KINDS: Final[dict[str, type[Event]]] = {
    "post.published": PostPublished,
    "post.withdrawn": PostWithdrawn,
    "site.described": SiteDescribed,
}

HINTS: Final[dict[Any, dict[str, Any]]] = {
    cls: get_type_hints(cls)
    for cls in (*KINDS.values(), TagRef, AuthorRef, SeriesRef, PictureRef, Rendition, Link)
}


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


def withdrawal(post_id: UUID, *, above: int, paths: Iterable[str]) -> Event:
    """Return an event that takes from the public, from now on, what its writer does not tell of."""
    return sealed(
        PostWithdrawn(
            post_id=post_id, version=above + 1, paths=tuple(sorted(paths)), withdrawn_at=timezone.now()
        )
    )


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
