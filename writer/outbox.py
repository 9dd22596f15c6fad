"""The outbox: events are written with what they tell of, and delivered after the commit.

The delivery in the request is for speed; the relay finds whatever it left behind.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from cms import events
from cms.events import (
    AuthorRef,
    Event,
    Link,
    PictureRef,
    PostPublished,
    PostWithdrawn,
    Rendition,
    SeriesRef,
    SiteDescribed,
    TagRef,
    article_path,
)
from writer.models import Author, Content, OutboxEvent, Picture, Post, SiteSettings, Tag
from writer.picture_files import mentioned

logger = logging.getLogger(__name__)

AT_ONCE: Final = 25  # events delivered in the request that made them; the relay takes the rest
FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)
GATHERED: Final[ContextVar[list[OutboxEvent] | None]] = ContextVar("gathered", default=None)


def public_state(post: Post) -> Event:
    """Return the event that says what the public may read of this post, at its present version.

    Raise ValueError for a post that was never public: there is nothing to say of it.
    """
    if post.updated_at is None or post.published_at is None:
        raise ValueError(f"Post {post.pk} was never public.")
    if post.live is None:
        paths = sorted(post.addresses.values_list("path", flat=True))
        return events.sealed(
            PostWithdrawn(
                post_id=post.pk, version=post.version, paths=tuple(paths), withdrawn_at=post.updated_at
            )
        )
    byline = post.live.byline.select_related("author")
    return wording(
        post,
        post.live,
        tags=post.live.tags.select_related("merged_into"),
        authors=[line.author for line in byline],
    )


def wording(post: Post, words: Content, *, tags: Iterable[Tag], authors: Sequence[Author]) -> PostPublished:
    """Return the event that makes these words public, as they would be read at the post's own dates.

    Publishing says so of a revision, the preview of a draft, whose names need not be kept yet.
    """
    own = article_path(words.slug)
    paths = post.addresses.exclude(path=own).values_list("path", flat=True)
    assert post.published_at  # the caller has seen to both
    assert post.updated_at
    event = events.sealed(
        PostPublished(
            post_id=post.pk,
            version=post.version,
            slug=words.slug,
            aliases=tuple(sorted(paths)),
            title=words.title,
            summary=words.summary,
            body=words.body,
            language=words.language,
            tags=tag_refs(tags),
            authors=tuple(map(author_ref, authors)),
            published_at=post.published_at,
            updated_at=post.updated_at,
            description=words.description,
            canonical_url=words.canonical_url,
            cover=words.cover,
            cover_alt=words.cover_alt,
            series=series_ref(words),
            pinned=words.pinned,
            unlisted=words.unlisted,
            translation_key=words.translation_key,
            pictures=picture_refs(words, authors),
        )
    )
    assert isinstance(event, PostPublished)
    return event


def tag_refs(borne: Iterable[Tag]) -> tuple[TagRef, ...]:
    """Return the tags that a post bears, as they are now, by name."""
    tags = {tag.meaning.slug: tag.meaning for tag in borne}.values()
    kept = [tag.pk for tag in tags if tag.pk]
    merged = Tag.objects.filter(merged_into__in=kept).order_by("slug").values_list("merged_into", "slug")
    return tuple(
        TagRef(
            slug=tag.slug,
            name=tag.name,
            description=tag.description,
            aliases=tuple(slug for meaning, slug in merged if meaning == tag.pk),
        )
        for tag in sorted(tags, key=lambda tag: (tag.name, tag.slug))
    )


def author_ref(author: Author) -> AuthorRef:
    """Return the author, as they are now."""
    return AuthorRef(
        slug=author.slug,
        name=author.name,
        bio=author.bio,
        picture=author.picture,
        links=tuple(Link(**link) for link in author.links),
    )


def picture_refs(words: Content, authors: Sequence[Author]) -> tuple[PictureRef, ...]:
    """Return the pictures of the library that words and authors show, with the versions that are there."""
    shown = mentioned("\n".join((words.body, words.cover, *(author.picture for author in authors))))
    known = Picture.objects.filter(path__in=shown).order_by("path") if shown else ()
    return tuple(
        PictureRef(
            url=picture.url,
            width=picture.width,
            height=picture.height,
            versions=tuple(
                Rendition(url=f"{settings.MEDIA_URL}{one['path']}", width=one["width"])
                for one in picture.renditions
            ),
        )
        for picture in known
    )


def series_ref(words: Content) -> SeriesRef | None:
    """Return the place of the words in their series, as that is called now; None if they are in none."""
    if words.series is None or words.part is None:
        return None
    of = words.series
    return SeriesRef(slug=of.slug, name=of.name, part=words.part, description=of.description)


def site_state(site: SiteSettings) -> Event:
    """Return the event that says what every page says of the site, at its present version."""
    return events.sealed(
        SiteDescribed(
            version=site.version,
            name=site.name,
            tagline=site.tagline,
            logo=site.logo,
            navigation=tuple(Link(**link) for link in site.navigation),
            social=tuple(Link(**link) for link in site.social),
            per_page=site.per_page,
            footer=site.footer,
        )
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
    append(event, actor=actor, now=now, at_once=at_once)


def announce_site(site: SiteSettings, *, actor: str, now: datetime) -> None:
    """Save what the site says, and append the event of it. The caller has the turn."""
    site.version = next_version(max(site.version, newest_version()), now)
    event = site_state(site)
    site.digest = event.digest
    site.save()
    append(event, actor=actor, now=now, at_once=True)


def append(event: Event, *, actor: str, now: datetime, at_once: bool) -> None:
    """Append the event to the outbox, and see to its delivery after the commit."""
    row = OutboxEvent.objects.create(
        post_id=event.post_id,
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
    taken_up = GATHERED.get()
    if at_once and taken_up is not None:
        taken_up.append(row)
    elif at_once:
        deliver(row, now=timezone.now())


@contextmanager
def gathered() -> Iterator[list[OutboxEvent]]:
    """Take up the events that commit in the block, which are then the caller's to `attempt` and `note`."""
    rows: list[OutboxEvent] = []
    before = GATHERED.set(rows)
    try:
        yield rows
    finally:
        GATHERED.reset(before)


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
    """Send one event, and `note` what came of it. It arrives later than `now` by what the sending takes."""
    begun = time.monotonic()
    with events.correlated(row.correlation_id):
        error = attempt(row)
        taken = timedelta(seconds=time.monotonic() - begun)
        return note(row, error, now=now if error else now + taken)


def note(row: OutboxEvent, error: str | None, *, now: datetime) -> bool:
    """Note that an event has arrived, or why it did not and when to try again; tell which.

    With it, the older events of its post are settled: it tells all that they told.
    """
    pending = OutboxEvent.objects.pending()
    if error is None:
        settled = pending.filter(post_id=row.post_id, version__lte=row.version)
        settled.update(delivered_at=now, attempts=F("attempts") + 1, last_error="")
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
