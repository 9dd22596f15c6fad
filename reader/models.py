"""The read model: finished answers. Every row can be made again from events.

Only `reader.projector` changes an Article. What GET answers stands in `reader.pages`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Final

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.encoding import iri_to_uri
from django.utils.translation import get_language_info

from cms import markup
from cms.events import PER_PAGE, SITE_ID, article_path
from reader.checkpoint import Checkpoint, Parked  # noqa: F401  Django looks for models here
from reader.editions import Change, Edition  # noqa: F401
from reader.index import Spelling, Terms  # noqa: F401
from reader.names import Byline, Part, Tagging, Tongue  # noqa: F401
from reader.pages import Page  # noqa: F401

WORDS_PER_MINUTE: Final = (
    238  # silent reading of English non-fiction; Brysbaert 2019, doi:10.1016/j.jml.2019.104047
)
CONTENTS_FROM: Final = 3  # headings; fewer are no help
NOT_FOUND: Final = "not found"  # render_version of an article that the search index could not take
RIGHT_TO_LEFT: Final = {
    "ar",
    "dv",
    "fa",
    "he",
    "ku",
    "ps",
    "sd",
    "ug",
    "ur",
    "yi",
}  # primary language subtags


class Article(models.Model):
    """A public post as readers get it; or, with `gone_at`, the mark that one leaves behind.

    The mark (tombstone) keeps the version, so that a late event cannot bring the post back.
    """

    post_id = models.UUIDField(primary_key=True)
    version = models.BigIntegerField()  # of the event it was made from
    digest = models.CharField(max_length=64)  # of that event's document
    paths = models.JSONField(default=list)  # that lead here, its own first
    page_count = models.PositiveIntegerField(default=0)  # one for each path
    slug = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200, blank=True)
    summary = models.TextField(blank=True)  # for lists and search engines
    lead = models.TextField(blank=True)  # the summary, if the author wrote it: shown above the text
    markdown = models.TextField(blank=True)  # as it was written
    html = models.TextField(blank=True)
    text = models.TextField(blank=True)
    contents = models.JSONField(default=list)  # of {id, level, title}
    tags = models.JSONField(default=list)  # of {slug, name, aliases, description}
    authors = models.JSONField(default=list)  # of {slug, name, bio, picture, links}, in the byline's order
    language = models.CharField(max_length=35, blank=True)
    words = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField(null=True)
    month = models.PositiveIntegerField(null=True)  # of that on the site's own clock: 202611
    updated_at = models.DateTimeField(null=True)
    description = models.CharField(max_length=300, blank=True)  # for search engines; empty: the summary
    canonical_url = models.CharField(max_length=500, blank=True)  # where it appeared first, if not here
    cover = models.CharField(max_length=200, blank=True)  # a path under /media/
    cover_alt = models.CharField(max_length=500, blank=True)
    pictures = models.JSONField(
        default=list
    )  # of {url, width, height, versions}: those of the library that it shows
    series = models.JSONField(null=True)  # {slug, name, part, description}
    pinned = models.BooleanField(default=False)
    unlisted = models.BooleanField(default=False)  # can be read, and is named nowhere
    translation_key = models.CharField(max_length=100, blank=True)  # that its translations bear too
    gone_at = models.DateTimeField(null=True)
    render_version = models.CharField(max_length=16)  # what it was rendered by

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["-pinned", "-published_at", "-post_id"],
                condition=Q(gone_at=None, unlisted=False),
                name="article_pinned_newest",
            ),
            models.Index(
                # also what sitemaps tell and the API narrows by: no text is read on the way past it
                fields=["-published_at", "-post_id", "language", "updated_at", "slug"],
                condition=Q(gone_at=None, unlisted=False),
                name="article_newest",
            ),
            models.Index(
                fields=["-month", "-published_at", "-post_id"],
                condition=Q(gone_at=None, unlisted=False),
                name="article_by_month",
            ),
            models.Index(
                fields=["translation_key", "-published_at", "-post_id"],
                condition=Q(gone_at=None, unlisted=False) & ~Q(translation_key=""),
                name="article_translations",
            ),
            models.Index(
                fields=["updated_at", "-published_at", "-post_id"],
                condition=Q(gone_at=None, unlisted=False),
                name="article_modified",
            ),
            models.Index(  # all that an inventory asks, so that an audit reads no texts
                fields=["post_id", "version", "digest", "gone_at", "render_version", "page_count"],
                name="article_inventory",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slug or self.post_id} v{self.version}"

    @property
    def path(self) -> str:
        """Return the path it is read at, decoded."""
        return article_path(self.slug)

    @property
    def is_listed(self) -> bool:
        """Tell whether lists may name it."""
        return self.gone_at is None and not self.unlisted

    @property
    def canonical(self) -> str:
        """Return the absolute address that it is known by: here, unless it appeared elsewhere first."""
        return self.canonical_url or settings.SITE_URL + iri_to_uri(self.path)

    @property
    def described(self) -> str:
        """Return what search engines and shares say of it."""
        return self.description or self.summary

    @property
    def cover_url(self) -> str:
        """Return the absolute address of its picture; empty if it has none."""
        return settings.SITE_URL + iri_to_uri(self.cover) if self.cover else ""

    def picture(self, url: str) -> dict[str, Any]:
        """Return {url, width, height, versions} of a picture that it shows; the url only if it is unknown."""
        unknown: dict[str, Any] = {"url": url, "versions": []}
        return next((one for one in self.pictures if one["url"] == url), unknown)

    @property
    def cover_picture(self) -> dict[str, Any]:
        """Return its cover, with the `sources` that may be shown instead."""
        known = self.picture(self.cover)
        return {**known, "sources": markup.sources([(one["url"], one["width"]) for one in known["versions"]])}

    @property
    def signed(self) -> list[dict[str, Any]]:
        """Return its authors, each with a `face`: the smallest version there is of their picture."""
        return [{**author, "face": self.smallest(author["picture"])} for author in self.authors]

    def smallest(self, url: str) -> str:
        """Return the address of the smallest modern version of a picture; its own if there is none."""
        versions = [one["url"] for one in self.picture(url)["versions"]]
        return next((one for one in versions if one.endswith(".webp")), url)

    @property
    def shows_cover(self) -> bool:
        """Tell whether its picture stands above the text: the text does not show it itself."""
        return bool(self.cover) and self.cover not in self.html

    @property
    def direction(self) -> str:
        """Return the direction its language is written in."""
        return "rtl" if self.language.partition("-")[0].lower() in RIGHT_TO_LEFT else "ltr"

    @property
    def language_name(self) -> str:
        """Return what its language is called in itself, with the tag where that says more; else the tag."""
        tag = self.language
        try:
            known = get_language_info(tag.lower())
        except KeyError:
            return tag
        name = str(known["name_local"])
        return name if known["code"] == tag.lower() else f"{name} ({tag})"

    @property
    def minutes(self) -> int:
        """Return how long it takes to read, in whole minutes, at least 1."""
        return max(1, round(self.words / WORDS_PER_MINUTE))

    @property
    def shows_contents(self) -> bool:
        """Tell whether a list of its headings is worth its place."""
        return len(self.contents) >= CONTENTS_FROM

    @property
    def outline(self) -> list[dict[str, Any]]:
        """Return its headings as the contents show them: the highest at level 2."""
        above = min((heading["level"] for heading in self.contents), default=2) - 2
        return [{**heading, "level": heading["level"] - above} for heading in self.contents]

    @property
    def shows_update(self) -> bool:
        """Tell whether it was rewritten on a later day than it was published."""
        return bool(
            self.updated_at and self.published_at and self.updated_at - self.published_at >= timedelta(days=1)
        )


class Site(models.Model):
    """One row: what every page says of the site. Without it, the settings of the installation hold."""

    post_id = models.UUIDField(primary_key=True, default=SITE_ID)  # the site's, among those of posts
    version = models.BigIntegerField(default=0)  # of the event it was made from
    digest = models.CharField(max_length=64)  # of that event's document
    name = models.CharField(max_length=100)
    tagline = models.CharField(max_length=200, blank=True)
    logo = models.CharField(max_length=200, blank=True)  # a path under /media/
    navigation = models.JSONField(default=list)  # of {label, url}
    social = models.JSONField(default=list)  # of {label, url}
    per_page = models.PositiveSmallIntegerField(default=PER_PAGE)
    footer = models.TextField(blank=True)  # HTML
    render_version = models.CharField(max_length=16)  # what it was rendered by

    SHOWN: ClassVar = ("name", "tagline", "logo", "navigation", "social", "footer")  # on every page

    def __str__(self) -> str:
        return self.name

    @property
    def url(self) -> str:
        """Return its address, without a slash at its end."""
        return settings.SITE_URL

    @property
    def language(self) -> str:
        """Return the language of its labels and dates."""
        return settings.LANGUAGE_CODE

    @property
    def shown(self) -> str:
        """Return all that a page says of it, to tell pages of another wording by."""
        return repr([getattr(self, name) for name in self.SHOWN])
