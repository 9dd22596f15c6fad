"""From event to row and pages. The same event, templates, settings and site give the same bytes.

Of the database, it asks for the site only.
"""

from __future__ import annotations

import gzip
import hashlib
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
from reader.models import Article, Page, Site

# What an article, its page and what it is found by are made by.
SOURCES: Final = (
    *("reader/rendering.py", "reader/models.py", "reader/indexing.py", "reader/terms.py"),
    *("reader/filing.py", "reader/names.py", "reader/around.py"),
    *("reader/templatetags/*.py", "templates/reader/*.html", "static/reader/*.*s"),
    # Lists are kept until the next edition, or other code.
    *(
        "reader/lists.py",
        "reader/filed.py",
        "reader/feeds.py",
        "reader/feed_formats.py",
        "reader/discovery.py",
    ),
)


def site() -> Site:
    """Return what every page says of the site: as it was described last, at first as the settings do."""
    return Site.objects.first() or site_by_settings()


def site_by_settings() -> Site:
    """Return the site as the settings name it. Asks no database."""
    return Site(name=settings.SITE_NAME, navigation=list(map(asdict, NAVIGATION)))


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
    seen.update(f"{known} {static('reader/site.css')} {version('snowballstemmer')}".encode())
    return seen.hexdigest()[:16]


def render_version() -> str:
    """Return what tells articles made by this code, of the site as it is described now, from others."""
    return hashlib.sha256(f"{code_version()} {site().shown}".encode()).hexdigest()[:16]


def site_of(event: SiteDescribed) -> Site:
    """Return the row that the event asks for."""
    return Site(
        version=event.version,
        digest=event.digest,
        name=event.name,
        tagline=event.tagline,
        logo=event.logo,
        navigation=list(map(asdict, event.navigation)),
        social=list(map(asdict, event.social)),
        per_page=event.per_page,
        footer=markup.render(event.footer).html,
        render_version=code_version(),
    )


def article_of(event: PostEvent) -> Article:
    """Return the row that the event asks for."""
    common: dict[str, Any] = {
        "post_id": event.post_id,
        "version": event.version,
        "digest": event.digest,
        "paths": list(event.paths),
        "page_count": len(event.paths),
        "render_version": render_version(),
    }
    match event:
        case PostWithdrawn():
            return Article(gone_at=event.withdrawn_at, **common)
        case PostPublished():
            rendered = markup.render(event.body, event.pictures)
            return Article(
                slug=event.slug,
                title=event.title,
                summary=event.summary or markup.beginning(rendered),
                lead=event.summary,
                markdown=event.body,
                html=rendered.html,
                text=rendered.text,
                contents=[asdict(heading) for heading in rendered.contents],
                tags=[{**asdict(tag), "aliases": list(tag.aliases)} for tag in event.tags],
                authors=[
                    {**asdict(author), "links": [*map(asdict, author.links)]} for author in event.authors
                ],
                language=event.language,
                words=rendered.words,
                published_at=event.published_at,
                month=month(event.published_at),
                updated_at=event.updated_at,
                description=event.description,
                canonical_url=event.canonical_url,
                cover=event.cover,
                cover_alt=event.cover_alt,
                pictures=[
                    {**asdict(picture), "versions": [*map(asdict, picture.versions)]}
                    for picture in event.pictures
                ],
                series=event.series and asdict(event.series),
                pinned=event.pinned,
                unlisted=event.unlisted,
                translation_key=event.translation_key,
                **common,
            )


def pages_of(article: Article) -> list[Page]:
    """Return the article's pages: itself and what redirects to it, or what says that it is gone."""
    common: dict[str, Any] = {
        "post_id": article.post_id,
        "version": article.version,
        "last_modified": datetime.fromtimestamp(article.version // 1_000_000, UTC),  # the version is a clock
    }
    if article.gone_at:
        body = html("reader/gone.html")
        return [finished(path, body, status=410, **common) for path in article.paths]
    own, *aliases = article.paths
    return [
        finished(own, html("reader/article.html", article=article), **common),
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
