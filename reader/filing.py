"""From an article to what it is filed under. Pure, as `reader.rendering` is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reader.models import Article
from reader.names import Byline, Named, Part, Tagging, Tongue

FILED: Final[tuple[type[Named], ...]] = (Tagging, Byline, Part, Tongue)


def rows_of(article: Article) -> Mapping[type[Named], list[Named]]:
    """Return the rows that say which tags, authors, series and languages the article is found under.

    One that is gone or unlisted is found under none.
    """
    at = article.published_at
    if article.gone_at or article.unlisted or at is None:
        return {model: [] for model in FILED}
    filed = {"article": article, "published_at": at}
    return {
        Tagging: [
            Tagging(name=tag["name"], slug=slug, leads_to=other, **filed)
            for tag in article.tags
            for slug, other in [(tag["slug"], ""), *((alias, tag["slug"]) for alias in tag["aliases"])]
        ],
        Byline: [Byline(slug=author["slug"], name=author["name"], **filed) for author in article.authors],
        Part: [
            Part(**{name: series[name] for name in ("slug", "name", "part")}, **filed)
            for series in [article.series]
            if series
        ],
        Tongue: [Tongue(slug=slug, **filed) for slug in tongues(article.language)],
    }


def tongues(language: str) -> list[str]:
    """Return a language (BCP 47) and all that it is a variety of, in small letters: en-gb, en."""
    subtags = language.lower().split("-")
    return ["-".join(subtags[:length]) for length in range(len(subtags), 0, -1)]
