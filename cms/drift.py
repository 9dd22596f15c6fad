"""Drift: how a post and its article differ. Only looks, and changes nothing."""

from __future__ import annotations

from uuid import UUID

from cms.report import Kind
from reader import queries as reader
from reader.projector import is_projected
from reader.rendering import render_version
from writer import queries as writer


def look(post_id: UUID, *, deep: bool) -> tuple[bool, Kind | None]:
    """Look at one post by itself: whether an event of it is on its way, and how the sides differ.

    What was delivered between the two readings looks like drift, so drift is believed only
    when it is seen twice.
    """
    for _time in range(2):
        if writer.pending_posts([post_id]):
            return True, None
        theirs = reader.entry(post_id)
        mine = writer.entry(post_id)
        if deep and mine is None and theirs is None:
            theirs = reader.stray(post_id)
        kind = drift(mine, theirs) or (decay(mine) if deep and mine else None)
        if kind is None:
            return False, None
    return False, kind


def decay(mine: writer.Entry) -> Kind | None:
    """Return how what is stored differs from what the writer's tables make; None if it does not."""
    event = writer.public_event(mine.post_id)
    if event is None or event.digest != mine.digest:
        return Kind.CHANGED
    try:
        return None if is_projected(event) else Kind.CORRUPT
    except Exception:  # it cannot be rendered any more: its repair will say why
        return Kind.CORRUPT


def drift(mine: writer.Entry | None, theirs: reader.Entry | None) -> Kind | None:
    """Return how a public post (None: it is not public) and its article differ; None if they agree."""
    if mine is None:
        return Kind.ORPHAN if theirs and not theirs.gone else None
    if theirs is None:
        return Kind.MISSING
    if theirs.version > mine.version:
        return Kind.AHEAD
    if theirs.gone:
        return Kind.MISSING
    if theirs.version < mine.version:
        return Kind.STALE
    if theirs.digest != mine.digest:
        return Kind.CHANGED
    if not theirs.whole:
        return Kind.MISSING
    return Kind.OUTDATED if theirs.render_version != render_version() else None
