"""Tags and authors, and an author's place in a byline."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Tag(models.Model):
    """A subject. One that was merged into another stays, so that old revisions keep their meaning."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("address"), max_length=100, unique=True, allow_unicode=True)
    merged_into = models.ForeignKey(
        "self",
        models.RESTRICT,
        verbose_name=_("merged into"),
        null=True,
        blank=True,
        related_name="merged",
        help_text=_(
            "Choose a tag to merge this one into it: posts that bear this one then bear the other, and "
            "its page leads readers there. This cannot be undone."
        ),
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


class Byline(models.Model):
    """An author's place in a byline."""

    author = models.ForeignKey(Author, models.RESTRICT)
    position = models.PositiveSmallIntegerField()

    class Meta:
        abstract = True
        ordering: ClassVar = ["position"]

    def __str__(self) -> str:
        return f"{self.position}: {self.author_id}"
