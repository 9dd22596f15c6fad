"""The outbox: events are written with what they tell of, and delivered after the commit.

The delivery in the request is for speed; the relay finds whatever it left behind.
"""

from __future__ import annotations

import logging
import time
import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cms import events
from cms.events import AuthorRef, Event, PostPublished, PostWithdrawn, TagRef, article_path
from writer.models import OutboxEvent, Post, Revision, Tag

logger = logging.getLogger(__name__)

AT_ONCE: Final = 25  # events delivered in the request that made them; the relay takes the rest
FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)


def public_state(post: Post) -> Event:
    """Return the event that says what the public may read of this post, at its present version.

    Raise ValueError for a post that was never public: there is nothing to say of it.
    """
    if post.updated_at is None or post.published_at is None:
        raise ValueError(f"Post {post.pk} was never public.")
    paths = sorted(post.addresses.values_list("path", flat=True))
    if post.live is None:
        return events.sealed(
            PostWithdrawn(
                post_id=post.pk, version=post.version, paths=tuple(paths), withdrawn_at=post.updated_at
            )
        )
    live = post.live
    bylines = live.byline.select_related("author")
    return events.sealed(
        PostPublished(
            post_id=post.pk,
            version=post.version,
            slug=live.slug,
            aliases=tuple(path for path in paths if path != article_path(live.slug)),
            title=live.title,
            summary=live.summary,
            body=live.body,
            language=live.language,
            tags=tag_refs(live),
            authors=tuple(AuthorRef(slug=line.author.slug, name=line.author.name) for line in bylines),
            published_at=post.published_at,
            updated_at=post.updated_at,
        )
    )


def tag_refs(live: Revision) -> tuple[TagRef, ...]:
    """Return the tags of a revision, as they are now, by name."""
    tags = {tag.meaning for tag in live.tags.select_related("merged_into")}
    merged = Tag.objects.filter(merged_into__in=tags).order_by("slug").values_list("merged_into", "slug")
    return tuple(
        TagRef(
            slug=tag.slug,
            name=tag.name,
            aliases=tuple(slug for meaning, slug in merged if meaning == tag.pk),
        )
        for tag in sorted(tags, key=lambda tag: (tag.name, tag.slug))
    )


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
    post.announced = post.live
    post.save(update_fields=["version", "digest", "announced", "published_at", "updated_at"])
    row = OutboxEvent.objects.create(
        post_id=post.pk,
        version=event.version,
        kind=events.kind_of(event),
        document=events.document(event),
        digest=event.digest,
        occurred_at=now,
        actor=actor,
        correlation_id=events.correlation_id.get() or uuid.uuid4(),
        next_attempt_at=now,
    )
    transaction.on_commit(lambda: committed(row, at_once=at_once), using="default", robust=True)


def committed(row: OutboxEvent, *, at_once: bool) -> None:
    """Say that the event stands, and deliver it if that is to be done at once."""
    with events.correlated(row.correlation_id):
        logger.info("Announced %s by %s.", row, row.actor or "the system")
    if at_once:
        deliver(row, now=timezone.now())


def relay(*, now: datetime, patient: bool = True) -> tuple[int, int]:
    """Deliver every pending event once; return how many arrived and how many failed.

    Unless `patient` is off, those that failed before wait until their pause is over.
    """
    pending = OutboxEvent.objects.pending().order_by("pk")
    if patient:
        pending = pending.filter(next_attempt_at__lte=now)
    begun, arrived, failed, last = time.monotonic(), 0, 0, 0
    while batch := list(pending.filter(pk__gt=last)[:100]):
        last = batch[-1].pk
        outcomes = [deliver(row, now=now + timedelta(seconds=time.monotonic() - begun)) for row in batch]
        arrived += outcomes.count(True)
        failed += outcomes.count(False)
    return arrived, failed


def deliver(row: OutboxEvent, *, now: datetime) -> bool:
    """Send one event; note that it arrived, or why it did not and when to try again.

    With it, the older events of its post are settled: it tells all that they told. It arrives
    later than `now` by what the sending takes.
    """
    begun = time.monotonic()
    with events.correlated(row.correlation_id):
        error = attempt(row)
        pending = OutboxEvent.objects.pending()
        if error is None:
            settled = pending.filter(post_id=row.post_id, version__lte=row.version)
            arrived_at = now + timedelta(seconds=time.monotonic() - begun)
            settled.update(delivered_at=arrived_at, attempts=F("attempts") + 1, last_error="")
            logger.info("Delivered %s.", row)
            return True
        logger.warning("Event %s was not delivered: %s", row, error)
        pending.filter(pk=row.pk).update(
            attempts=F("attempts") + 1, next_attempt_at=now + pause(row.attempts), last_error=error[:2000]
        )
        return False


def attempt(row: OutboxEvent) -> str | None:
    """Send one event; return what went wrong, in words, or None."""
    try:
        event = events.opened(row.kind, row.document, row.digest)
    except (ValueError, KeyError, TypeError) as error:
        return f"The event cannot be read: {error}"
    answers = events.happened.send_robust(sender=OutboxEvent, event=event)
    if not answers:
        return "Nobody listens: the reader's receiver is not connected."
    faults = [answer for _receiver, answer in answers if isinstance(answer, Exception)]
    return f"{type(faults[0]).__name__}: {faults[0]}" if faults else None


def pause(attempts: int) -> timedelta:
    """Return how long to wait after this many earlier failures: 10 s, 20 s, 40 s … up to an hour."""
    return min(FIRST_PAUSE * 2 ** min(attempts, 20), LONGEST_PAUSE)
