"""Posts, where they are read, and which file they came from."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from writer.models.content import Content, Revision
from writer.models.names import Byline


class PostQuerySet(models.QuerySet["Post"]):
    """Posts by the state that the desk shows."""

    def in_state(self, state: str) -> Self:
        """Return the posts that are in this state; see Post.state."""
        return self.filter(
            {
                State.TRASH: Q(trashed_at__isnull=False),
                State.CHANGED: Q(trashed_at=None, live__isnull=False, changed=True),
                State.LIVE: Q(trashed_at=None, live__isnull=False, changed=False),
                State.SCHEDULED: Q(trashed_at=None, live=None, publish_at__isnull=False),
                State.DRAFT: Q(trashed_at=None, live=None, publish_at=None),
            }[State(state)]
        )

    def live(self) -> Self:
        """Return the posts that the public may read."""
        return self.filter(live__isnull=False)


class State(models.TextChoices):
    """What a post is to its author."""

    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    LIVE = "live", _("Live")
    CHANGED = "changed", _("Changed")
    TRASH = "trash", _("Trash")


class Post(Content):
    """A post: the draft in its own fields, what is public in `live`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    live = models.ForeignKey(Revision, models.RESTRICT, null=True, editable=False, related_name="+")
    changed = models.BooleanField(default=False, editable=False)  # the draft differs from `live`

    version = models.BigIntegerField(default=0, editable=False)  # of the newest event; µs, see writer.outbox
    digest = models.CharField(max_length=64, editable=False)  # of the newest event
    # What a command made public, which holds its address; an update around the commands changes only `live`.
    announced = models.ForeignKey(Revision, models.SET_NULL, null=True, editable=False, related_name="+")
    published_at = models.DateTimeField(null=True, editable=False)  # for the first time
    updated_at = models.DateTimeField(null=True, editable=False)  # when `live` became so

    publish_at = models.DateTimeField(null=True, editable=False)
    publish_zone = models.CharField(max_length=64, blank=True, editable=False)  # it was chosen in
    unpublish_at = models.DateTimeField(null=True, editable=False)
    unpublish_zone = models.CharField(max_length=64, blank=True, editable=False)
    scheduled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    refusal = models.TextField(blank=True, editable=False)  # why the schedule could not be kept

    review_asked_at = models.DateTimeField(null=True, editable=False)  # ready, says who may not publish
    trashed_at = models.DateTimeField(null=True, editable=False)
    lock_version = models.PositiveIntegerField(default=0, editable=False)  # counts saves of the draft
    editor = models.UUIDField(null=True, editable=False)  # the open page that saved the draft last
    sequence = models.PositiveIntegerField(null=True, editable=False)  # of its autosave; null: it was saved
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(editable=False)
    edited_at = models.DateTimeField(editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-edited_at", "-id"]
        permissions: ClassVar = [
            ("change_own_post", _("Can change own posts")),
            ("publish_post", _("Can publish posts")),
            ("publish_own_post", _("Can publish own posts")),
        ]
        indexes: ClassVar = [
            # The list in its two orders, and searches in it: all is looked through without reading a post.
            models.Index(
                fields=["-edited_at", "-id", "title", "slug", "live", "changed"],
                condition=Q(trashed_at=None),
                name="post_list",
            ),
            models.Index(
                fields=["-updated_at", "-id", "title", "slug", "trashed_at"],
                condition=Q(live__isnull=False),
                name="post_recent",
            ),
            models.Index(
                fields=["-edited_at", "-id"], condition=Q(live=None, trashed_at=None), name="post_not_live"
            ),
            models.Index(fields=["-edited_at", "-id"], condition=Q(changed=True), name="post_changed"),
            models.Index(
                fields=["review_asked_at"], condition=Q(review_asked_at__isnull=False), name="post_to_review"
            ),
            models.Index(
                fields=["trashed_at", "id"], condition=Q(trashed_at__isnull=False), name="post_trashed"
            ),
            models.Index(fields=["id"], condition=~Q(refusal=""), name="post_refused"),
            models.Index(
                fields=["created_by", "id"], condition=Q(created_by__isnull=False), name="post_made_by"
            ),
            models.Index(fields=["slug"], name="post_slug"),
            models.Index(
                fields=["publish_at"], condition=Q(publish_at__isnull=False), name="post_to_publish"
            ),
            models.Index(
                fields=["unpublish_at"], condition=Q(unpublish_at__isnull=False), name="post_to_unpublish"
            ),
            models.Index(  # all that an inventory asks, so that an audit reads no texts
                fields=["id", "version", "digest", "live", "announced"],
                condition=Q(live__isnull=False),
                name="post_inventory",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(_("Untitled"))

    @property
    def state(self) -> State:
        """Return what the post is to its author."""
        if self.trashed_at:
            return State.TRASH
        if self.live_id:
            return State.CHANGED if self.changed else State.LIVE
        return State.SCHEDULED if self.publish_at else State.DRAFT


class PostByline(Byline):
    """A place in the byline of a draft."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="byline")


class Address(models.Model):
    """A public path and the post it belongs to: the one it is read at, or one that leads there.

    The primary key is what makes two posts published at the same moment under the same
    slug impossible.
    """

    path = models.CharField(primary_key=True, max_length=500)  # decoded: /posts/hello/
    post = models.ForeignKey(Post, models.CASCADE, related_name="addresses")

    def __str__(self) -> str:
        return self.path


class Presence(models.Model):
    """That somebody had the post open at the desk a moment ago. A minute later it means nothing."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["post", "user"], name="present_once")]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.post_id}"


class ImportedFile(models.Model):
    """Which file a post came from, so that a second import knows it."""

    path = models.CharField(primary_key=True, max_length=500)  # folder's name and path within it
    post = models.OneToOneField(Post, models.CASCADE, related_name="imported_from")
    digest = models.CharField(max_length=64)  # SHA-256 of the file and its pictures
    unknown = models.JSONField(default=dict)  # front matter that has no place in a post

    def __str__(self) -> str:
        return self.path
