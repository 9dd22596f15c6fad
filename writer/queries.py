"""What the writer can be asked about the public. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When

from cms.events import Event
from writer.models import OutboxEvent, Post
from writer.outbox import public_state


class Entry(NamedTuple):
    """What the writer says of one public post."""

    post_id: UUID
    version: int
    digest: str  # empty: the post was changed behind the commands' back


def entries(posts: QuerySet[Post]) -> Iterator[Entry]:
    """Yield what an inventory says of the posts. An index has it all: no text is read."""
    said = Case(When(announced=F("live"), then="digest"), default=Value(""))
    return map(Entry._make, posts.values_list("pk", "version", said))


def inventory(
    *, after: UUID | None = None, up_to: UUID | None = None, batch: int = 5000
) -> Iterator[list[Entry]]:
    """Yield batches of entries for every live post with `after` < id ≤ `up_to`, in the order of ids.

    Reads the posts, not the outbox: an audit does not trust what it audits. Each batch is a
    query of its own, so no transaction stays open.
    """
    posts = Post.objects.live().order_by("pk")
    if up_to is not None:
        posts = posts.filter(pk__lte=up_to)
    rows = list(entries((posts.filter(pk__gt=after) if after else posts)[:batch]))
    while rows:
        yield rows
        rows = list(entries(posts.filter(pk__gt=rows[-1].post_id)[:batch]))


def entry(post_id: UUID) -> Entry | None:
    """Return what the writer says of this post, None if it is not public."""
    return next(entries(Post.objects.live().filter(pk=post_id)), None)


def public_event(post_id: UUID) -> Event | None:
    """Return the event of the post's public state, read from the tables; None if it was never announced."""
    post = Post.objects.filter(pk=post_id).first()
    return public_state(post) if post and post.updated_at else None


def titles(post_ids: list[UUID]) -> dict[UUID, str]:
    """Return the titles of those of the posts that there are."""
    return dict(Post.objects.filter(pk__in=post_ids).values_list("pk", "title"))


def pending_posts(post_ids: list[UUID]) -> set[UUID]:
    """Return those of the posts whose present state is on its way. Of one deleted for ever, the last."""
    posts = Post.objects.filter(pk=OuterRef("post_id"))
    newest = Q(version=Subquery(posts.values("version"))) | ~Exists(posts)
    pending = OutboxEvent.objects.pending().filter(newest, post_id__in=post_ids)
    return set(pending.values_list("post_id", flat=True))


def pending_count() -> int:
    """Return how many events are on their way."""
    return OutboxEvent.objects.pending().count()


def oldest_pending() -> datetime | None:
    """Return when the oldest undelivered event occurred."""
    return OutboxEvent.objects.pending().order_by("occurred_at").values_list("occurred_at", flat=True).first()


def overdue_count(*, before: datetime) -> int:
    """Return how many posts should have been published or withdrawn before that moment."""
    posts = Post.objects.filter(trashed_at=None)
    return posts.filter(publish_at__lte=before).count() + posts.filter(unpublish_at__lte=before).count()


def waiting(post_id: UUID) -> str | None:
    """Return why the newest event of the post has not reached readers, empty if there was no time yet.

    None: nothing is waiting.
    """
    pending = OutboxEvent.objects.pending().filter(post_id=post_id).order_by("-version")
    return pending.values_list("last_error", flat=True).first()
