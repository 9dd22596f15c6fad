"""The outbox: events are written with what they tell of, and delivered after the commit."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cms import documents, events
from cms.documents import Document
from cms.events import Event
from writer import delivery
from writer.models import OutboxEvent, Post, SiteSettings
from writer.public import public_state, site_state
from writer.refusals import Refused

logger = logging.getLogger(__name__)

GATHERED: Final[ContextVar[list[OutboxEvent] | None]] = ContextVar("gathered", default=None)


def next_version(previous: int, now: datetime) -> int:
    """Return a version above the previous one: a hybrid logical clock, in µs since the epoch.

    Kulkarni et al. 2014, "Logical Physical Clocks"; it fits in 53 bits until the year 2255.
    """
    return max(previous + 1, int(now.timestamp() * 1_000_000))


def newest_version() -> int:
    """Return the version that was given last, to whatever post. The caller has the turn."""
    return OutboxEvent.objects.order_by("-pk").values_list("version", flat=True).first() or 0


def announce(post: Post, *, actor: str, now: datetime, at_once: bool = True) -> None:
    """Append the event of the post's public state, in the transaction that changed it.

    The caller has the turn, and the post is locked. Its version is above all that were given
    before, so that readers see an address change hands whatever the clocks said. Unless
    `at_once` is off, the event is delivered as soon as that transaction has committed. It bears
    the id of the request that asked for it.
    """
    post.version = next_version(max(post.version, newest_version()), now)
    if post.published_at is None:  # it was made public around the commands
        post.published_at = post.updated_at = now
    event = public_state(post)
    post.digest = event.digest
    post.save(update_fields=["version", "digest", "announced", "published_at", "updated_at"])
    append(event, actor=actor, now=now, at_once=at_once)


def announce_site(site: SiteSettings, *, actor: str, now: datetime) -> None:
    """Save what the site says, and append the event of it. The caller has the turn."""
    site.version = next_version(max(site.version, newest_version()), now)
    event = site_state(site)
    site.digest = event.digest
    site.save()
    append(event, actor=actor, now=now, at_once=True)


def append(event: Event, *, actor: str, now: datetime, at_once: bool) -> None:
    """Append the event to the outbox, and see to its delivery after the commit.

    Raise Refused if it is too large to be sent to other machines, where it is to be.
    """
    document = documents.document(event)
    if settings.EVENTS_URL:
        check_size(document)
    row = OutboxEvent.objects.create(
        post_id=event.post_id,
        version=event.version,
        kind=documents.kind_of(event),
        document=document,
        digest=event.digest,
        occurred_at=now,
        actor=actor,
        correlation_id=events.correlation_id.get() or uuid.uuid4(),
        next_attempt_at=now,
    )
    transaction.on_commit(lambda: committed(row, at_once=at_once), using="default", robust=True)


def check_size(document: Document) -> None:
    """Raise Refused if the document is too large for the stream: now, and not when the author has gone."""
    size = len(documents.packed(document))
    if size > settings.EVENTS_LARGEST:
        raise Refused(
            _(
                "With all that is told of it, the post has %(size)s bytes packed, and at most %(most)s can "
                "be sent to the machines that readers ask. Shorten it, or divide it into parts of a series."
            )
            % {"size": f"{size:,}", "most": f"{settings.EVENTS_LARGEST:,}"}
        )


def committed(row: OutboxEvent, *, at_once: bool) -> None:
    """Say that the event stands, and deliver it if that is to be done at once."""
    with events.correlated(row.correlation_id):
        logger.info("Announced %s by %s.", row, row.actor or "the system")
    taken_up = GATHERED.get()
    if at_once and taken_up is not None:
        taken_up.append(row)
    elif at_once:
        delivery.deliver(row, now=timezone.now())


@contextmanager
def gathered() -> Iterator[list[OutboxEvent]]:
    """Take up the events that commit in the block, which are then the caller's to `attempt` and `note`."""
    rows: list[OutboxEvent] = []
    before = GATHERED.set(rows)
    try:
        yield rows
    finally:
        GATHERED.reset(before)
