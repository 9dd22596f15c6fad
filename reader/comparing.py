"""Comparing: whether what readers have of an event is what projecting it would store. Only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from cms.events import Event, SiteDescribed
from reader.editions import Change
from reader.filing import rows_of
from reader.index import Spelling, Terms
from reader.indexing import FoundBy, found_by, spelled
from reader.models import Article, Site
from reader.names import Named
from reader.pages import Page
from reader.rendering import article_of, pages_of, site, site_of
from reader.rows import same


def is_projected(event: Event) -> bool:
    """Tell whether everything stored is, to the byte, what projecting the event would store."""
    if isinstance(event, SiteDescribed):
        return same(Site.objects.first(), site_of(event))
    of = site()
    article = article_of(event, of=of)
    pages = {page.path: page for page in pages_of(article, of=of)}
    stored = Page.objects.filter(post_id=article.post_id).in_bulk()
    return (
        same(Article.objects.filter(pk=article.pk).first(), article)
        and stored.keys() == pages.keys()
        and all(same(stored[path], page) for path, page in pages.items())
        and all(
            named([article], model)[article.pk] == values(rows) for model, rows in rows_of(article).items()
        )
        and is_found(article, found_by(article))
        and (not article.is_listed or Change.objects.filter(pk=article.pk).exists())
    )


def named(articles: list[Article], model: type[Named]) -> dict[UUID, list[tuple[Any, ...]]]:
    """Return what is stored of the names of a kind that each of the articles is filed under."""
    stored = defaultdict(list)
    for row in model._default_manager.filter(article__in=articles):
        stored[row.article_id].append(row)
    return {article.pk: values(stored[article.pk]) for article in articles}


def values(rows: Iterable[Named]) -> list[tuple[Any, ...]]:
    """Return what the rows say, in order."""
    return sorted(
        tuple(getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key)
        for row in rows
    )


def is_found(article: Article, found: FoundBy) -> bool:
    """Tell whether the article is found by what it says, and, if it is not to be found, by nothing."""
    return same(Terms.objects.filter(article=article).first(), found.terms) and not unknown_spellings([found])


def unknown_spellings(found: Iterable[FoundBy]) -> list[Spelling]:
    """Return what articles would have to be known of their words and is not."""
    words = {word for of in found for word in of.spellings}
    known = Spelling.objects.filter(word__in=words).values_list("word", flat=True)
    return spelled(words.difference(known.distinct()))
