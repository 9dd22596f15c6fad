"""The state of a post, in words with a mark: the same in the list, on the first page and in the form."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.utils.translation import gettext as _

from writer.models import OutboxEvent, Post, State
from writer.models.posts import PostByline

MARKS: Final = {State.DRAFT: "○", State.SCHEDULED: "◷", State.LIVE: "●", State.CHANGED: "◐", State.TRASH: "–"}


def in_words(post: Post) -> str:
    """Return the state, with its mark."""
    if post.refusal:
        return f"✕ {_('Failed')}: {post.refusal}"
    words = f"{MARKS[post.state]} {post.state.label}"
    return f"{words} · {_('ready for review')}" if post.review_asked_at else words


def for_readers(post: Any) -> str:
    """Return the state, and whether readers wait for it. The post comes from `with_arrival`."""
    if post.in_vain is None:
        return in_words(post)
    words = _("✕ Failed to reach readers") if post.in_vain else _("Waiting to reach readers")
    return f"{words} · {in_words(post)}"


def with_arrival(posts: QuerySet[Post]) -> QuerySet[Post]:
    """Return the posts with how often their newest event was sent in vain; None: nothing waits."""
    waiting = OutboxEvent.objects.pending().filter(post_id=OuterRef("pk")).order_by("-version")
    return posts.annotate(in_vain=Subquery(waiting.values("attempts")[:1]))


def with_byline(posts: QuerySet[Post]) -> QuerySet[Post]:
    """Return the posts with their draft's authors, by one more query."""
    return posts.prefetch_related(Prefetch("byline", PostByline.objects.select_related("author")))


def with_first_author(posts: QuerySet[Post]) -> QuerySet[Post]:
    """Return the posts with the name that stands first in their draft's byline; None: nobody's does."""
    first = PostByline.objects.filter(post=OuterRef("pk")).order_by("position")
    return posts.annotate(first_author=Subquery(first.values("author__name")[:1]))


def appointments(post: Post) -> list[str]:
    """Return when the post is to be published and unpublished, on the clock that the author chose."""
    known = [
        (_("publish on %s"), post.publish_at, post.publish_zone),
        (_("unpublish on %s"), post.unpublish_at, post.unpublish_zone),
    ]
    return [
        words % f"{at.astimezone(ZoneInfo(zone or 'UTC')):%Y-%m-%d %H:%M} {zone}".strip()
        for words, at, zone in known
        if at
    ]
