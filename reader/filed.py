"""What readers ask of tags, authors, series and months. Every function only reads, and orders totally.

`start` and `stop` are places in a list, from 0: what lies before them is passed by in an index.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count, OuterRef, QuerySet, Subquery

from reader.models import Article
from reader.names import Byline, Part, Tagging
from reader.queries import LISTED, listed, named


def tagged(slug: str, start: int = 0, stop: int | None = None) -> QuerySet[Article]:
    """Return the live articles that bear the tag, newest first."""
    bearing = Tagging.objects.filter(slug=slug, leads_to="").order_by("-published_at", "-article")
    return named(bearing.values("article")[start:stop])


def tag(slug: str) -> dict[str, Any] | None:
    """Return {slug, name, description} of a tag as the newest article says; None if no article bears it."""
    bearing = Tagging.objects.filter(slug=slug, leads_to="").order_by("-published_at", "-article")
    tags = bearing.values_list("article__tags", flat=True).first()
    return next((tag for tag in tags or [] if tag["slug"] == slug), None)


def tag_slug(slug: str) -> str | None:
    """Return the slug of the tag that this one was merged into; None if it was not."""
    leading = Tagging.objects.filter(slug=slug).exclude(leads_to="").order_by("-published_at")
    return leading.values_list("leads_to", flat=True).first()


def tags() -> list[dict[str, Any]]:
    """Return {slug, name, count} of every tag in use, by name."""
    return by_name(Tagging.objects.filter(leads_to=""))


def counted(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    """Return {slug, name, count} of what these rows say, the name as the newest has it.

    An index tells how many there are, so that no row is read but the newest of each.
    """
    same = rows.filter(slug=OuterRef("slug")).order_by("-published_at", "-article")
    counted = rows.values("slug").annotate(count=Count("*"))  # by itself: what comes with it is grouped by
    return counted.annotate(name=Subquery(same.values("name")[:1]))


def by_name(rows: QuerySet[Any]) -> list[dict[str, Any]]:
    """Return {slug, name, count} of what these rows say, by name without case."""
    return sorted(counted(rows), key=lambda row: (row["name"].lower(), row["slug"]))


def by_author(slug: str, start: int = 0, stop: int | None = None) -> QuerySet[Article]:
    """Return the live articles by an author, newest first."""
    signed = Byline.objects.filter(slug=slug).order_by("-published_at", "-article")
    return named(signed.values("article")[start:stop])


def author(slug: str) -> dict[str, Any] | None:
    """Return {slug, name, bio, picture, face, links} as the newest article says; None if there is none."""
    newest = by_author(slug, 0, 1).only("authors", "pictures").first()
    return next((one for one in newest.signed if one["slug"] == slug), None) if newest else None


def authors() -> list[dict[str, Any]]:
    """Return {slug, name, count} of every author of an article, by name."""
    return by_name(Byline.objects.all())


def parts(slug: str) -> QuerySet[Article]:
    """Return the live articles of a series, in its order; of equal numbers the older comes first."""
    told = listed().filter(parts__slug=slug).only(*LISTED, "series")
    return told.order_by("parts__part", "parts__published_at", "parts__article")


def series(slug: str) -> dict[str, Any] | None:
    """Return {slug, name, description} as the newest article says; None if no article is part of it."""
    told = Part.objects.filter(slug=slug).order_by("-published_at", "-article")
    return told.values_list("article__series", flat=True).first()


def all_series() -> list[dict[str, Any]]:
    """Return {slug, name, count} of every series that an article is part of, by name."""
    return by_name(Part.objects.all())


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


def archive(first: int = 1, last: int = 9999) -> list[Month]:
    """Return the months of these years that articles were published in, newest first."""
    of_years = listed().filter(month__range=(first * 100, last * 100 + 12))
    rows = of_years.values("month").annotate(posts=Count("*")).order_by("-month")
    return [Month(*divmod(month, 100), posts) for month, posts in rows.values_list("month", "posts") if month]


def in_month(year: int, month: int, start: int = 0, stop: int | None = None) -> QuerySet[Article]:
    """Return the live articles of a month of the site's own clock, newest first."""
    return of_months(year * 100 + month, year * 100 + month, start, stop)


def in_year(year: int, start: int = 0, stop: int | None = None) -> QuerySet[Article]:
    """Return the live articles of a year of the site's own clock, newest first."""
    return of_months(year * 100 + 1, year * 100 + 12, start, stop)


def of_months(first: int, last: int, start: int, stop: int | None) -> QuerySet[Article]:
    """Return the live articles of months in a row, each a number like 202611, newest first."""
    told = listed().filter(month__range=(first, last)).order_by("-month", "-published_at", "-post_id")
    return named(told.values("pk")[start:stop])
