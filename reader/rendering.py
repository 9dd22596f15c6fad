"""From event to row and pages. The same event, templates, settings and site give the same bytes.

Of the database, it asks for the site only.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone, translation

from cms import markup
from cms.events import NAVIGATION, PostEvent, PostPublished, PostWithdrawn, SiteDescribed
from reader.indexing import month
from reader.models import Article, Site
from reader.pages import Page

# What an article, its page and what it is found by are made by.
SOURCES: Final = (
    *("reader/rendering.py", "reader/models.py", "reader/pages.py", "reader/indexing.py", "reader/terms.py"),
    *("reader/filing.py", "reader/names.py", "reader/around.py"),
    *("reader/templatetags/*.py", "templates/reader/*.html", "static/reader/*.*s"),
    # Lists are kept until the next edition, or other code.
    *(
        "reader/lists.py",
        "reader/keeping.py",
        "reader/filed.py",
        "reader/feed*.py",
        "reader/discovery.py",
    ),
)
# Columns of an article that hold what its event says under the same name.
TOLD: Final = (
    *("slug", "title", "language", "published_at", "updated_at", "description", "canonical_url"),
    *("cover", "cover_alt", "pinned", "unlisted", "translation_key"),
)


def site() -> Site:
    """Return what every page says of the site: as it was described last, at first as the settings do."""
    known = Site.objects.first() if settings.PROJECTS else None
    return known or site_by_settings()


def site_by_settings() -> Site:
    """Return the site as the settings name it. Asks no database."""
    return Site(name=settings.SITE_NAME, navigation=plain(NAVIGATION))


@lru_cache(maxsize=1)
def code_version() -> str:
    """Return what tells the work of this renderer, with these templates, styles and settings, from others."""
    seen = hashlib.sha256(markup.RENDERER.encode())
    for files in SOURCES:
        for file in sorted(Path(settings.BASE_DIR).glob(files)):
            seen.update(file.name.encode() + file.read_bytes())
    known = (
        settings.SITE_NAME,
        settings.SITE_URL,
        settings.LANGUAGE_CODE,
        settings.TIME_ZONE,
        settings.WEBSUB_HUB,
    )
    seen.update(f"{known} {static('reader/site.css')} {version('PyStemmer')}".encode())
    return seen.hexdigest()[:16]


def render_version(of: Site | None = None) -> str:
    """Return what tells articles made by this code, of the site as it is described now, from others."""
    return hashlib.sha256(f"{code_version()} {(of or site()).shown}".encode()).hexdigest()[:16]


def site_of(event: SiteDescribed) -> Site:
    """Return the row that the event asks for."""
    return Site(
        version=event.version,
        digest=event.digest,
        name=event.name,
        tagline=event.tagline,
        logo=event.logo,
        navigation=plain(event.navigation),
        social=plain(event.social),
        per_page=event.per_page,
        footer=markup.render(event.footer).html,
        render_version=code_version(),
    )


def article_of(event: PostEvent, *, of: Site | None = None) -> Article:
    """Return the row that the event asks for, on the site as it is described now unless told otherwise."""
    common: dict[str, Any] = {
        "post_id": event.post_id,
        "version": event.version,
        "digest": event.digest,
        "paths": list(event.paths),
        "page_count": len(event.paths),
        "render_version": render_version(of),
    }
    match event:
        case PostWithdrawn():
            return Article(gone_at=event.withdrawn_at, **common)
        case PostPublished():
            return Article(**as_told(event), **as_rendered(event), **common)


def as_told(event: PostPublished) -> dict[str, Any]:
    """Return the columns that say what the event says."""
    return {
        **{name: getattr(event, name) for name in TOLD},
        "lead": event.summary,
        "markdown": event.body,
        "month": month(event.published_at),
        "tags": plain(event.tags),
        "authors": plain(event.authors),
        "pictures": plain(event.pictures),
        "series": event.series and asdict(event.series),
    }


def as_rendered(event: PostPublished) -> dict[str, Any]:
    """Return the columns that are made of the text."""
    rendered = markup.render(event.body, event.pictures)
    return {
        "summary": event.summary or markup.beginning(rendered),
        "html": rendered.html,
        "text": rendered.text,
        "contents": plain(rendered.contents),
        "words": rendered.words,
    }


def plain(parts: Iterable[Any]) -> list[dict[str, Any]]:
    """Return parts of an event as a JSON column gives them back: dictionaries, and lists for tuples."""
    return [asdict(part, dict_factory=with_lists) for part in parts]


def with_lists(items: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of a part, with lists for tuples."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in items}


def pages_of(article: Article, *, of: Site | None = None) -> list[Page]:
    """Return the article's pages: itself and what redirects to it, or what says that it is gone."""
    common: dict[str, Any] = {
        "post_id": article.post_id,
        "version": article.version,
        "last_modified": datetime.fromtimestamp(article.version // 1_000_000, UTC),  # the version is a clock
    }
    if article.gone_at:
        body = html("reader/gone.html", of=of)
        return [finished(path, body, status=410, **common) for path in article.paths]
    own, *aliases = article.paths
    return [
        finished(own, html("reader/article.html", of=of, article=article), **common),
        *(finished(path, "", status=301, location=own, **common) for path in aliases),
    ]


def html(template: str, *, of: Site | None = None, **context: Any) -> str:
    """Return the page that the template makes, in the site's own language and time zone, whoever asks.

    It is a page of the site as it is described now, unless told otherwise.
    """
    with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
        return render_to_string(template, {"site": of or site(), **context})


def finished(path: str, body: str, *, status: int = 200, **columns: Any) -> Page:
    """Return the finished response for a path: compressed, with its entity tag."""
    data = body.encode()
    return Page(
        path=path,
        status=status,
        body=gzip.compress(data, compresslevel=9, mtime=0),
        etag=hashlib.sha256(data).hexdigest()[:32],
        render_version=code_version(),
        **columns,
    )
