"""What articles are filed under: a row for each live, listed article and each tag, author, series, language.

`reader.filing` says which rows an article asks for, `reader.projector` writes them.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Named(models.Model):
    """That a live, listed article is filed under a name; a list page is one walk along the index."""

    article = models.ForeignKey("reader.Article", models.CASCADE, related_name="%(class)ss")
    published_at = models.DateTimeField()

    class Meta:
        abstract = True


class Tagging(Named):
    """That it bears a tag."""

    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=100)
    leads_to = models.CharField(max_length=100, blank=True)  # of a tag that was merged: the slug of the other

    class Meta:
        indexes: ClassVar = [
            models.Index(  # all that is asked of a tag, so that no row of the table is read
                fields=["slug", "-published_at", "-article", "leads_to"], name="tagging_newest_first"
            )
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.article_id}"


class Byline(Named):
    """That it is by an author."""

    slug = models.CharField(max_length=200)
    name = models.CharField(max_length=200)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["slug", "-published_at", "-article"], name="byline_newest_first")
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.article_id}"


class Part(Named):
    """That it is part of a series."""

    slug = models.CharField(max_length=200)
    name = models.CharField(max_length=200)
    part = models.PositiveIntegerField()  # from 1; two posts may have the same

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["slug", "part", "published_at", "article"], name="part_in_order"),
            models.Index(fields=["slug", "-published_at", "-article"], name="part_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.part} {self.article_id}"


class Tongue(Named):
    """That it is written in a language; what is in `en-GB` is in `en`, too."""

    slug = models.CharField(max_length=35)  # BCP 47, in small letters

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["slug", "-published_at", "-article"], name="tongue_newest_first")
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.article_id}"
