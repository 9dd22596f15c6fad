"""Commands about time: what shall happen when, and the sweep that keeps the appointments."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cms.events import article_path
from writer.commands.publishing import check_address, check_publishable, publish, withdraw
from writer.commands.revisions import keep_revision, locked, take_turn
from writer.models import Post, Revision
from writer.refusals import Refused

logger = logging.getLogger(__name__)


@transaction.atomic
def schedule(post_id: UUID, *, publish_at: datetime, zone: str, actor: User | None, now: datetime) -> None:
    """Publish the draft, as it is by then, at that moment; `zone` is where the author reads the clock."""
    post = locked(post_id)
    check_publishable(post)
    check_address(post, article_path(post.slug))
    if post.live_id and not post.changed:
        raise Refused(_("Nothing has changed since it was last published."))
    if publish_at <= now:
        raise Refused(_("That time has passed. Choose one in the future, or publish now."))
    if post.unpublish_at and post.unpublish_at <= publish_at:
        raise Refused(_("The time to publish is not before the time at which the post is unpublished."))
    keep_revision(post, reason=Revision.Reason.SAVE, actor=actor, now=now)
    post.publish_at = publish_at
    post.publish_zone = zone
    post.scheduled_by = actor
    post.review_asked_at = None
    post.refusal = ""
    post.save(update_fields=["publish_at", "publish_zone", "scheduled_by", "review_asked_at", "refusal"])


@transaction.atomic
def cancel_schedule(post_id: UUID, *, actor: User | None, now: datetime) -> None:
    """Forget when the post was to be published or unpublished."""
    post = locked(post_id)
    if post.publish_at is None and post.unpublish_at is None:
        raise Refused(_("Nothing is scheduled for this post."))
    post.publish_at = post.unpublish_at = None
    post.refusal = ""
    post.save(update_fields=["publish_at", "unpublish_at", "refusal"])


@transaction.atomic
def schedule_unpublish(
    post_id: UUID, *, unpublish_at: datetime, zone: str, actor: User | None, now: datetime
) -> None:
    """Take the post back from the public at that moment."""
    post = locked(post_id)
    if post.live_id is None and post.publish_at is None:
        raise Refused(_("This post is neither public nor to be published, so it cannot be unpublished."))
    if unpublish_at <= now:
        raise Refused(_("The time to unpublish has passed. Choose one in the future, or unpublish now."))
    if post.publish_at and unpublish_at <= post.publish_at:
        raise Refused(_("The time to unpublish is not after the time to publish."))
    post.unpublish_at = unpublish_at
    post.unpublish_zone = zone
    post.scheduled_by = actor
    post.save(update_fields=["unpublish_at", "unpublish_zone", "scheduled_by"])


def publish_due(*, now: datetime) -> tuple[int, int, int]:
    """Keep every appointment that is due; return how many posts were published, withdrawn, refused.

    Each is a transaction of its own, so any number of these may run at once, and one post
    that cannot be published holds up no other.
    """
    due = Post.objects.filter(trashed_at=None)
    to_publish = due.filter(publish_at__lte=now).order_by("publish_at", "pk").values_list("pk", flat=True)
    to_withdraw = (
        due.filter(unpublish_at__lte=now).order_by("unpublish_at", "pk").values_list("pk", flat=True)
    )
    published = [attempt(publish_if_due, post_id, now=now) for post_id in list(to_publish)]
    withdrawn = [attempt(withdraw_if_due, post_id, now=now) for post_id in list(to_withdraw)]
    return published.count(True), withdrawn.count(True), [*published, *withdrawn].count(None)


def attempt(command: Callable[..., bool], post_id: UUID, *, now: datetime) -> bool | None:
    """Return what the command returns; None if it was refused or failed, with the reason left at the post."""
    try:
        return command(post_id, now=now)
    except Refused as refusal:
        reason = str(refusal)
    except Exception as error:  # one bad post never holds up the rest
        logger.exception("The schedule of post %s could not be kept.", post_id)
        reason = f"{type(error).__name__}: {error}"
    if Post.objects.filter(~Q(refusal=reason), pk=post_id).update(refusal=reason):
        logger.warning("The schedule of post %s could not be kept: %s", post_id, reason)
    return None


@transaction.atomic
def publish_if_due(post_id: UUID, *, now: datetime) -> bool:
    """Publish the post if this call is the one that takes its appointment, and there is something new."""
    take_turn()
    due = Post.objects.filter(pk=post_id, publish_at__lte=now, trashed_at=None)
    if not due.update(publish_at=None, refusal=""):
        return False
    post = locked(post_id)
    if post.live and post.live.same_words(post):
        return False
    publish(post_id, actor=post.scheduled_by, now=now)
    return True


@transaction.atomic
def withdraw_if_due(post_id: UUID, *, now: datetime) -> bool:
    """Withdraw the post if this call is the one that takes its appointment.

    If it was to be published before and could not be, it will not be any more.
    """
    take_turn()
    due = Post.objects.filter(pk=post_id, unpublish_at__lte=now, trashed_at=None)
    due.filter(publish_at__lte=F("unpublish_at")).update(publish_at=None)
    if not due.update(unpublish_at=None):
        return False
    post = locked(post_id)
    if post.live_id:
        withdraw(post, actor=post.scheduled_by, now=now)
    return True
