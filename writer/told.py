"""All that was ever told of posts, withdrawals too: what the stream is to hold. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from cms import documents
from cms.events import SITE_ID, Event
from writer.models import OutboxEvent, Post, SiteSettings
from writer.public import public_state, site_state


class Told(NamedTuple):
    """What the writer says of a post that is or was public, or of the site."""

    post_id: UUID
    version: int
    digest: str  # empty: the post was changed behind the commands' back
    gone: bool


def everything() -> Iterator[Told]:
    """Yield what is told of the site and every post, in no order. Reads no text.

    Of a post that was deleted for ever only the outbox knows that it was withdrawn.
    """
    if site := told_of(SITE_ID):
        yield site
    yield from of_posts(Post.objects.all())
    yield from {row.post_id: row for row in of_deleted(OutboxEvent.objects.all())}.values()


def told_of(post_id: UUID) -> Told | None:
    """Return what is told of one post, or of the site; None if it never was public."""
    if post_id == SITE_ID:
        described = SiteSettings.objects.values_list("version", "digest").first()
        return Told(SITE_ID, *described, gone=False) if described else None
    of_post = of_posts(Post.objects.filter(pk=post_id))
    of_event = of_deleted(OutboxEvent.objects.filter(post_id=post_id))
    return next(of_post, None) or next(reversed(list(of_event)), None)


def of_posts(posts: QuerySet[Post]) -> Iterator[Told]:
    """Yield what is told of those of the posts that are or were public, in whatever way they became so."""
    as_announced = Q(live=None, announced=None) | Q(announced=F("live"))
    said = Case(When(as_announced, then="digest"), default=Value(""))
    gone = Case(When(live=None, then=True), default=False)
    ever = posts.exclude(live=None, published_at=None)
    return map(Told._make, ever.values_list("pk", "version", said, gone).iterator())


def of_deleted(rows: QuerySet[OutboxEvent]) -> Iterator[Told]:
    """Yield what was told of posts that are there no more, of each the newest last."""
    lost = rows.filter(~Exists(Post.objects.filter(pk=OuterRef("post_id"))), kind="post.withdrawn")
    told = lost.order_by("post_id", "version").values_list("post_id", "version", "digest")
    return (Told(*row, gone=True) for row in told.iterator())


def event_of(told: Told) -> Event | None:
    """Return the event that tells it: of what is public by the tables, of what is not as it was announced.

    None if it was never told so.
    """
    if told.post_id == SITE_ID:
        site = SiteSettings.objects.first()
        return site_state(site) if site else None
    if not told.digest:
        return None
    if not told.gone:
        return public_state(Post.objects.get(pk=told.post_id))
    row = OutboxEvent.objects.filter(post_id=told.post_id, version=told.version).first()
    return documents.opened(row.kind, row.document, row.digest) if row else None
