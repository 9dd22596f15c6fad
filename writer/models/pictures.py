"""Pictures, their renditions, and the posts that mention them."""

from __future__ import annotations

from typing import Any, ClassVar, Final, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from writer.models.posts import Post

ATTEMPTS: Final = 3  # at the renditions of a picture: one that kills the worker does not hold up the others


class PictureQuerySet(models.QuerySet["Picture"]):
    """Pictures by what is still to be done with them."""

    def unrendered(self) -> Self:
        """Return the pictures whose renditions are to be made."""
        return self.filter(rendered_at=None, attempts__lt=ATTEMPTS)


class Picture(models.Model):
    """A picture in storage. Its file never changes, so neither do its address and its dimensions."""

    path = models.CharField(max_length=60, unique=True, editable=False)  # in storage; of the upload's SHA-256
    sha256 = models.CharField(max_length=64, editable=False)  # of the bytes that are served
    type = models.CharField(max_length=20, editable=False)  # image/…
    width = models.PositiveIntegerField(editable=False)  # px
    height = models.PositiveIntegerField(editable=False)
    size = models.PositiveIntegerField(editable=False)  # bytes
    animated = models.BooleanField(default=False, editable=False)
    alt = models.CharField(
        _("alt text"),
        max_length=500,
        blank=True,
        help_text=_("What somebody who cannot see the picture should know. Posts may use another text."),
    )
    decorative = models.BooleanField(
        _("decoration only"),
        default=False,
        help_text=_("The picture says nothing that the text does not say: screen readers pass over it."),
    )
    original_name = models.CharField(_("name"), max_length=255, blank=True, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )
    uploaded_at = models.DateTimeField(editable=False)

    renditions = models.JSONField(
        default=list, editable=False
    )  # as writer.renditions.Rendition, narrowest first
    rendered_at = models.DateTimeField(null=True, editable=False)  # null: they are to be made
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    failure = models.TextField(blank=True, editable=False)  # why they could not be made

    objects = PictureQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering: ClassVar = ["-uploaded_at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["-uploaded_at", "-id"], name="picture_newest_first"),
            models.Index(fields=["sha256"], name="picture_by_content"),
            models.Index(fields=["id"], condition=Q(rendered_at=None), name="picture_unrendered"),
        ]

    def __str__(self) -> str:
        return self.original_name or self.path.rpartition("/")[2]

    @property
    def url(self) -> str:
        """Return the address on this site."""
        return f"{settings.MEDIA_URL}{self.path}"

    @property
    def thumbnail(self) -> str:
        """Return the address of its smallest rendition; its own until there is one."""
        small: list[dict[str, Any]] = [one for one in self.renditions if one["type"] == "image/webp"]
        return f"{settings.MEDIA_URL}{small[0]['path']}" if small else self.url


class PictureUseQuerySet(models.QuerySet["PictureUse"]):
    """Mentions by where they stand."""

    def in_use(self) -> Self:
        """Return those that a draft has or readers see, not those that a revision has only."""
        return self.filter(Q(in_draft=True) | Q(in_live=True))


class PictureUse(models.Model):
    """That a post mentions a picture, or did in a revision: kept by commands, so that no text is searched."""

    picture = models.ForeignKey(Picture, models.CASCADE, related_name="uses")
    post = models.ForeignKey(Post, models.CASCADE, related_name="picture_uses")
    in_draft = models.BooleanField(default=False)
    in_live = models.BooleanField(default=False)  # in what readers see; neither: in a revision only

    objects = PictureUseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["post", "picture"], name="picture_use_once")]

    def __str__(self) -> str:
        return f"{self.picture_id} in {self.post_id}"
