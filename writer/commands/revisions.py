"""What the commands share: turns, the lock on a post, and its words kept as a revision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from writer.models import Content, Picture, PictureUse, Post, Revision, frozen_fields
from writer.picture_files import mentioned
from writer.refusals import Refused, Stale

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


def in_no_trash(post: Post) -> None:
    """Raise Refused if the post is in the trash."""
    if post.trashed_at:
        raise Refused(_("This post is in the trash. Restore it first."))


def claim(post_id: UUID, *, lock_version: int, editor: UUID | None, sequence: int | None) -> bool:
    """Count a save of the draft, if the text was typed into the newest one; tell whether it was.

    It was if nobody saved since the page was opened, or only this page did: an answer that was
    lost on its way must not make an author disagree with himself. `sequence` numbers the
    page's autosaves; None: saved on purpose, and the page is done.
    """
    newest = Q(lock_version=lock_version)
    if editor:
        own = Q(editor=editor, sequence__isnull=False)
        newest = (newest & ~Q(editor=editor)) | (own if sequence is None else Q(own, sequence__lt=sequence))
    counted = {"lock_version": F("lock_version") + 1, "editor": editor, "sequence": sequence}
    return bool(Post.objects.filter(newest, pk=post_id).update(**counted))


def stale(post: Post) -> Stale:
    """Return the refusal to save over what somebody else has saved, saying who and when."""
    newest = drafts_of(post).select_related("actor").first()
    who = newest.actor.get_username() if newest and newest.actor else _("Somebody")
    return Stale(
        _("%(who)s saved this post after you opened it, at %(when)s. Your text was not saved over it.")
        % {"who": who, "when": f"{timezone.localtime(post.edited_at):%H:%M on %Y-%m-%d}"},
        who=who,
        when=post.edited_at,
    )


def drafts_of(post: Post) -> QuerySet[Revision]:
    """Return the revisions that were the draft once, the newest first."""
    return Revision.objects.filter(post=post).exclude(reason=Revision.Reason.ASIDE)


def keep_revision(post: Post, *, reason: Revision.Reason, actor: User | None, now: datetime) -> Revision:
    """Return a revision with the words of the draft: the newest, or a new one if they differ.

    While its author types, the newest moves along. Once it is kept on purpose it stays as it is.
    """
    newest = drafts_of(post).first()
    moving = newest is not None and newest.reason == Revision.Reason.AUTOSAVE
    own = newest is not None and (actor is None or newest.actor_id == actor.pk)
    if newest and newest.same_words(post):
        if not moving or reason == Revision.Reason.AUTOSAVE:
            return newest
        if own:
            newest.reason, newest.created_at = reason, now
            newest.save(update_fields=["reason", "created_at"])
            return newest
    elif newest and moving and own and reason == Revision.Reason.AUTOSAVE and not is_known(newest, post):
        Revision.objects.filter(pk=newest.pk).update(**frozen_fields(post), created_at=now)
        newest.tags.set(post.tag_ids())
        newest.set_byline(post.author_ids())
        return newest
    words, tags, authors = frozen_fields(post), post.tag_ids(), post.author_ids()
    return add_revision(post, words, tags, authors, reason=reason, actor=actor, now=now)


def is_known(revision: Revision, post: Post) -> bool:
    """Tell whether readers have, or are to get, this revision."""
    return revision.pk in (post.live_id, post.announced_id)


def add_revision(
    post: Post,
    words: dict[str, Any],
    tags: Iterable[int],
    authors: Iterable[int],
    *,
    reason: Revision.Reason,
    actor: User | None,
    now: datetime,
) -> Revision:
    """Return these words, the plain fields of a draft, as a new revision of the post."""
    newest = post.revisions.first()
    revision = Revision.objects.create(
        **words,
        post=post,
        number=newest.number + 1 if newest else 1,
        reason=reason,
        actor=actor,
        created_at=now,
    )
    revision.tags.set(tags)
    revision.set_byline(list(dict.fromkeys(authors)))
    return revision


def note_mentions(post: Post) -> None:
    """Keep in step which pictures the draft mentions, and which the words that readers see.

    The caller holds the lock on the post. One that is mentioned no longer stays noted: a revision has it.
    """
    draft, live = mentions(post), mentions(post.live) if post.live else set()
    noted = post.picture_uses.values_list("picture__path", "in_draft", "in_live")
    known = {path: (in_draft, in_live) for path, in_draft, in_live in noted}
    wanted = {path: (path in draft, path in live) for path in draft | live | known.keys()}
    changed = [path for path, places in wanted.items() if known.get(path) != places]
    for picture in held(changed):
        in_draft, in_live = wanted[picture.path]
        places = {"in_draft": in_draft, "in_live": in_live}
        PictureUse.objects.update_or_create(post=post, picture=picture, defaults=places)


def note_past_mentions(revision: Revision) -> None:
    """Note which pictures a revision mentions that was not saved as the draft while there was a library."""
    PictureUse.objects.bulk_create(
        [PictureUse(post_id=revision.post_id, picture=picture) for picture in held(mentions(revision))],
        ignore_conflicts=True,
    )


def held(paths: Iterable[str]) -> list[Picture]:
    """Return the pictures, which nobody deletes before the transaction ends."""
    return list(Picture.objects.select_for_update().filter(path__in=paths).order_by("pk")) if paths else []


def mentions(words: Content) -> set[str]:
    """Return the names of the pictures that a draft or revision mentions, in whichever field."""
    return mentioned("\n".join(str(value) for value in frozen_fields(words).values()))
