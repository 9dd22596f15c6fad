"""Commands on series: which posts belong together, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from writer.commands.checks import checked_text
from writer.commands.names import announce_all, found, keep, lock_all, note_unchanged, parts_of
from writer.commands.revisions import add_revision, keep_revision, locked, take_turn
from writer.commands.words import LAST_PART
from writer.models import Post, Revision, Series, frozen_fields
from writer.refusals import Refused


@transaction.atomic
def describe_series(series_id: int, *, description: str, actor: User | None, now: datetime) -> None:
    """Say what the series is about, to readers."""
    take_turn()
    series = found(Series, series_id)
    series.description = checked_text(description.strip(), longest=500, named=_("description"))
    keep(series, "description", of=parts_of(series), actor=actor, now=now)


@transaction.atomic
def delete_series(series_id: int, *, actor: User | None, now: datetime) -> None:
    """Take every post and revision out of the series, for ever. Public posts are announced without it."""
    take_turn()
    series = found(Series, series_id)
    concerned = parts_of(series)
    lock_all(concerned | set(Post.objects.filter(series=series).values_list("pk", flat=True)))
    Series.objects.select_for_update().get(pk=series_id)  # no draft comes to be part of it from here on
    for part in (Post, Revision):
        part.objects.filter(series=series).update(series=None, part=None)
    series.delete()
    note_unchanged(concerned)
    announce_all(concerned, actor=actor, now=now)


@transaction.atomic
def number_parts(series_id: int, *, parts: Mapping[UUID, int], actor: User | None, now: datetime) -> None:
    """Give posts of the series these numbers, in their drafts and, where they are public, for readers too.

    Nothing else of a draft becomes public. Raise Refused for a number that no part can have.
    """
    take_turn()
    found(Series, series_id)
    if any(not 1 <= part <= LAST_PART for part in parts.values()):
        raise Refused(_("A part of a series has a number from 1 to %d.") % LAST_PART)
    lock_all(set(parts))
    numbered = {
        post_id
        for post_id, part in sorted(parts.items())
        if number(locked(post_id), series_id, part, actor=actor, now=now)
    }
    announce_all(numbered, actor=actor, now=now)


def number(post: Post, series_id: int, part: int, *, actor: User | None, now: datetime) -> bool:
    """Give the locked post this number, as far as it is part of the series; tell whether readers see it."""
    live = post.live
    seen = live is not None and (live.series_id, live.part != part) == (series_id, True)
    if live and seen:
        words, why = {**frozen_fields(live), "part": part}, Revision.Reason.PUBLISH
        kept = add_revision(post, words, live.tag_ids(), live.author_ids(), reason=why, actor=actor, now=now)
        if post.announced_id == live.pk:  # else reconciliation has still to get it its address
            post.announced = kept
        post.live = kept
    drafted = post.series_id == series_id and post.part != part
    if drafted:
        post.part = part
        post.lock_version += 1  # whoever has it open is told when he saves
    post.changed = post.live is not None and not post.same_words(post.live)
    post.save(update_fields=["live", "announced", "part", "changed", "lock_version"])
    if drafted:
        keep_revision(post, reason=Revision.Reason.SAVE, actor=actor, now=now)
    return seen
