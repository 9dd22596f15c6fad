"""What the stream holds, as an inventory: read from the headers of its messages, without a document."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from cms import stream
from cms.broker import Missing
from cms.holdings import Holding, Holdings
from cms.tail import Message, Tail


def holdings() -> Holdings:
    """Return what the stream holds of every post; nothing if there is no stream. Raise Lost or Unreachable.

    In memory as a whole, as a stream knows no order of ids: half a kilobyte for each post.
    """
    try:
        reading = Tail(settings.EVENTS_STREAM, after=0, headers_only=True)
    except Missing:
        return {}
    found = [one for message in reading.up_to_now() if (one := holding_of(message))]
    reading.close()
    return {one.post_id: one for one in found}


def holding(post_id: UUID) -> Holding | None:
    """Return what the stream holds of one post."""
    try:
        there = stream.message(stream.subject_of(post_id))
    except Missing:
        return None
    return holding_of(there) if there else None


def holding_of(message: Message) -> Holding | None:
    """Return what a message holds of a post; None if it is about none. What is not ours is older than all."""
    try:
        post_id = stream.post_of(message.subject)
    except stream.Unfit:
        return None
    held = stream.held_by(message)
    return Holding(post_id, held.version, held.digest, held.gone)
