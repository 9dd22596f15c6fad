"""Mending: how readers are brought to what the writer says of posts that drifted.

By the same call as delivery, and then looked at again. Posts go in groups where projecting is all it takes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Final
from uuid import UUID

from django.utils import timezone

from cms import documents
from cms.drift import alike, look, sides
from cms.events import SITE_ID, Event, PostPublished, least
from cms.report import INDEX_ID, Finding, Kind
from cms.settling import Look, settled
from reader import queries as reader
from reader import search
from reader.projector import project, project_together
from writer import queries as writer
from writer.commands import announce_again, announce_site_again

APART: Final = "They are to be repaired one by one."


def settle_together(findings: list[Finding], *, until: float) -> str | None:
    """Repair what was found of these posts at once, and look again; return why not where that cannot be."""
    post_ids = [finding.post_id for finding in findings]
    if time.monotonic() > until:
        return APART
    try:
        mended = mend_together(post_ids)
        return None if mended and alike(post_ids, None) == {*post_ids} else APART
    except Exception as failure:  # whose fault it is, each of them will say by itself
        return f"{type(failure).__name__}: {failure}"


def mend_together(post_ids: list[UUID]) -> bool:
    """Bring the reader to what the writer says of these posts; tell whether projecting is all it takes."""
    theirs, mine = reader.entries_of(post_ids), writer.entries_of(post_ids)
    events = [event for event in writer.public_events(mine).values() if isinstance(event, PostPublished)]
    newest = reader.versions_at(path for event in events for path in event.paths)
    holders = writer.holders(path for event in events for path in event.paths[:1])

    def is_plain(event: PostPublished) -> bool:
        told = mine[event.post_id]
        needed = [newest[path] for path in event.paths if path in newest]
        if there := theirs.get(event.post_id):
            needed.append(least(there.version, gone=there.gone))
        return reliable(event, told, holders) and max(needed, default=0) <= told.version

    if len(events) < len(post_ids) or not all(map(is_plain, events)):
        return False
    project_together(events)
    return True


def settle(finding: Finding, *, deep: bool, until: float) -> str:
    """Repair what was found, and look again; return why it remains, or nothing."""
    post_id = finding.post_id
    if post_id == INDEX_ID:
        return settled(post_id, search.rebuild, look_at_index, until=until)
    return settled(post_id, partial(mend, post_id), partial(look, post_id, deep=deep), until=until)


def look_at_index() -> Look:
    """Look at the search index as at a post."""
    return False, None if search.is_whole() else Kind.CORRUPT


def mend(post_id: UUID) -> None:
    """Bring the reader to what the writer says of this post.

    Projecting is safe whatever happens meanwhile: a newer event wins. Where the writer's own
    version and digest cannot be relied on, an address of the post is held by what the writer does not
    know, or the one it is read at is not its own, it announces the post anew.
    """
    theirs, mine = sides(post_id)
    event = writer.public_event(post_id)
    known = least(theirs.version, gone=theirs.gone) if theirs else 0
    needed = max(known, reader.newest_at(event.paths) if event else 0)
    if mine is None and theirs is not None:
        take_down(post_id, above=theirs.version)
    elif mine and not (
        event and needed <= mine.version and reliable(event, mine, writer.holders(event.paths[:1]))
    ):
        announce_anew(post_id, above=needed)
    elif event:
        project(event)


def reliable(event: Event, mine: writer.Entry, holders: Mapping[str, UUID]) -> bool:
    """Tell whether the writer announced what its tables say, and keeps the post's address as its own."""
    own = event.paths[:1]  # the site has no address
    return event.digest == mine.digest and all(holders.get(path) == mine.post_id for path in own)


def take_down(post_id: UUID, *, above: int) -> None:
    """Take from readers what the writer does not know as public.

    Unless readers have heard of it since: published while the writer's clock was behind, it bears the same
    version as this withdrawal, and whichever comes second would rewrite the other.
    """
    event = documents.withdrawal(post_id, above=above, paths=reader.paths(post_id))
    theirs = reader.entry(post_id)
    if theirs is None or theirs.version <= above:
        project(event)


def announce_anew(post_id: UUID, *, above: int) -> None:
    """Have the writer say anew what is public of a post, or what pages say of the site."""
    if post_id == SITE_ID:
        announce_site_again(above=above, now=timezone.now())
    else:
        announce_again(post_id, above=above, now=timezone.now())
