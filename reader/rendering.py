"""From event to row and pages. Pure: the same event, templates and settings give the same bytes."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone, translation

from cms import markup
from cms.events import Event, PostPublished, PostWithdrawn
from reader.models import Article, Page


@dataclass(frozen=True, slots=True)
class Site:
    """What every page says of the site."""

    name: str
    url: str  # without a slash at its end
    language: str
    time_zone: str


def site() -> Site:
    """Return the site as the settings describe it."""
    return Site(settings.SITE_NAME, settings.SITE_URL, settings.LANGUAGE_CODE, settings.TIME_ZONE)


@lru_cache(maxsize=1)
def render_version() -> str:
    """Return what tells the work of this renderer, with these templates, styles and settings, from others."""
    seen = hashlib.sha256(markup.RENDERER.encode())
    for files in ("reader/rendering.py", "reader/models.py", "templates/reader/*.html", "static/reader/*.*s"):
        for file in sorted(Path(settings.BASE_DIR).glob(files)):
            seen.update(file.name.encode() + file.read_bytes())
    seen.update(f"{site()} {static('reader/site.css')}".encode())
    return seen.hexdigest()[:16]


def article_of(event: Event) -> Article:
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
            rendered = markup.render(event.body)
            return Article(
                slug=event.slug,
                title=event.title,
                summary=event.summary or beginning(rendered),
                lead=event.summary,
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
                updated_at=event.updated_at,
                description=event.description,
                canonical_url=event.canonical_url,
                cover=event.cover,
                cover_alt=event.cover_alt,
                series=event.series and asdict(event.series),
                pinned=event.pinned,
                unlisted=event.unlisted,
                **common,
            )


def beginning(rendered: markup.Rendered) -> str:
    """Return what stands for a summary: how the text begins, without its headings."""
    titles = {heading.title for heading in rendered.contents}
    return markup.summary("\n".join(line for line in rendered.text.split("\n") if line not in titles))


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


def html(template: str, **context: Any) -> str:
    """Return the page that the template makes, in the site's own language and time zone, whoever asks."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
        return render_to_string(template, {"site": site(), **context})


def finished(path: str, body: str, *, status: int = 200, **columns: Any) -> Page:
    """Return the finished response for a path: compressed, with its entity tag."""
    data = body.encode()
    return Page(
        path=path,
        status=status,
        body=gzip.compress(data, compresslevel=9, mtime=0),
        etag=hashlib.sha256(data).hexdigest()[:32],
        render_version=render_version(),
        **columns,
    )
