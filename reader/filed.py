"""What readers ask of tags, authors, series and months. Every function only reads, and orders totally."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, Max, QuerySet
from django.db.models.functions import Lower

from reader.models import Article
from reader.names import Byline, Part, Tagging
from reader.queries import LISTED, listed


def tagged(slug: str) -> QuerySet[Article]:
    """Return the live articles that bear the tag, newest first."""
    return (
        listed()
        .filter(taggings__slug=slug, taggings__leads_to="")
        .only(*LISTED)
        .order_by("-taggings__published_at", "-taggings__article")
    )


def tag(slug: str) -> dict[str, Any] | None:
    """Return {slug, name, description} of a tag as the newest article says; None if no article bears it."""
    bearing = Tagging.objects.filter(slug=slug, leads_to="").order_by("-published_at", "-article")
    tags = bearing.values_list("article__tags", flat=True).first()
    return next((tag for tag in tags or [] if tag["slug"] == slug), None)


def tag_slug(slug: str) -> str | None:
    """Return the slug of the tag that this one was merged into; None if it was not."""
    leading = Tagging.objects.filter(slug=slug).exclude(leads_to="").order_by("-published_at")
    return leading.values_list("leads_to", flat=True).first()


def tags() -> QuerySet[Tagging, Any]:
    """Return {slug, name, count} of every tag in use, by name."""
    counted = Tagging.objects.filter(leads_to="").values("slug")
    return counted.annotate(name=Max("name"), count=Count("pk")).order_by(Lower("name"), "slug")


def by_author(slug: str) -> QuerySet[Article]:
    """Return the live articles by an author, newest first."""
    signed = listed().filter(bylines__slug=slug).only(*LISTED)
    return signed.order_by("-bylines__published_at", "-bylines__article")


def author(slug: str) -> dict[str, Any] | None:
    """Return {slug, name, bio, picture, face, links} as the newest article says; None if there is none."""
    newest = by_author(slug).only("authors", "pictures").first()
    return next((one for one in newest.signed if one["slug"] == slug), None) if newest else None


def authors() -> QuerySet[Byline, Any]:
    """Return {slug, name, count} of every author of an article, by name."""
    counted = Byline.objects.values("slug").annotate(name=Max("name"), count=Count("pk"))
    return counted.order_by(Lower("name"), "slug")


def parts(slug: str) -> QuerySet[Article]:
    """Return the live articles of a series, in its order; of equal numbers the older comes first."""
    told = listed().filter(parts__slug=slug).only(*LISTED, "series")
    return told.order_by("parts__part", "parts__published_at", "parts__article")


def series(slug: str) -> dict[str, Any] | None:
    """Return {slug, name, description} as the newest article says; None if no article is part of it."""
    told = Part.objects.filter(slug=slug).order_by("-published_at", "-article")
    return told.values_list("article__series", flat=True).first()


def all_series() -> QuerySet[Part, Any]:
    """Return {slug, name, count} of every series that an article is part of, by name."""
    counted = Part.objects.values("slug").annotate(name=Max("name"), count=Count("pk"))
    return counted.order_by(Lower("name"), "slug")


class Month(NamedTuple):
    """A month of the site's own clock, and how many articles are of it."""

    year: int
    month: int
    posts: int

    @property
    def first(self) -> date:
        """Return its first day."""
        return date(self.year, self.month, 1)

    @property
    def path(self) -> str:
        """Return where its articles are listed."""
        return f"/archive/{self.year:04}/{self.month:02}/"


def archive() -> list[Month]:
    """Return the months that articles were published in, newest first."""
    rows = listed().values("month").annotate(posts=Count("pk")).order_by("-month")
    return [Month(*divmod(month, 100), posts) for month, posts in rows.values_list("month", "posts") if month]


def in_month(year: int, month: int) -> QuerySet[Article]:
    """Return the live articles of a month of the site's own clock, newest first."""
    return of_months(year * 100 + month, year * 100 + month)


def in_year(year: int) -> QuerySet[Article]:
    """Return the live articles of a year of the site's own clock, newest first."""
    return of_months(year * 100 + 1, year * 100 + 12)


def of_months(first: int, last: int) -> QuerySet[Article]:
    """Return the live articles of months in a row, each a number like 202611, newest first."""
    told = listed().filter(month__range=(first, last)).only(*LISTED, "month")
    return told.order_by("-month", "-published_at", "-post_id")
