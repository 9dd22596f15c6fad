"""Pages that list articles: made at the first request of an edition, kept until the next.

They are the only pages that a request writes, and they belong to no article. What is kept
is served only while the edition it was made at is the present one, so nothing stale is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.conf import settings
from django.db import Error, connections
from django.db.models import QuerySet
from django.utils.encoding import iri_to_uri

from reader import filed, queries
from reader.models import Article, Edition, Page, put
from reader.rendering import finished, html, site

logger = logging.getLogger(__name__)

LAST: Final = 1_000_000  # more pages than any blog has; keeps offsets within what databases count to


def home(number: int) -> Page | None:
    """Return a page of all articles, None behind the last one."""
    edition = queries.edition()
    context = numbered(queries.front(), root="/", number=number)
    if context is None:
        return None
    return kept(page_path("/", number), edition, "reader/list.html", title=None, **context)


def tag(slug: str, number: int) -> Page | None:
    """Return a page of the articles with a tag, or what leads to the one it means; None if there is none."""
    edition = queries.edition()
    known = filed.tag(slug)
    root = f"/tags/{slug}/"
    if known is None and (other := filed.tag_slug(slug)):
        return finished(root, "", status=301, location=f"/tags/{other}/", last_modified=edition.raised_at)
    context = numbered(filed.tagged(slug), root=root, number=number) if known else None
    if known is None or context is None:
        return None
    context |= {"title": known["name"], "description": known.get("description", "")}
    return kept(page_path(root, number), edition, "reader/list.html", **context)


def tags() -> Page:
    """Return the page of all tags."""
    edition = queries.edition()
    return kept("/tags/", edition, "reader/tags.html", tags=list(filed.tags()))


def numbered(articles: QuerySet[Article], *, root: str, number: int) -> dict[str, Any] | None:
    """Return what the template of a list asks for, None behind the last page."""
    if not 1 <= number <= LAST:
        return None
    of = site()
    per_page = of.per_page
    start = (number - 1) * per_page
    shown = list(articles[start : start + per_page + 1])  # one more tells whether there is a next page
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
    page = finished(
        path,
        html(template, canonical=settings.SITE_URL + iri_to_uri(path), **context),
        edition=edition.number,
        version=edition.number,
        last_modified=edition.raised_at,
    )
    return keep(page)


def keep(page: Page) -> Page:
    """Return the finished page, and keep it if that can be done."""
    try:
        with impatience():
            put(page)
    except Error as error:  # a page that cannot be kept is still a page
        logger.warning("The page %s could not be kept: %s", page.path, error)
    return page


@contextmanager
def impatience() -> Iterator[None]:
    """Let nobody wait for a page because it cannot be kept while another process writes to SQLite's file."""
    connection = connections["reader"]
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    connection.connection.execute("PRAGMA busy_timeout = 100")  # ms
    try:
        yield
    finally:
        connection.connection.execute(f"PRAGMA busy_timeout = {settings.SQLITE_PATIENCE * 1000}")
