"""Commands on the draft. None of them changes what readers see, but for the trash."""

from __future__ import annotations

import uuid
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cms.events import SITE_ID
from writer.commands.publishing import withdraw
from writer.commands.revisions import (
    claim,
    in_no_trash,
    keep_revision,
    locked,
    note_mentions,
    stale,
    take_turn,
)
from writer.commands.words import Draft, bound, checked
from writer.models import Content, Post, Revision, frozen_fields
from writer.refusals import Refused
from writer.slugs import free_slug, is_automatic, slug_of


@transaction.atomic
def create_draft(
    *,
    draft: Draft,
    actor: User | None,
    now: datetime,
    reason: Revision.Reason = Revision.Reason.SAVE,
    post_id: UUID | None = None,
    editor: UUID | None = None,
    sequence: int | None = None,
) -> UUID:
    """Make a post and return its id. Raise Refused for text that cannot be kept.

    `editor` and `sequence` are those of an autosave; see `claim`.
    """
    if post_id == SITE_ID:
        raise Refused(_("This cannot be the id of a post."))
    post = Post(pk=post_id or uuid.uuid4(), created_by=actor, created_at=now, edited_at=now)
    post.editor, post.sequence = editor, sequence
    post.slug = chosen_slug(post, draft)
    post.save(force_insert=True)
    write(post, draft=draft, reason=reason, actor=actor, now=now)
    return post.pk


@transaction.atomic
def save_draft(
    post_id: UUID,
    *,
    draft: Draft,
    lock_version: int,
    actor: User | None,
    now: datetime,
    reason: Revision.Reason = Revision.Reason.SAVE,
    editor: UUID | None = None,
) -> None:
    """Keep the author's text. Raise Stale if it was saved by someone else since it was opened.

    `editor` is the page it was typed into, if that page autosaves.
    """
    if not claim(post_id, lock_version=lock_version, editor=editor, sequence=None):
        raise stale(locked(post_id))
    post = locked(post_id)
    in_no_trash(post)
    post.slug = chosen_slug(post, draft)
    write(post, draft=draft, reason=reason, actor=actor, now=now)


@transaction.atomic
def discard_changes(post_id: UUID, *, actor: User | None, now: datetime) -> None:
    """Make the draft what the public reads, and forget when it was to be published."""
    post = locked(post_id)
    if post.live is None:
        raise Refused(_("This post is not public, so there is nothing to go back to."))
    Post.objects.filter(pk=post_id).update(publish_at=None, review_asked_at=None, refusal="")
    take_over(post, post.live, actor=actor, now=now)


@transaction.atomic
def revert_to(post_id: UUID, *, number: int, actor: User | None, now: datetime) -> None:
    """Make an earlier revision the draft."""
    post = locked(post_id)
    in_no_trash(post)
    revision = post.revisions.filter(number=number).first()
    if revision is None:
        raise Refused(_("There is no revision %d of this post.") % number)
    take_over(post, revision, actor=actor, now=now)


@transaction.atomic
def trash(post_id: UUID, *, actor: User | None, now: datetime) -> None:
    """Put the post into the trash; if it is public, withdraw it."""
    take_turn()
    post = locked(post_id)
    if post.trashed_at:
        raise Refused(_("This post is in the trash already."))
    post.trashed_at = now
    post.publish_at = post.unpublish_at = post.review_asked_at = None
    post.refusal = ""
    post.save(update_fields=["trashed_at", "publish_at", "unpublish_at", "review_asked_at", "refusal"])
    if post.live_id:
        withdraw(post, actor=actor, now=now)


@transaction.atomic
def restore(post_id: UUID, *, actor: User | None, now: datetime) -> None:
    """Take the post out of the trash, as a draft."""
    if not Post.objects.filter(pk=post_id, trashed_at__isnull=False).update(trashed_at=None, edited_at=now):
        raise Refused(_("This post is not in the trash."))


@transaction.atomic
def purge(post_id: UUID, *, actor: User | None, now: datetime) -> None:
    """Delete the post and its revisions for ever. What was public when stays in the outbox."""
    take_turn()
    post = locked(post_id)
    if not post.trashed_at:
        raise Refused(_("Only a post in the trash can be deleted for ever."))
    if post.live_id:
        withdraw(post, actor=actor, now=now)
    post.delete()


def chosen_slug(post: Post, draft: Draft) -> str:
    """Return the slug to keep: the author's own, or before the first publication the title's."""
    wanted = slug_of(draft.slug)
    if post.published_at:
        return wanted or post.slug
    if wanted and (draft.keeps_slug or not is_automatic(wanted, post.title, post_id=post.pk)):
        return wanted
    return free_slug(draft.title, post_id=post.pk)


def take_over(post: Post, source: Revision, *, actor: User | None, now: datetime) -> None:
    """Make the words of a revision the draft."""
    Post.objects.filter(pk=post.pk).update(lock_version=F("lock_version") + 1, sequence=None)
    post.refresh_from_db()
    post.slug = source.slug
    write(post, draft=draft_of(source), reason=Revision.Reason.REVERT, actor=actor, now=now)


def draft_of(content: Content) -> Draft:
    """Return what a draft or revision says, as it is handed in."""
    tags, authors = tuple(content.tag_ids()), tuple(content.author_ids())
    return Draft(**frozen_fields(content), tags=tags, authors=authors, keeps_slug=True)


def write(post: Post, *, draft: Draft, reason: Revision.Reason, actor: User | None, now: datetime) -> None:
    """Write the draft's words, all but the slug, into the post, and keep them as a revision."""
    draft = bound(post, checked(draft))
    for name in Content.FIELDS:
        if name != "slug":
            setattr(post, name, getattr(draft, name))
    post.tags.set(draft.tags)
    post.set_byline(list(draft.authors))
    post.edited_at = now
    post.changed = post.live is not None and not post.same_words(post.live)
    post.save(update_fields=[*Content.FIELDS, "edited_at", "changed"])
    keep_revision(post, reason=reason, actor=actor, now=now)
    note_mentions(post)
