"""Commands that keep what is being typed, and who types. None of them changes what readers see."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from writer.commands.drafts import chosen_slug, create_draft, write
from writer.commands.revisions import (
    add_revision,
    claim,
    in_no_trash,
    locked,
    note_past_mentions,
    stale,
    take_turn,
)
from writer.commands.words import Draft, bound, checked
from writer.models import Content, Post, Presence, Revision

A_MOMENT: Final = timedelta(minutes=1)  # for which somebody who was seen counts as present


@transaction.atomic
def autosave_draft(
    post_id: UUID,
    *,
    draft: Draft,
    lock_version: int,
    editor: UUID,
    sequence: int,
    actor: User,
    now: datetime,
    new: bool = False,
) -> int:
    """Keep what is being typed; return the lock version that the page has from now on.

    `editor` is the open page, `sequence` numbers its requests, from 1: one that comes late or
    twice changes nothing. Raise Stale if somebody else saved meanwhile. The newest revision moves
    along while it is the author's own and was not kept on purpose. A `new` post is made by the
    first of its requests to arrive.
    """
    if new and begun(post_id, draft=draft, editor=editor, sequence=sequence, actor=actor, now=now):
        return 0
    claimed = claim(post_id, lock_version=lock_version, editor=editor, sequence=sequence)
    post = locked(post_id)
    if not claimed and (post.editor != editor or post.sequence is None):
        raise stale(post)
    if claimed:
        in_no_trash(post)
        post.slug = chosen_slug(post, draft)
        write(post, draft=draft, reason=Revision.Reason.AUTOSAVE, actor=actor, now=now)
    return post.lock_version


def begun(post_id: UUID, *, draft: Draft, editor: UUID, sequence: int, actor: User, now: datetime) -> bool:
    """Make the post of a page that was opened to add one; tell whether another request had not made it."""
    take_turn()  # that two of its requests at once do not both make it
    if Post.objects.filter(pk=post_id).exists():
        return False
    create_draft(
        post_id=post_id,
        draft=draft,
        reason=Revision.Reason.AUTOSAVE,
        editor=editor,
        sequence=sequence,
        actor=actor,
        now=now,
    )
    return True


def check_newest(post_id: UUID, *, lock_version: int, editor: UUID) -> None:
    """Raise Stale if somebody else saved the draft since this page was opened."""
    post = Post.objects.filter(pk=post_id).first()
    if post and post.lock_version != lock_version and post.editor != editor:
        raise stale(post)


@transaction.atomic
def set_aside(post_id: UUID, *, draft: Draft, actor: User | None, now: datetime) -> int:
    """Keep a text that was not saved over another's as a revision; return its number.

    The draft stays as it is. The same text of the same author is set aside once.
    """
    post = locked(post_id)
    draft = bound(post, checked(draft))
    words = {name: getattr(draft, name) for name in Content.FIELDS} | {"slug": chosen_slug(post, draft)}
    same = post.revisions.filter(reason=Revision.Reason.ASIDE, actor=actor, **words)
    for revision in same:
        if revision.tag_ids() == set(draft.tags) and revision.author_ids() == list(draft.authors):
            return revision.number
    revision = add_revision(
        post, words, draft.tags, draft.authors, reason=Revision.Reason.ASIDE, actor=actor, now=now
    )
    note_past_mentions(revision)
    return revision.number


@transaction.atomic
def note_presence(post_id: UUID, *, actor: User, now: datetime) -> list[str]:
    """Note that somebody has the post open; return the names of the others who have."""
    if not Post.objects.filter(pk=post_id).exists():
        return []
    Presence.objects.filter(seen_at__lt=now - A_MOMENT).delete()
    Presence.objects.update_or_create(post_id=post_id, user=actor, defaults={"seen_at": now})
    others = Presence.objects.filter(post_id=post_id).exclude(user=actor).select_related("user")
    return [there.user.get_username() for there in others.order_by("user__username")]
