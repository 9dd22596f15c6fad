"""Commands about review: a draft is ready for somebody who may publish it. Readers see nothing of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from writer.commands.publishing import check_publishable
from writer.commands.revisions import locked
from writer.refusals import Refused


@transaction.atomic
def ask_for_review(post_id: UUID, *, actor: User | None, now: datetime) -> None:
    """Say that the draft is ready to be published. Raise Refused if it could not be, or is asked already."""
    post = locked(post_id)
    if post.review_asked_at:
        raise Refused(_("This post waits for review already."))
    if post.publish_at:
        raise Refused(_("This post is scheduled already, so nobody needs to review it."))
    if post.live_id and not post.changed:
        raise Refused(_("Nothing has changed since it was last published."))
    check_publishable(post)
    post.review_asked_at = now
    post.save(update_fields=["review_asked_at"])


@transaction.atomic
def take_back_review(post_id: UUID, *, actor: User | None, now: datetime) -> None:
    """Say that the draft is being worked on again. Raise Refused if nobody asked for review."""
    post = locked(post_id)
    if post.review_asked_at is None:
        raise Refused(_("This post does not wait for review."))
    post.review_asked_at = None
    post.save(update_fields=["review_asked_at"])
