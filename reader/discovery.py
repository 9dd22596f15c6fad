"""What machines read first: robots.txt, sitemaps, and what a browser may fetch before it is asked for."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import chain, islice
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from django.conf import settings
from django.db.models import Max, QuerySet
from django.utils.encoding import iri_to_uri

from cms.events import article_path
from reader import filed, queries
from reader.editions import Edition
from reader.feed_entries import rfc3339
from reader.feed_xml import xml
from reader.keeping import keep, of_edition
from reader.models import Article
from reader.pages import Page

CHUNK: Final = 10_000  # articles of a sitemap, which may have 50,000; that many are in memory at once
MOST: Final = 50_000  # addresses of the sitemap of lists
LAST: Final = 50_000  # sitemaps that an index may have
NAMESPACE: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
ROBOTS: Final = """User-agent: *
Disallow: /admin/
Disallow: /preview/
Disallow: /search/?
Disallow: /search?

Sitemap: {site}/sitemap.xml
"""
# A page is fetched once a pointer rests on its link, and made ready to be shown once it is pressed.
ASIDE: Final = ("/admin/*", "/preview/*", "/api/*", "/media/*", "/static/*", "/search/*", "/*.xml", "/*.json")
PAGES: Final = {"and": [{"href_matches": "/*"}, {"not": {"href_matches": [*ASIDE]}}]}
RULES: Final = {
    "prefetch": [{"where": PAGES, "eagerness": "moderate"}],
    "prerender": [{"where": PAGES, "eagerness": "conservative"}],
}


def robots() -> Page:
    """Return what crawlers are asked to leave alone, and where the sitemap is."""
    text = ROBOTS.format(site=settings.SITE_URL)
    return keep(of_edition(queries.edition(), "/robots.txt", text, content_type="text/plain; charset=utf-8"))


def rules() -> Page:
    """Return what a browser may fetch before it is asked for (Speculation Rules)."""
    kind = "application/speculationrules+json"
    return keep(
        of_edition(queries.edition(), "/speculation-rules.json", json.dumps(RULES), content_type=kind)
    )


def sitemap_index() -> Page:
    """Return the list of sitemaps, each with the time of the last change in it."""
    edition = queries.edition()
    root = Element("sitemapindex", xmlns=NAMESPACE)
    add(root, "sitemap", "/sitemap-lists.xml")
    for number in range(1, LAST):
        changed = chunk(number).aggregate(newest=Max("updated_at"))["newest"]
        if changed is None:
            break
        add(root, "sitemap", f"/sitemap-{number}.xml", changed)
    return sitemap("/sitemap.xml", edition, root)


def chunk(number: int) -> QuerySet[Article]:
    """Return the articles of a sitemap: the oldest are in the first, so that new ones come into the last."""
    return queries.oldest()[(number - 1) * CHUNK : number * CHUNK]


def sitemap_of_articles(number: int) -> Page | None:
    """Return a sitemap of articles; None if there are not so many."""
    if not 1 <= number < LAST:
        return None
    edition = queries.edition()
    root = Element("urlset", xmlns=NAMESPACE)
    for slug, updated_at in chunk(number).values_list("slug", "updated_at"):
        add(root, "url", article_path(slug), updated_at)
    return sitemap(f"/sitemap-{number}.xml", edition, root) if len(root) else None


def sitemap_of_lists() -> Page:
    """Return the sitemap of the pages that list articles."""
    edition = queries.edition()
    root = Element("urlset", xmlns=NAMESPACE)
    found = chain(
        ("/", "/archive/", "/tags/", "/authors/", "/series/", "/feeds/"),
        (f"/tags/{tag['slug']}/" for tag in filed.tags()),
        (f"/authors/{author['slug']}/" for author in filed.authors()),
        (f"/series/{series['slug']}/" for series in filed.all_series()),
        (month.path for month in filed.archive()),
    )
    for path in islice(found, MOST):
        add(root, "url", path)
    return sitemap("/sitemap-lists.xml", edition, root)


def add(root: Element, tag: str, path: str, changed: datetime | None = None) -> None:
    """Add an address of this site, and when what is found there changed last, if that is known."""
    entry = SubElement(root, tag)
    SubElement(entry, "loc").text = settings.SITE_URL + iri_to_uri(path)
    if changed:
        SubElement(entry, "lastmod").text = rfc3339(changed)


def sitemap(path: str, edition: Edition, root: Element) -> Page:
    """Return the finished sitemap."""
    return keep(of_edition(edition, path, xml(root), content_type="application/xml; charset=utf-8"))
