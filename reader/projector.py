"""The projector: brings the read side up to date with events, in one transaction.

Delivery, repair and rebuild are this one call. It knows nothing but the events.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from cms.events import SITE_ID, Event, PostEvent, SiteDescribed
from reader import front, search
from reader.comparing import named, unknown_spellings, values
from reader.editions import Change, Edition
from reader.filing import FILED, rows_of
from reader.index import Spelling, Terms
from reader.indexing import FoundBy, found_by
from reader.models import NOT_FOUND, Article, Site
from reader.pages import KEPT, Page
from reader.rendering import article_of, pages_of, site, site_of
from reader.rows import ANY, put, same

logger = logging.getLogger(__name__)


class Made(NamedTuple):
    """What is made of one event, before anything is locked."""

    article: Article
    pages: list[Page]
    found: FoundBy | None  # None: the search index cannot take it


def nothing() -> None:
    """Do nothing more."""


def project(event: Event, *, alongside: Callable[[], None] = nothing) -> None:
    """Bring the event's article and its pages up to date, or what pages say of the site.

    Idempotent and safe in any order: an event older than the row is ignored, one of the same
    version rewrites it. What is to be written with it or not at all is done `alongside`.
    """
    if isinstance(event, SiteDescribed):
        put_site(site_of(event), alongside)
    elif event.post_id == SITE_ID:
        forget_site(event.version, alongside)
    else:
        project_together([event], alongside=alongside)


def project_together(events: Sequence[PostEvent], *, alongside: Callable[[], None] = nothing) -> None:
    """Bring the articles of these events, each of another post, up to date in one transaction: all or none.

    Rendering comes first, so that it never holds a lock.
    """
    made = made_of(events)
    try:
        store(made, alongside)
    except DatabaseError as error:
        if not search.is_malformed(error):
            raise
        for article, _pages, _found in made:
            logger.error("%s is not found by what it says: the search index is malformed.", article)
        store([one._replace(found=None) for one in made], alongside)


def made_of(events: Sequence[PostEvent]) -> list[Made]:
    """Return what is made of the events, in the order in which all write them: so no two can deadlock."""
    of = site()
    articles = [article_of(event, of=of) for event in sorted(events, key=lambda event: event.post_id)]
    return [Made(article, pages_of(article, of=of), found_by(article)) for article in articles]


def store(made: Iterable[Made], alongside: Callable[[], None]) -> None:
    """Write the articles and all that is made of them, but those of which a newer one is there.

    An index that is malformed must hold up no page. Then what an article is found by stays as it is,
    which the article says, and the next reconciliation makes the index anew. That takes a transaction of
    its own: SQLite may not even go back to a savepoint then.
    """
    for article, _pages, found in made:
        if found is None and not article.gone_at:
            article.render_version = NOT_FOUND
    with transaction.atomic(using="reader"):
        if written := [one for one in made if put_article(one.article)]:
            articles = [one.article for one in written]
            put_names(articles)
            put_terms({article: found for article, _pages, found in written if found})
            put_pages(written)
            raise_edition()
            put_changes(articles)
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


def put_article(article: Article) -> bool:
    """Write the article unless a newer version is there; tell whether it was written.

    What was withdrawn comes back by a higher version only: a writer that was restored from a backup, on a
    clock that is behind, may give a version once more.
    """
    return put(article, equal=ANY if article.gone_at else Q(gone_at=None))


def put_names(articles: list[Article]) -> None:
    """Let lists name the articles under their tags, authors, series and languages as they say now."""
    told = {article: rows_of(article) for article in articles}
    for model in FILED:
        stored = named(articles, model)
        other = [article for article in articles if stored[article.pk] != values(told[article][model])]
        if any(stored[article.pk] for article in other):
            model._default_manager.filter(article__in=other).delete()
        model._default_manager.bulk_create(row for article in other for row in told[article][model])


def put_terms(found: dict[Article, FoundBy]) -> None:
    """Let the articles be found by what they say now; the database brings its index up to date."""
    stored = {terms.article_id: terms for terms in Terms.objects.filter(article__in=found)}
    other = {
        article: terms for article, (terms, _) in found.items() if not same(stored.get(article.pk), terms)
    }
    if any(article.pk in stored for article in other):  # to write the index costs the most
        Terms.objects.filter(article__in=other).delete()
    # were another article's id the same, by a chance of one to 10¹³, this one would only not be found
    Terms.objects.bulk_create(filter(None, other.values()), ignore_conflicts=True)
    Spelling.objects.bulk_create(unknown_spellings(found.values()), ignore_conflicts=True)


def put_pages(made: list[Made]) -> None:
    """Make these the articles' pages.

    A path that another article took over under a higher version stays with that article. What was
    kept of an article with its surroundings goes, as it may have been withdrawn.
    """
    own = {(page.path, page.post_id): page for one in made for page in one.pages}
    posts = [one.article.pk for one in made]
    stored = Page.objects.filter(post_id__in=posts).values_list("path", "post_id")
    left = [path for path, post_id in stored if (path, post_id) not in own]
    kept = [KEPT + path for path, _post_id in own]
    Page.objects.filter(Q(path__in=left, post_id__in=posts) | Q(path__in=kept)).delete()
    for _path, page in sorted(own.items(), key=lambda item: item[0]):  # one order: so no two can deadlock
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


def put_changes(articles: list[Article]) -> None:
    """Note the edition that was just raised at the articles that lists name or ever did."""
    number = Edition.objects.values_list("number", flat=True).get(pk=1)
    changes = [Change(post_id=article.pk, edition=number) for article in articles if article.is_listed]
    Change.objects.bulk_create(
        changes, update_conflicts=True, unique_fields=["post_id"], update_fields=["edition"]
    )
    unlisted = [article.pk for article in articles if not article.is_listed]
    Change.objects.filter(pk__in=unlisted).update(edition=number)
