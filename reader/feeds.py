"""Feeds: of the site, of a tag, an author, a series; each as Atom, RSS and JSON Feed, kept as lists are.

Whole posts, the newest first, as many as fit. What differs between the three is in
`reader.feed_formats`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db.models import QuerySet
from django.utils.encoding import iri_to_uri

from cms import markup
from reader import filed, queries
from reader.editions import Edition
from reader.feed_entries import Channel, Entry
from reader.feed_formats import FORMATS, body
from reader.keeping import keep, of_edition
from reader.models import Article
from reader.pages import Page
from reader.rendering import finished, site

NEWEST: Final = 30  # posts at most
TOLD: Final = (
    *("post_id", "slug", "title", "summary", "html", "tags", "authors", "language", "cover"),
    *("published_at", "updated_at"),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a feed is about."""

    root: str  # path of the page that lists the same posts
    name: str  # empty: the whole site
    about: str
    articles: QuerySet[Article]


def of_site(file: str) -> Page:
    """Return a feed of all posts."""
    edition = queries.edition()
    return feed(file, edition, Subject("/", "", site().tagline, queries.newest()[:NEWEST]))


def of_tag(slug: str, file: str) -> Page | None:
    """Return a feed of the posts with a tag; of a merged one, what leads on; None if there is none."""
    edition = queries.edition()
    known = filed.tag(slug)
    if known is None and (other := filed.tag_slug(slug)):
        there = f"/tags/{other}/{file}"
        return finished(
            f"/tags/{slug}/{file}", "", status=301, location=there, last_modified=edition.raised_at
        )
    return named(file, edition, f"/tags/{slug}/", known, filed.tagged(slug, 0, NEWEST))


def of_author(slug: str, file: str) -> Page | None:
    """Return a feed of the posts by an author; None if there is none."""
    edition = queries.edition()
    return named(file, edition, f"/authors/{slug}/", filed.author(slug), filed.by_author(slug, 0, NEWEST))


def of_series(slug: str, file: str) -> Page | None:
    """Return a feed of the parts of a series, the newest first; None if it has none."""
    edition = queries.edition()
    newest = filed.parts(slug).order_by("-published_at", "-post_id")[:NEWEST]
    return named(file, edition, f"/series/{slug}/", filed.series(slug), newest)


def named(
    file: str, edition: Edition, root: str, known: dict[str, Any] | None, articles: QuerySet[Article]
) -> Page | None:
    """Return the feed of what is known under a name; None if nothing is."""
    if known is None:
        return None
    about = known.get("description") or known.get("bio") or ""
    return feed(file, edition, Subject(root, known["name"], about, articles))


def feed(file: str, edition: Edition, subject: Subject) -> Page:
    """Return the feed, made of what was read after that edition, and keep it if that can be done."""
    articles = list(subject.articles.only(*TOLD))
    of = site()
    channel = Channel(
        title=f"{subject.name} · {of.name}" if subject.name else of.name,
        about=subject.about,
        site=of.name,
        home=settings.SITE_URL + iri_to_uri(subject.root),
        address=settings.SITE_URL + iri_to_uri(subject.root + file),
        language=of.language,
        updated=max((one.updated_at for one in articles if one.updated_at), default=edition.raised_at),
        icon=settings.SITE_URL + iri_to_uri(of.logo) if of.logo else "",
        hub=settings.WEBSUB_HUB,
    )
    made = FORMATS[file]
    text = body(made, channel, map(entry, articles))
    return keep(of_edition(edition, subject.root + file, text, content_type=made.content_type))


def entry(article: Article) -> Entry:
    """Return what a feed tells of an article, every address in it absolute."""
    assert article.published_at
    assert article.updated_at
    return Entry(
        id=f"urn:uuid:{article.post_id}",
        address=(address := settings.SITE_URL + iri_to_uri(article.path)),
        title=article.title,
        summary=article.summary,
        html=markup.absolute(article.html, address),
        language=article.language,
        published=article.published_at,
        updated=article.updated_at,
        tags=[(tag["slug"], tag["name"]) for tag in article.tags],
        authors=[
            (author["name"], settings.SITE_URL + iri_to_uri(f"/authors/{author['slug']}/"))
            for author in article.authors
        ],
        picture=article.cover_url,
    )


def of(make: Callable[..., Page | None], file: str) -> Callable[..., Page | None]:
    """Return what makes this kind of feed in this format."""
    return lambda **asked: make(file=file, **asked)
