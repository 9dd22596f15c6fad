"""Whether the stream is complete: a mark on it says that the writer has given it all it lacked.

A stream that was just made, or lost everything, holds little at first. A new node that has read all of that
has read too little to serve. The mark names the stream that it was made for, so that no other one bears it.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings

from cms import stream
from cms.broker import Declined, Missing
from cms.tail import Message
from reader.checkpoint import Checkpoint

HISTORY: Final = "Imprint-History"


def subject() -> str:
    """Return where the stream holds the mark, beside posts."""
    return f"{settings.EVENTS_STREAM}.complete"


def is_mark(message: Message) -> bool:
    """Tell whether this is the mark, of whichever stream, and no event."""
    return message.subject == subject()


def is_marked() -> bool:
    """Tell whether the present stream bears its mark. Raise Unreachable if the broker does not answer."""
    try:
        there = stream.message(subject())
        return bool(there and there.headers.get(HISTORY) == stream.state().history)
    except Missing:
        return False


def mark(history: str) -> None:
    """Let the stream of this history bear its mark; nothing happens if it does, or another has its place."""
    there = stream.message(subject())
    if there and there.headers.get(HISTORY) == history:
        return
    expected = str(there.sequence if there else 0)
    try:
        stream.send(subject(), b"", {HISTORY: history, stream.EXPECTED: expected})
    except Declined as refusal:
        if refusal.code != stream.OVERTAKEN:
            raise


def has_read_all(place: Checkpoint) -> bool:
    """Tell whether a node at this place has read what makes the stream complete: all before the mark."""
    there = stream.message(subject())
    return bool(there and there.headers.get(HISTORY) == place.history and there.sequence <= place.sequence)
