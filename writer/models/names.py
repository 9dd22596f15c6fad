"""Tags, authors and series, and an author's place in a byline."""

from __future__ import annotations

import unicodedata
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


def key_of(name: str) -> str:
    """Return a name as it is compared: no two tags, and no two authors, differ only in case."""
    return unicodedata.normalize("NFC", name.casefold())


class Named(models.Model):
    """What is known by its name."""

    name: models.CharField
    key: models.CharField

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the key in step with the name."""
        self.key = key_of(self.name)
        super().save(*args, **kwargs)


class Tag(Named):
    """A subject. One that was merged into another stays, so that old revisions keep their meaning."""

    name = models.CharField(_("name"), max_length=100)
    key = models.CharField(max_length=300, unique=True, editable=False)  # see key_of
    slug = models.SlugField(_("address"), max_length=100, unique=True, allow_unicode=True)
    description = models.TextField(
        _("description"),
        max_length=500,
        blank=True,
        help_text=_("A sentence or two that readers see above the posts with this tag."),
    )
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


class Author(Named):
    """A name in a byline, with or without a login."""

    name = models.CharField(_("name"), max_length=200)
    key = models.CharField(max_length=600, unique=True, editable=False)  # see key_of
    slug = models.SlugField(_("address"), max_length=200, unique=True, allow_unicode=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="author"
    )
    bio = models.TextField(_("about"), blank=True, max_length=2000, help_text=_("Plain text, for readers."))
    picture = models.CharField(_("picture"), max_length=200, blank=True)  # a path under /media/
    links = models.JSONField(_("links"), default=list, blank=True)  # of {label, url}

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Series(Named):
    """Posts that belong together, in order."""

    name = models.CharField(_("name"), max_length=200)
    key = models.CharField(max_length=600, unique=True, editable=False)  # see key_of
    slug = models.SlugField(_("address"), max_length=200, unique=True, allow_unicode=True)
    description = models.TextField(_("description"), max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name_plural = _("series")

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
