"""The command that adds tags to a draft, for several posts at once. Readers see no change."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from writer.commands.revisions import in_no_trash, keep_revision, locked
from writer.commands.words import held
from writer.models import Revision, Tag
from writer.refusals import Refused


@transaction.atomic
def add_tags(post_id: UUID, *, tags: tuple[int, ...], actor: User | None, now: datetime) -> None:
    """Add the tags to the draft. Whoever has it open is told when he saves, as after any other save."""
    post = locked(post_id)
    in_no_trash(post)
    if set(tags) <= post.tag_ids():
        raise Refused(_("It has these tags already."))
    post.tags.add(*held(Tag, tags))
    post.lock_version += 1
    post.edited_at = now
    post.changed = post.live is not None and not post.same_words(post.live)
    post.save(update_fields=["lock_version", "edited_at", "changed"])
    keep_revision(post, reason=Revision.Reason.SAVE, actor=actor, now=now)
