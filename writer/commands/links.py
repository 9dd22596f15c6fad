"""Commands about preview links. They change no post: who has the link reads the draft, and no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from writer.commands.revisions import in_no_trash, locked
from writer.models import PreviewLink
from writer.refusals import Refused

OPEN_FOR: Final = timedelta(days=7)


@transaction.atomic
def share(post_id: UUID, *, actor: User | None, now: datetime) -> UUID:
    """Make a link that opens the newest saved draft for seven days; return its id."""
    in_no_trash(locked(post_id))
    link = PreviewLink.objects.create(post_id=post_id, made_by=actor, made_at=now, expires_at=now + OPEN_FOR)
    return link.pk


@transaction.atomic
def unshare(post_id: UUID, *, link_id: str, actor: User | None, now: datetime) -> None:
    """Let a link of the post open nothing any more."""
    links = PreviewLink.objects.filter(post_id=post_id, revoked_at=None)
    try:
        found = links.filter(pk=link_id).update(revoked_at=now)
    except ValidationError:  # no id at all
        found = 0
    if not found:
        raise Refused(_("That link was taken back already."))
