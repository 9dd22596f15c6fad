"""The command that empties the trash: what has lain in it long enough is deleted for ever."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from writer.commands.drafts import purge
from writer.commands.revisions import take_turn
from writer.models import Post

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(days=30)  # in the trash
BATCH: Final = 100


def outdated(*, before: datetime) -> QuerySet[Post]:
    """Return the posts that were put into the trash before that moment, the earliest first."""
    return Post.objects.filter(trashed_at__lte=before).order_by("trashed_at", "pk")


def empty_trash(
    *,
    before: datetime,
    now: datetime,
    seconds: float | None = None,
    renew: Callable[[], None] = lambda: None,
) -> tuple[int, int]:
    """Delete for ever what was put into the trash before that moment; return how many were, and failed.

    Each is a transaction of its own, and one that fails holds up no other. After so many
    `seconds` the rest is left for the next time; `renew` is called between batches.
    """
    until = time.monotonic() + seconds if seconds is not None else None
    deleted, failed = 0, set[UUID]()
    while ids := list(outdated(before=before).exclude(pk__in=failed).values_list("pk", flat=True)[:BATCH]):
        renew()
        for post_id in ids:
            if until is not None and time.monotonic() >= until:
                return deleted, len(failed)
            try:
                deleted += purge_if_outdated(post_id, before=before, now=now)
            except Exception:  # one bad post never holds up the rest
                logger.exception("Post %s could not be deleted for ever.", post_id)
                failed.add(post_id)
    return deleted, len(failed)


@transaction.atomic
def purge_if_outdated(post_id: UUID, *, before: datetime, now: datetime) -> bool:
    """Delete the post for ever, unless somebody has taken it out of the trash meanwhile."""
    take_turn()
    if not outdated(before=before).select_for_update().filter(pk=post_id).exists():
        return False
    purge(post_id, actor=None, now=now)
    logger.info("Post %s was deleted for ever, as it had lain in the trash long enough.", post_id)
    return True
