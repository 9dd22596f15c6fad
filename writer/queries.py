"""What the writer can be asked about the public. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)

from cms.documents import storable
from cms.events import READER, SITE_ID, Event
from writer.models import Address, OutboxEvent, Post, SiteSettings, key_of
from writer.public import TOLD, public_state, site_state


class Entry(NamedTuple):
    """What the writer says of one public post, or of the site."""

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
    """Yield batches of entries for the site and every live post with `after` < id ≤ `up_to`, by their ids.

    Reads the posts, not the outbox: an audit does not trust what it audits. Each batch is a
    query of its own, so no transaction stays open.
    """
    posts = Post.objects.live().order_by("pk")
    if up_to is not None:
        posts = posts.filter(pk__lte=up_to)
    if after is None and (site := site_entry()):
        yield [site]
    rows = list(entries((posts.filter(pk__gt=after) if after else posts)[:batch]))
    while rows:
        yield rows
        rows = list(entries(posts.filter(pk__gt=rows[-1].post_id)[:batch]))


def entry(post_id: UUID) -> Entry | None:
    """Return what the writer says of this post, or of the site; None if it is not public."""
    if post_id == SITE_ID:
        return site_entry()
    return next(entries(Post.objects.live().filter(pk=post_id)), None)


def entries_of(post_ids: Iterable[UUID]) -> dict[UUID, Entry]:
    """Return what the writer says of those of the posts that are public."""
    return {entry.post_id: entry for entry in entries(Post.objects.live().filter(pk__in=list(post_ids)))}


def site_entry() -> Entry | None:
    """Return what the writer says of the site; None until it is described."""
    described = SiteSettings.objects.values_list("version", "digest").first()
    return Entry(SITE_ID, *described) if described else None


def public_event(post_id: UUID) -> Event | None:
    """Return the event of what is public of a post or the site, by the tables; None if nothing ever was."""
    if post_id == SITE_ID:
        site = SiteSettings.objects.first()
        return site_state(site) if site else None
    return public_events([post_id]).get(post_id)


def public_events(post_ids: Iterable[UUID]) -> dict[UUID, Event]:
    """Return the events of what is public of those of the posts that ever were, by few queries for all."""
    posts = Post.objects.filter(pk__in=list(post_ids)).exclude(updated_at=None)
    told = posts.select_related("live__series").prefetch_related(*TOLD)
    return {post.pk: public_state(post) for post in told}


def holders(paths: Iterable[str]) -> dict[str, UUID]:
    """Return as whose own each of the paths is kept, which an update around the commands forgets."""
    return dict(Address.objects.filter(path__in=list(paths)).values_list("path", "post_id"))


def titles(post_ids: list[UUID]) -> dict[UUID, str]:
    """Return the titles of those of the posts that there are."""
    return dict(Post.objects.filter(pk__in=post_ids).values_list("pk", "title"))


def pending_posts(post_ids: list[UUID], *, to: str = READER) -> set[UUID]:
    """Return those of the posts whose present state is on its way. Of one deleted for ever, the last."""
    posts = Post.objects.filter(pk=OuterRef("post_id"))
    newest = Q(version=Subquery(posts.values("version"))) | ~Exists(posts)
    pending = OutboxEvent.objects.pending().filter(newest, post_id__in=post_ids).exclude(reached__contains=to)
    return set(pending.values_list("post_id", flat=True))


class Backlog(NamedTuple):
    """The events that have not reached readers."""

    untried: int
    failing: int  # tried, and to be tried again
    oldest_untried: datetime | None  # when it occurred
    oldest_failing: datetime | None

    @property
    def pending(self) -> int:
        """Return how many events are on their way."""
        return self.untried + self.failing

    @property
    def oldest(self) -> datetime | None:
        """Return when the oldest of them occurred."""
        return min(filter(None, (self.oldest_untried, self.oldest_failing)), default=None)


def backlog() -> Backlog:
    """Return what has not reached readers. One pass over the pending events, by their own index."""
    failing = Q(attempts__gt=0)
    found = OutboxEvent.objects.pending().aggregate(
        untried=Count("pk", filter=~failing),
        failing=Count("pk", filter=failing),
        oldest_untried=Min("occurred_at", filter=~failing),
        oldest_failing=Min("occurred_at", filter=failing),
    )
    return Backlog(**found)


class Traffic(NamedTuple):
    """What has become of events since the outbox began."""

    deliveries: int
    failures: int  # deliveries that were tried in vain


def traffic(backlog: Backlog) -> Traffic:
    """Return what has become of events, without counting them all.

    They are numbered, so the last number tells how many there were; PostgreSQL also spends
    numbers on commands that were rolled back. What failed more than once has an index.
    """
    announced = OutboxEvent.objects.aggregate(last=Max("pk"))["last"] or 0
    again = OutboxEvent.objects.filter(attempts__gt=1).aggregate(times=Sum(F("attempts") - 1))["times"] or 0
    return Traffic(deliveries=max(0, announced - backlog.pending), failures=again + backlog.failing)


def journeys(*, since: datetime, at_most: int) -> list[tuple[datetime, datetime | None]]:
    """Return when events occurred, and when each reached readers (None: not yet), the newest first."""
    recent = OutboxEvent.objects.filter(occurred_at__gte=since).order_by("-occurred_at", "-pk")
    return list(recent.values_list("occurred_at", "delivered_at")[:at_most])


def failing_events(*, at_most: int) -> list[OutboxEvent]:
    """Return events that could not be delivered so far, the next to be tried first, without documents."""
    failing = OutboxEvent.objects.pending().filter(attempts__gt=0)
    return list(failing.defer("document").order_by("next_attempt_at", "pk")[:at_most])


def newest_event(post_id: UUID) -> OutboxEvent | None:
    """Return the newest event of the post, without its document; None if there is none."""
    return OutboxEvent.objects.filter(post_id=post_id).defer("document").order_by("-version").first()


class Appointment(NamedTuple):
    """That something shall happen to a post."""

    at: datetime
    post_id: UUID
    title: str
    refusal: str  # why it could not be kept
    publishes: bool  # False: it unpublishes


def appointments(
    *,
    until: datetime | None = None,
    after: datetime | None = None,
    at_most: int,
    posts: QuerySet[Post] | None = None,
) -> list[Appointment]:
    """Return the appointments (of these posts) after, and not after, these moments, the earliest first."""
    found = []
    for field in ("publish_at", "unpublish_at"):
        due = (Post.objects.all() if posts is None else posts).filter(
            trashed_at=None, **{f"{field}__isnull": False}
        )
        if until:
            due = due.filter(**{f"{field}__lte": until})
        if after:
            due = due.filter(**{f"{field}__gt": after})
        rows = due.order_by(field, "pk").values_list(field, "pk", "title", "refusal")[:at_most]
        found += [
            Appointment(at, post_id, title, refusal, field == "publish_at")
            for at, post_id, title, refusal in rows
        ]
    return sorted(found)[:at_most]


def appointment_counts(*, before: datetime) -> tuple[int, int]:
    """Return how many appointments should have been kept before that moment, and the number of others."""
    overdue = others = 0
    for field in ("publish_at", "unpublish_at"):
        posts = Post.objects.filter(trashed_at=None, **{f"{field}__isnull": False})
        late = Q(**{f"{field}__lte": before})
        found = posts.aggregate(late=Count("pk", filter=late), others=Count("pk", filter=~late))
        overdue, others = overdue + found["late"], others + found["others"]
    return overdue, others


def names_like(typed: str, *, among: QuerySet) -> list[str]:
    """Return at most 20 names with these letters in them; those that begin with them come first."""
    letters = key_of(" ".join(typed[:200].split()))
    if not letters or not storable(letters):
        return []
    begins = Case(When(key__startswith=letters, then=0), default=1)
    found = among.filter(key__contains=letters).order_by(begins, "key")
    return list(found.values_list("name", flat=True)[:20])
