"""What the public may read of a post, or pages say of the site, as the event that tells it. Only reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.conf import settings
from django.db.models import prefetch_related_objects

from cms import documents
from cms.events import (
    AuthorRef,
    Event,
    Link,
    PictureRef,
    PostPublished,
    PostWithdrawn,
    Rendition,
    SeriesRef,
    SiteDescribed,
    TagRef,
    article_path,
)
from writer.models import Author, Content, Picture, Post, SiteSettings, Tag
from writer.picture_files import mentioned

# What is told of a public revision and stands in other tables. It changes no more: it may keep what was read.
BESIDE: Final = ("tags__merged_into__merged", "tags__merged", "byline__author")
# And what is told of a post: to be read ahead of many at once.
TOLD: Final = ("addresses", *(f"live__{name}" for name in BESIDE))


def public_state(post: Post) -> Event:
    """Return the event that says what the public may read of this post, at its present version.

    Raise ValueError for a post that was never public: there is nothing to say of it.
    """
    if post.updated_at is None or post.published_at is None:
        raise ValueError(f"Post {post.pk} was never public.")
    if post.live is None:
        paths = sorted(address.path for address in post.addresses.all())
        return documents.sealed(
            PostWithdrawn(
                post_id=post.pk, version=post.version, paths=tuple(paths), withdrawn_at=post.updated_at
            )
        )
    prefetch_related_objects([post.live], *BESIDE)
    authors = [line.author for line in post.live.byline.all()]
    return wording(post, post.live, tags=post.live.tags.all(), authors=authors)


def wording(post: Post, words: Content, *, tags: Iterable[Tag], authors: Sequence[Author]) -> PostPublished:
    """Return the event that makes these words public, as they would be read at the post's own dates.

    Publishing says so of a revision, the preview of a draft, whose names need not be kept yet.
    """
    paths = {address.path for address in post.addresses.all()} - {article_path(words.slug)}
    assert post.published_at  # the caller has seen to both
    assert post.updated_at
    event = documents.sealed(
        PostPublished(
            post_id=post.pk,
            version=post.version,
            slug=words.slug,
            aliases=tuple(sorted(paths)),
            title=words.title,
            summary=words.summary,
            body=words.body,
            language=words.language,
            tags=tag_refs(tags),
            authors=tuple(map(author_ref, authors)),
            published_at=post.published_at,
            updated_at=post.updated_at,
            description=words.description,
            canonical_url=words.canonical_url,
            cover=words.cover,
            cover_alt=words.cover_alt,
            series=series_ref(words),
            pinned=words.pinned,
            unlisted=words.unlisted,
            translation_key=words.translation_key,
            pictures=picture_refs(words, authors),
        )
    )
    assert isinstance(event, PostPublished)
    return event


def tag_refs(borne: Iterable[Tag]) -> tuple[TagRef, ...]:
    """Return the tags that a post bears, as they are now, by name."""
    tags = {tag.meaning.slug: tag.meaning for tag in borne}.values()
    prefetch_related_objects([tag for tag in tags if tag.pk], "merged")
    return tuple(
        TagRef(
            slug=tag.slug,
            name=tag.name,
            description=tag.description,
            aliases=tuple(sorted(other.slug for other in tag.merged.all())) if tag.pk else (),
        )
        for tag in sorted(tags, key=lambda tag: (tag.name, tag.slug))
    )


def author_ref(author: Author) -> AuthorRef:
    """Return the author, as they are now."""
    return AuthorRef(
        slug=author.slug,
        name=author.name,
        bio=author.bio,
        picture=author.picture,
        links=tuple(Link(**link) for link in author.links),
    )


def picture_refs(words: Content, authors: Sequence[Author]) -> tuple[PictureRef, ...]:
    """Return the pictures of the library that words and authors show, with the versions that are there."""
    shown = mentioned("\n".join((words.body, words.cover, *(author.picture for author in authors))))
    known = Picture.objects.filter(path__in=shown).order_by("path") if shown else ()
    return tuple(
        PictureRef(
            url=picture.url,
            width=picture.width,
            height=picture.height,
            versions=tuple(
                Rendition(url=f"{settings.MEDIA_URL}{one['path']}", width=one["width"])
                for one in picture.renditions
            ),
        )
        for picture in known
    )


def series_ref(words: Content) -> SeriesRef | None:
    """Return the place of the words in their series, as that is called now; None if they are in none."""
    if words.series is None or words.part is None:
        return None
    of = words.series
    return SeriesRef(slug=of.slug, name=of.name, part=words.part, description=of.description)


def site_state(site: SiteSettings) -> Event:
    """Return the event that says what every page says of the site, at its present version."""
    return documents.sealed(
        SiteDescribed(
            version=site.version,
            name=site.name,
            tagline=site.tagline,
            logo=site.logo,
            navigation=tuple(Link(**link) for link in site.navigation),
            social=tuple(Link(**link) for link in site.social),
            per_page=site.per_page,
            footer=site.footer,
        )
    )
