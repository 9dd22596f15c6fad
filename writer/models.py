"""The write model: posts with drafts, revisions and schedules, and the outbox.

Data, and what a row can say about itself. Only `writer.commands` changes a Post.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Tag(models.Model):
    """A subject. One that was merged into another stays, so that old revisions keep their meaning."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("address"), max_length=100, unique=True, allow_unicode=True)
    merged_into = models.ForeignKey(
        "self",
        models.RESTRICT,
        verbose_name=_("means"),
        null=True,
        blank=True,
        related_name="merged",
        help_text=_("Merge this tag into another: every post that bears it bears the other."),
    )

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def meaning(self) -> Tag:
        """Return the tag that this one stands for now."""
        return self.merged_into or self


class Author(models.Model):
    """A name in a byline, with or without a login."""

    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("address"), max_length=200, unique=True, allow_unicode=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="author"
    )
    bio = models.TextField(_("about"), blank=True, max_length=2000)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Content(models.Model):
    """The words of a post: what a draft and a revision have in common."""

    title = models.CharField(_("title"), max_length=200, blank=True)
    slug = models.SlugField(
        _("address"),
        max_length=200,
        blank=True,
        allow_unicode=True,
        db_index=False,
        help_text=_("The last part of the post's address. Left empty, it is made from the title."),
    )
    summary = models.TextField(
        _("summary"),
        max_length=500,
        blank=True,
        help_text=_(
            "One or two sentences for lists and search engines. Left empty, the text's beginning is used."
        ),
    )
    body = models.TextField(_("text"), blank=True, help_text=_("Markdown, as on GitHub."))
    language = models.CharField(_("language"), max_length=35, default="en")
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), blank=True)

    class Meta:
        abstract = True

    FIELDS: ClassVar = ("title", "slug", "summary", "body", "language")

    def same_words(self, other: Content) -> bool:
        """Tell whether a reader would find no difference."""
        return (
            all(getattr(self, name) == getattr(other, name) for name in self.FIELDS)
            and self.tag_ids() == other.tag_ids()
            and self.author_ids() == other.author_ids()
        )

    def tag_ids(self) -> set[int]:
        """Return the ids of the tags, of a merged one that which it means now."""
        return {merged_into or pk for pk, merged_into in self.tags.values_list("pk", "merged_into")}

    def author_ids(self) -> list[int]:
        """Return the ids of the authors, in the order of the byline."""
        return list(self.byline.values_list("author_id", flat=True))  # type: ignore[attr-defined]

    def set_byline(self, author_ids: list[int]) -> None:
        """Make these the authors, in this order."""
        self.byline.all().delete()  # type: ignore[attr-defined]
        self.byline.bulk_create(  # type: ignore[attr-defined]
            self.byline.model(**{self.byline.field.name: self}, author_id=author_id, position=position)  # type: ignore[attr-defined]
            for position, author_id in enumerate(author_ids)
        )


class Revision(Content):
    """The words of a post at one moment. Never changed."""

    class Reason(models.TextChoices):
        SAVE = "save", _("saved")
        PUBLISH = "publish", _("published")
        IMPORT = "import", _("imported")
        REVERT = "revert", _("brought back")

    post = models.ForeignKey("Post", models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=10, choices=Reason)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post", "number"], name="revision_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"


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

    trashed_at = models.DateTimeField(null=True, editable=False)
    lock_version = models.PositiveIntegerField(default=0, editable=False)  # counts saves of the draft
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(editable=False)
    edited_at = models.DateTimeField(editable=False)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-edited_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["-edited_at", "-id"], name="post_newest_first"),
            models.Index(fields=["slug"], name="post_slug"),
            models.Index(
                fields=["publish_at"], condition=Q(publish_at__isnull=False), name="post_to_publish"
            ),
            models.Index(
                fields=["unpublish_at"], condition=Q(unpublish_at__isnull=False), name="post_to_unpublish"
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


class Byline(models.Model):
    """An author's place in a byline."""

    author = models.ForeignKey(Author, models.RESTRICT)
    position = models.PositiveSmallIntegerField()

    class Meta:
        abstract = True
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return f"{self.position}: {self.author_id}"


class PostByline(Byline):
    """A place in the byline of a draft."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="byline")


class RevisionByline(Byline):
    """A place in the byline of a revision."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="byline")


class Address(models.Model):
    """A public path and the post it belongs to: the one it is read at, or one that leads there.

    The primary key is what makes two posts published at the same moment under the same
    slug impossible.
    """

    path = models.CharField(primary_key=True, max_length=500)  # decoded: /posts/hello/
    post = models.ForeignKey(Post, models.CASCADE, related_name="addresses")

    def __str__(self) -> str:
        return self.path


class ImportedFile(models.Model):
    """Which file a post came from, so that a second import knows it."""

    path = models.CharField(primary_key=True, max_length=500)  # folder's name and path within it
    post = models.OneToOneField(Post, models.CASCADE, related_name="imported_from")
    digest = models.CharField(max_length=64)  # SHA-256 of the file and its pictures
    unknown = models.JSONField(default=dict)  # front matter that has no place in a post

    def __str__(self) -> str:
        return self.path


class OutboxQuerySet(models.QuerySet["OutboxEvent"]):
    """Events by what is still to be done with them."""

    def pending(self) -> Self:
        """Return the events that have not reached the reader."""
        return self.filter(delivered_at=None)


class OutboxEvent(models.Model):
    """An event as it was announced; append-only, so also the history of what was public when."""

    post_id = models.UUIDField()
    version = models.BigIntegerField()
    kind = models.CharField(max_length=32)
    document = models.JSONField()
    digest = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    actor = models.CharField(max_length=150, blank=True)  # user name; empty: the system
    correlation_id = models.UUIDField(default=uuid.uuid4)
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    last_error = models.TextField(blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["post_id", "version"], name="event_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at", "id"], condition=Q(delivered_at=None), name="event_pending"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.post_id} v{self.version}"


def frozen_fields(content: Content) -> dict[str, Any]:
    """Return the plain fields of a draft or revision, to copy."""
    return {name: getattr(content, name) for name in Content.FIELDS}
