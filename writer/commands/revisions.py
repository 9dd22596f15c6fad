"""What the commands share: turns, the lock on a post, and its words kept as a revision."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection
from django.utils.translation import gettext as _

from writer.models import Content, Picture, PictureUse, Post, Revision, frozen_fields
from writer.picture_files import mentioned
from writer.refusals import Refused

TURN: Final = 0x496D7072  # any number that no other program locks in this database


def take_turn() -> None:
    """Wait until no other transaction announces, and keep the turn until this one ends.

    What is announced depends on more than its own post: on addresses, tags, authors, and the
    newest version. SQLite lets writers take turns by itself. A command takes its turn before
    it locks a post, so that none waits for another in a circle.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [TURN])


def locked(post_id: UUID) -> Post:
    """Return the post, locked for the rest of the transaction (SQLite locks them all)."""
    post = Post.objects.select_for_update().filter(pk=post_id).first()
    if post is None:
        raise Refused(_("This post no longer exists."))
    return post


def keep_revision(post: Post, *, reason: Revision.Reason, actor: User | None, now: datetime) -> Revision:
    """Return a revision with the words of the draft: the newest, or a new one if they differ."""
    newest = post.revisions.first()
    if newest and newest.same_words(post):
        return newest
    revision = Revision.objects.create(
        **frozen_fields(post),
        post=post,
        number=newest.number + 1 if newest else 1,
        reason=reason,
        actor=actor,
        created_at=now,
    )
    revision.tags.set(post.tag_ids())
    revision.set_byline(post.author_ids())
    return revision


def note_mentions(post: Post) -> None:
    """Keep in step which pictures the draft mentions, and which the words that readers see.

    The caller holds the lock on the post. One that is mentioned no longer stays noted: a revision has it.
    """
    draft, live = mentions(post), mentions(post.live) if post.live else set()
    uses = {use.picture.path: use for use in post.picture_uses.select_related("picture")}
    for path, use in uses.items():
        if (use.in_draft, use.in_live) != (path in draft, path in live):
            use.in_draft, use.in_live = path in draft, path in live
            use.save(update_fields=["in_draft", "in_live"])
    if new := (draft | live) - uses.keys():
        # Locked, so that none is deleted at this moment.
        pictures = Picture.objects.select_for_update().filter(path__in=new).order_by("pk")
        PictureUse.objects.bulk_create(
            PictureUse(post=post, picture=one, in_draft=one.path in draft, in_live=one.path in live)
            for one in pictures
        )


def mentions(words: Content) -> set[str]:
    """Return the names of the pictures that a draft or revision mentions, in whichever field."""
    return mentioned("\n".join(str(value) for value in frozen_fields(words).values()))
