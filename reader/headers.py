"""What an answer says beside its page: where the same is found in another shape. Pure."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from django.conf import settings

from cms.events import article_path
from reader.pages import Finished

ARTICLES: Final = article_path("")[:-1]  # /posts/
RULES: Final = '"/speculation-rules.json"'  # a structured field: a string


def headers(page: Finished) -> dict[str, str]:
    """Return the headers that say what belongs to a page; a 304 has none of them."""
    if page.status != 200:
        return {}
    said = {}
    if page.content_type.startswith("text/html"):
        said["Speculation-Rules"] = RULES
    if links := list(links_of(page)):
        said["Link"] = ", ".join(links)
    return said


def links_of(page: Finished) -> list[str]:
    """Return what a page links to, as a Link header has it (RFC 8288)."""
    if page.address.startswith(ARTICLES):
        slug = quote(page.address.removeprefix(ARTICLES).rstrip("/"), safe="")
        return [f'<{settings.SITE_URL}/api/v1/articles/{slug}/>; rel="alternate"; type="application/json"']
    is_feed = page.content_type.startswith(("application/atom", "application/rss", "application/feed"))
    if is_feed and settings.WEBSUB_HUB:  # WebSub, 4: hub and self, in the header, too
        own = settings.SITE_URL + quote(page.address)
        return [f'<{settings.WEBSUB_HUB}>; rel="hub"', f'<{own}>; rel="self"']
    return []
