"""What GET answers at a path: finished responses, of articles and of lists.

Only `reader.projector` changes an article's; `reader.keeping` keeps the pages of lists, which belong to
no article.
"""

from __future__ import annotations

import gzip
from typing import Any, ClassVar, Final, Self

from django.db import models
from django.db.models import Q

from reader.editions import Edition

KEPT: Final = ":"  # before the path of a page that is kept until the next edition


class PageQuerySet(models.QuerySet["Page"]):
    """Pages that may be served."""

    def current(self, render_version: str) -> Self:
        """Return the pages of articles, and those of lists that were made at the present edition."""
        return self.filter(Q(edition=None) | Q(**present(render_version)))

    def kept(self, render_version: str) -> Self:
        """Return the pages that were made at the present edition."""
        return self.filter(**present(render_version))


def present(render_version: str) -> dict[str, Any]:
    """Return what tells pages that were made at the present edition, by this renderer."""
    edition = Edition.objects.values("number")[:1]
    return {"edition": models.Subquery(edition), "render_version": render_version}


class Finished:
    """A finished response, as far as an answer is made of it: of a row, or of columns only."""

    path: Any
    post_id: Any
    status: Any
    content_type: Any
    location: Any
    body: Any
    etag: Any
    last_modified: Any

    @property
    def is_bare(self) -> bool:
        """Tell whether it is the page of an article without what surrounds that."""
        return self.status == 200 and self.post_id is not None

    @property
    def address(self) -> str:
        """Return the path that it answers at, decoded."""
        return str(self.path.removeprefix(KEPT))

    @property
    def identity(self) -> bytes:
        """Return the body uncompressed."""
        return gzip.decompress(bytes(self.body))


class Page(Finished, models.Model):
    """What GET answers at a path: a finished response."""

    path = models.CharField(primary_key=True, max_length=500)  # decoded; behind KEPT: no path to be asked for
    post_id = models.UUIDField(null=True)  # the article it belongs to; null: a list
    version = models.BigIntegerField(default=0)  # of the event it was made from; of a list, its edition
    status = models.PositiveSmallIntegerField()  # 200, 301 or 410
    content_type = models.CharField(max_length=100, default="text/html; charset=utf-8")
    location = models.CharField(max_length=2000, blank=True)  # of a redirect, decoded
    body = models.BinaryField()  # gzip
    etag = models.CharField(max_length=64)  # of the identity encoding, without quotes
    last_modified = models.DateTimeField()
    edition = models.BigIntegerField(null=True)  # null: good until replaced
    render_version = models.CharField(max_length=16)

    objects = PageQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["post_id", "version"], name="page_of_article"),
            models.Index(fields=["edition"], condition=Q(edition__isnull=False), name="page_by_edition"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.path}"
