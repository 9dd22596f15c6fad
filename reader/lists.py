"""Pages that list articles: made at the first request of an edition, kept until the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet
from django.utils.encoding import iri_to_uri
from django.utils.formats import date_format

from reader import filed, queries
from reader.editions import Edition
from reader.keeping import keep, of_edition
from reader.models import Article
from reader.pages import Page
from reader.rendering import finished, html, site

Cut = Callable[[int, int], QuerySet[Article]]  # the articles of a list from one place to another

LAST_YEAR: Final = 9999
LAST: Final = 1_000_000  # more pages than any blog has; keeps offsets within what databases count to


def home(number: int = 1) -> Page | None:
    """Return a page of all articles, None behind the last one."""
    return listed(queries.edition(), queries.front, root="/", number=number)


def tag(slug: str, number: int = 1) -> Page | None:
    """Return a page of the articles with a tag, or what leads to the one it means; None if there is none."""
    edition = queries.edition()
    known = filed.tag(slug)
    root = f"/tags/{slug}/"
    if known is None and (other := filed.tag_slug(slug)):
        return finished(root, "", status=301, location=f"/tags/{other}/", last_modified=edition.raised_at)
    if known is None:
        return None
    said = {"title": known["name"], "description": known.get("description", ""), "label": "Tag"}
    articles = partial(filed.tagged, slug)
    return listed(edition, articles, root=root, number=number, index="/tags/", feeds=root, **said)


def author(slug: str, number: int = 1) -> Page | None:
    """Return a page of the articles by an author, and who that is; None if there is none."""
    edition = queries.edition()
    known = filed.author(slug)
    root = f"/authors/{slug}/"
    if known is None:
        return None
    said = {"title": known["name"], "description": known.get("bio", ""), "label": "Author", "author": known}
    articles = partial(filed.by_author, slug)
    return listed(edition, articles, root=root, number=number, index="/authors/", feeds=root, **said)


def series(slug: str) -> Page | None:
    """Return the page of a series: all its parts, in its order; None if it has none."""
    edition = queries.edition()
    known = filed.series(slug)
    root = f"/series/{slug}/"
    if known is None:
        return None
    said = {"title": known["name"], "description": known.get("description", ""), "label": "Series"}
    return kept(
        root,
        edition,
        "reader/series.html",
        articles=list(filed.parts(slug)),
        index="/series/",
        feeds=root,
        **said,
    )


def tags() -> Page:
    """Return the page of all tags."""
    return names("/tags/", "Tags", filed.tags, "No post carries a tag yet.")


def authors() -> Page:
    """Return the page of all authors."""
    return names("/authors/", "Authors", filed.authors, "No post names its author yet.")


def all_series() -> Page:
    """Return the page of all series."""
    return names("/series/", "Series", filed.all_series, "No post is part of a series yet.")


def names(root: str, title: str, ask: Callable[[], Iterable[dict[str, Any]]], nothing: str) -> Page:
    """Return the page of all that articles are filed under."""
    edition = queries.edition()
    return kept(
        root, edition, "reader/names.html", title=title, index=root, names=list(ask()), nothing=nothing
    )


def archive() -> Page:
    """Return the page of all months that have articles."""
    edition = queries.edition()
    years = [(year, list(months)) for year, months in groupby(filed.archive(), key=attrgetter("year"))]
    return kept("/archive/", edition, "reader/archive.html", title="Archive", index="/archive/", years=years)


def year(year: int, number: int = 1) -> Page | None:
    """Return a page of the articles of a year; None if it has none."""
    edition = queries.edition()
    months = filed.archive(year, year) if 1 <= year <= LAST_YEAR else []
    if not months:
        return None
    said = {"title": str(year), "label": "Archive", "months": months}
    root = f"/archive/{year}/"
    return listed(edition, partial(filed.in_year, year), root=root, number=number, index="/archive/", **said)


def month(year: int, month: int, number: int = 1) -> Page | None:
    """Return a page of the articles of a month; None if it has none."""
    edition = queries.edition()
    articles = partial(filed.in_month, year, month)
    if not (1 <= year <= LAST_YEAR and 1 <= month <= 12 and articles(0, 1).exists()):
        return None
    known = filed.Month(year, month, posts=1)
    said = {"title": date_format(known.first, "F Y"), "label": "Archive", "parent": year}
    return listed(edition, articles, root=known.path, number=number, index="/archive/", **said)


def feeds() -> Page:
    """Return the page that says what a feed is, and which there are."""
    return kept("/feeds/", queries.edition(), "reader/feeds.html", title="Feeds", index="/feeds/")


def listed(edition: Edition, articles: Cut, *, root: str, number: int, **context: Any) -> Page | None:
    """Return a page of a list of articles, None behind its last one."""
    shown = numbered(articles, root=root, number=number)
    if shown is None:
        return None
    return kept(page_path(root, number), edition, "reader/list.html", **context, **shown)


def numbered(articles: Cut, *, root: str, number: int) -> dict[str, Any] | None:
    """Return what the template of a list asks for, None behind the last page."""
    if not 1 <= number <= LAST:
        return None
    of = site()
    per_page = of.per_page
    start = (number - 1) * per_page
    shown = list(articles(start, start + per_page + 1))  # one more tells whether there is a next page
    if number > 1 and not shown:
        return None
    return {
        "of": of,
        "articles": shown[:per_page],
        "number": number,
        "newer": page_path(root, number - 1) if number > 1 else None,
        "older": page_path(root, number + 1) if len(shown) > per_page else None,
    }


def page_path(root: str, number: int) -> str:
    """Return the path of a page of a list, decoded; the first is found at the root itself."""
    return root if number == 1 else f"{root}page/{number}/"


def kept(path: str, edition: Edition, template: str, **context: Any) -> Page:
    """Return the finished page of what was read after that edition, and keep it if that can be done."""
    address = settings.SITE_URL + iri_to_uri(path)
    return keep(of_edition(edition, path, html(template, canonical=address, **context)))
