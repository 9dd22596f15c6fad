"""Slugs: the last part of a post's address, readable in any script."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Container, Iterator
from itertools import islice
from typing import Final
from uuid import UUID

from django.utils.text import slugify

from cms.events import article_path
from writer.models import Address, Post

LONGEST: Final = 100


def slug_of(text: str) -> str:
    """Return the text as a slug: lower case, words joined by hyphens, letters of every script kept."""
    spaced = re.sub(r"[./·—–]+", "-", unicodedata.normalize("NFC", text))
    slug = slugify(spaced, allow_unicode=True)[:LONGEST].strip("-")
    return unicodedata.normalize("NFC", slug)


def numbered(slug: str) -> Iterator[str]:
    """Yield the slug, then slug-2, slug-3 …, none of them too long."""
    yield slug
    for number in itertools.count(2):
        yield f"{slug[: LONGEST - len(f'-{number}')].rstrip('-')}-{number}"


def base_slug(title: str, *, post_id: UUID) -> str:
    """Return the slug that a title gives; one made of the id if it gives none."""
    return slug_of(title) or f"post-{post_id.hex[:8]}"


def free_slug(title: str, *, post_id: UUID) -> str:
    """Return a slug made of the title that no other post uses: hello, hello-2, hello-3 …"""
    return first_free(base_slug(title, post_id=post_id), post_id=post_id)


def first_free(slug: str, *, post_id: UUID | None = None, beside: Container[str] = ()) -> str:
    """Return the slug or, numbered, the first that no other post uses, and that is not among those `beside`.

    A few are asked for at a time, each by its whole name: an index finds it, as it finds no beginning
    on every database.
    """
    wanted, own = numbered(slug), [post_id] if post_id else []
    while True:
        few = list(islice(wanted, 20))
        paths = {path: name for name in few for path in (article_path(name), article_path(name)[:-1])}
        others = Post.objects.filter(slug__in=few).exclude(pk__in=own)
        addresses = Address.objects.filter(path__in=paths).exclude(post_id__in=own)
        taken = {
            *others.values_list("slug", flat=True),
            *(paths[path] for path in addresses.values_list("path", flat=True)),
        }
        for name in few:
            if name not in taken and name not in beside:
                return name


def is_automatic(slug: str, title: str, *, post_id: UUID) -> bool:
    """Tell whether the slug is one that this title gives, so that it may follow the title."""
    base = base_slug(title, post_id=post_id)
    return not slug or re.fullmatch(rf"{re.escape(base)}(-\d+)?", slug) is not None
