"""The published language: what the writer tells the reader, and all that both may know.

An event carries the whole public state of a post, so the newest one is enough. How it is told is in
`cms.documents`. This module imports nothing of the project.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.dispatch import Signal

SITE_ID: Final = UUID(int=0)  # of the site, among the ids of posts: before them all, and never one of theirs


def article_path(slug: str) -> str:
    """Return the path that a public post answers at, decoded: `/posts/hello/`."""
    return f"/posts/{slug}/"


def least(version: int, *, gone: bool) -> int:
    """Return the version by which a text takes the place of what is there: by its own, none comes back."""
    return version + gone


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRef:
    """A tag as the public sees it."""

    slug: str
    name: str
    aliases: tuple[str, ...]  # slugs of tags that were merged into it, sorted
    description: str = ""  # plain text


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where somebody or something else is found."""

    label: str
    url: str  # absolute, or a path of this site


NAVIGATION: Final = (
    Link(label="Writing", url="/"),
    Link(label="Tags", url="/tags/"),
)  # until others are chosen
PER_PAGE: Final = 12  # posts, until another number is


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorRef:
    """An author as the public sees one."""

    slug: str
    name: str
    bio: str = ""  # plain text
    picture: str = ""  # a path under /media/
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRef:
    """A place in a series, as the public sees it."""

    slug: str
    name: str
    part: int  # from 1
    description: str = ""  # of the series; plain text


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """Another version of a picture, that is there."""

    url: str  # a path under /media/
    width: int  # px


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRef:
    """A picture of the library, as the public sees it."""

    url: str  # a path under /media/
    width: int  # px
    height: int
    versions: tuple[Rendition, ...] = ()  # narrowest first


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPublished:
    """The public may read this post, in this wording."""

    post_id: UUID
    version: int  # a hybrid logical clock in µs since the epoch; a higher version always wins
    slug: str
    aliases: tuple[str, ...]  # other paths that lead here: decoded, sorted
    title: str
    summary: str  # plain text; empty: the reader takes the beginning of the body
    body: str  # Markdown source
    language: str  # BCP 47
    tags: tuple[TagRef, ...]  # sorted by name
    authors: tuple[AuthorRef, ...]  # in the order of the byline
    published_at: datetime  # of the first publication; aware
    updated_at: datetime  # of this wording; aware
    description: str = ""  # plain text for search engines and shares; empty: the summary does
    canonical_url: str = ""  # absolute; empty: this site is where the text appeared first
    cover: str = ""  # a path under /media/: the picture that a share shows
    cover_alt: str = ""
    series: SeriesRef | None = None
    pinned: bool = False  # before all others on the home page
    unlisted: bool = False  # can be read at its path, and is named nowhere
    pictures: tuple[PictureRef, ...] = field(default=(), metadata={"schema": 3})  # that it shows, by url
    translation_key: str = field(default="", metadata={"schema": 3})  # that its translations bear too
    digest: str = ""  # of the document; carried, never part of it

    @property
    def paths(self) -> tuple[str, ...]:
        """Return every path that leads to the post, its own first."""
        return (article_path(self.slug), *self.aliases)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostWithdrawn:
    """The public may no longer read this post."""

    post_id: UUID
    version: int  # as above
    paths: tuple[str, ...]  # that led to it: decoded, sorted
    withdrawn_at: datetime  # aware
    digest: str = ""  # as above


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDescribed:
    """This is what every page says of the site."""

    version: int  # as above
    name: str
    tagline: str
    logo: str  # a path under /media/; empty: none
    navigation: tuple[Link, ...]
    social: tuple[Link, ...]  # where else the site is found
    per_page: int  # posts on a page of a list
    footer: str  # Markdown source
    digest: str = ""  # as above

    @property
    def post_id(self) -> UUID:
        """Return the id that stands for the site where posts have theirs."""
        return SITE_ID

    @property
    def paths(self) -> tuple[str, ...]:
        """Return no path: the site has none of its own."""
        return ()


PostEvent = PostPublished | PostWithdrawn
Event = PostEvent | SiteDescribed

# kwargs: event, and `reached`: the destinations that have it, whose receivers then do nothing. Each returns
# its own. Sent after commit, at least once, in any order.
happened = Signal()


class Reach(NamedTuple):
    """Which of the nodes that follow the stream now have the newest that was announced of a post, by name."""

    has: tuple[str, ...]
    lacks: tuple[str, ...]


# kwargs: post_id. A question: nothing happens by it. Each returns a Reach, or None if it cannot be told.
asked = Signal()

READER, STREAM = "reader", "stream"  # destinations: this machine's own readers; the stream that nodes follow

# What one request, and the events that it announces, are known by in every log.
correlation_id: ContextVar[UUID | None] = ContextVar("correlation_id", default=None)


@contextmanager
def correlated(by: UUID) -> Iterator[None]:
    """Let all that the block logs and announces bear this id."""
    before = correlation_id.set(by)
    try:
        yield
    finally:
        correlation_id.reset(before)
