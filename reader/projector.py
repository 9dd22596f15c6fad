"""The projector: brings the read side up to date with an event, in one transaction.

Delivery, repair and rebuild are this one call. It knows nothing but the event.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, Model, Q, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from cms.events import SITE_ID, Event, SiteDescribed
from reader import front, search
from reader.editions import Change, Edition
from reader.filing import rows_of
from reader.index import Spelling, Terms
from reader.indexing import FoundBy, found_by, spelled
from reader.models import NOT_FOUND, Article, Site, put
from reader.names import Named
from reader.pages import KEPT, Page
from reader.rendering import article_of, pages_of, site, site_of

logger = logging.getLogger(__name__)


def nothing() -> None:
    """Do nothing more."""


def project(event: Event, *, alongside: Callable[[], None] = nothing) -> None:
    """Bring the event's article and its pages up to date, or what pages say of the site.

    Idempotent and safe in any order: an event older than the row is ignored, one of the same
    version rewrites it. Rendering comes first, so that it never holds a lock. What is to be written
    with it or not at all is done `alongside`.
    """
    if isinstance(event, SiteDescribed):
        put_site(site_of(event), alongside)
        return
    if event.post_id == SITE_ID:
        forget_site(event.version, alongside)
        return
    of = site()
    article = article_of(event, of=of)
    pages, found = pages_of(article, of=of), found_by(article)
    try:
        store(article, pages, found, alongside)
    except DatabaseError as error:
        if not search.is_malformed(error):
            raise
        logger.error("%s is not found by what it says: the search index is malformed.", article)
        store(article, pages, None, alongside)


def store(article: Article, pages: list[Page], found: FoundBy | None, alongside: Callable[[], None]) -> None:
    """Write the article and all that is made of it, unless a newer one is there.

    An index that is malformed must hold up no page. Then what the article is found by stays as it is,
    which the article says, and the next reconciliation makes the index anew. That takes a transaction of
    its own: SQLite may not even go back to a savepoint then.
    """
    if found is None and not article.gone_at:
        article.render_version = NOT_FOUND
    with transaction.atomic(using="reader"):
        if put(article):
            put_names(article)
            if found:
                put_terms(article, found)
            put_pages(article, pages)
            raise_edition()
            put_change(article)
        alongside()


def put_site(site: Site, alongside: Callable[[], None]) -> None:
    """Let pages say this of the site: lists at once, articles as they are made anew."""
    with transaction.atomic(using="reader"):
        if put(site):
            raise_edition()
        alongside()


def forget_site(version: int, alongside: Callable[[], None]) -> None:
    """Let pages say of the site what the settings say, unless it was described since. It leaves no trace."""
    with transaction.atomic(using="reader"):
        if Site.objects.filter(version__lte=version).delete()[0]:
            raise_edition()
        alongside()


def make_way(event: Event) -> None:
    """Let the event be projected though readers get what is newer; they do until then.

    Also where its paths are held by what is gone.
    """
    held = Q(post_id=event.post_id) | Q(path__in=event.paths, status=410)
    with transaction.atomic(using="reader"):
        for model in (Article, Site):
            model._default_manager.filter(pk=event.post_id).update(version=0)
        Page.objects.filter(held).update(version=0)


def mark_outdated(going_on: Callable[[], None]) -> None:
    """Mark every live article as made by an older renderer; its pages are served until it is made anew.

    Batch by batch, so that no projection waits for long. Goes on behind the last that is marked
    already, for a run that was killed.
    """
    live = Article.objects.filter(gone_at=None)
    marked = live.filter(render_version="").order_by("-post_id").values_list("post_id", flat=True).first()
    unmarked = live.filter(post_id__gt=marked) if marked else live
    while up_to := max(unmarked.order_by("post_id").values_list("post_id", flat=True)[:1000], default=None):
        unmarked.filter(post_id__lte=up_to).update(render_version="")
        unmarked = live.filter(post_id__gt=up_to)
        going_on()


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
        and all(named(article, model) == told(rows) for model, rows in rows_of(article).items())
        and is_found(article, found_by(article))
        and (not article.is_listed or Change.objects.filter(pk=article.pk).exists())
    )


def same(stored: Model | None, made: Model | None) -> bool:
    """Tell whether two rows hold the same values, or there is neither."""
    if stored is None or made is None:
        return stored is made
    return all(
        plain(getattr(stored, field.attname)) == plain(getattr(made, field.attname))
        for field in made._meta.concrete_fields
    )


def plain(value: object) -> object:
    """Return a value as it can be compared: PostgreSQL hands out bytes as a memoryview."""
    return bytes(value) if isinstance(value, memoryview) else value


def put_names(article: Article) -> None:
    """Let lists name the article under its tags, authors and series as it says now."""
    for model, rows in rows_of(article).items():
        stored = named(article, model)
        if stored != told(rows):
            if stored:
                model._default_manager.filter(article=article).delete()
            model._default_manager.bulk_create(rows)


def named(article: Article, model: type[Named]) -> list[tuple[Any, ...]]:
    """Return what is stored of the names of a kind that the article is filed under, in order."""
    return sorted(model._default_manager.filter(article=article).values_list(*columns(model)))


def told(rows: list[Named]) -> list[tuple[Any, ...]]:
    """Return what these rows would store, in order."""
    return sorted(tuple(getattr(row, name) for name in columns(type(row))) for row in rows)


def columns(model: type[Model]) -> list[str]:
    """Return the attributes of a row but its key."""
    return [field.attname for field in model._meta.concrete_fields if not field.primary_key]


def put_terms(article: Article, found: FoundBy) -> None:
    """Let the article be found by what it says now; the database brings its index up to date."""
    stored = Terms.objects.filter(article=article).first()
    if not same(stored, found.terms):  # to write the index costs the most
        if stored:
            Terms.objects.filter(article=article).delete()
        # were another article's id the same, by a chance of one to 10¹³, this one would only not be found
        Terms.objects.bulk_create([found.terms] if found.terms else [], ignore_conflicts=True)
    Spelling.objects.bulk_create(unknown_spellings(found), ignore_conflicts=True)


def unknown_spellings(found: FoundBy) -> list[Spelling]:
    """Return what the article would have to be known of its words and is not."""
    known = Spelling.objects.filter(word__in=found.spellings).values_list("word", flat=True)
    return spelled(set(found.spellings).difference(known.distinct()))


def is_found(article: Article, found: FoundBy) -> bool:
    """Tell whether the article is found by what it says, and, if it is not to be found, by nothing."""
    return same(Terms.objects.filter(article=article).first(), found.terms) and not unknown_spellings(found)


def put_pages(article: Article, pages: list[Page]) -> None:
    """Make these the article's pages.

    A path that another article took over under a higher version stays with that article. What was
    kept of the article with its surroundings goes, as it may have been withdrawn.
    """
    mine = Q(post_id=article.post_id) | Q(path__in=[KEPT + page.path for page in pages])
    Page.objects.filter(mine).exclude(path__in=[page.path for page in pages]).delete()
    for page in sorted(
        pages, key=lambda page: page.path
    ):  # one order, so that two projections cannot deadlock
        put(page)


def raise_edition() -> None:
    """Say that lists made before this projection are no longer true, to the front as soon as they are not.

    Whoever waited for the row has an older time than it: what readers are told never goes back.
    """
    present = Edition.objects.filter(pk=1)
    raised = {"number": F("number") + 1, "raised_at": Greatest("raised_at", timezone.now())}
    if not present.update(**raised):
        Edition.objects.bulk_create([Edition(pk=1, number=0)], ignore_conflicts=True)
        present.update(**raised)
    transaction.on_commit(front.forget, using="reader")  # if it raises, the event is delivered once more


def put_change(article: Article) -> None:
    """Note the edition that was just raised, if lists name the article or ever did."""
    if not article.is_listed:
        Change.objects.filter(pk=article.pk).update(edition=Subquery(Edition.objects.values("number")[:1]))
        return
    number = Edition.objects.values_list("number", flat=True).get(pk=1)
    change = Change(post_id=article.post_id, edition=number)
    Change.objects.bulk_create(
        [change], update_conflicts=True, unique_fields=["post_id"], update_fields=["edition"]
    )
