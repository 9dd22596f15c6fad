"""Slugs: the last part of a post's address, readable in any script."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from uuid import UUID

from django.utils.text import slugify

from cms.events import article_path
from writer.models import Address, Post

LONGEST: Final = 100


def slug_of(text: str) -> str:
    """Return the text as a slug: lower case, words joined by hyphens, letters of every script kept."""
    spaced = re.sub(r"[./·—–]+", "-", unicodedata.normalize("NFC", text))
    return slugify(spaced, allow_unicode=True)[:LONGEST].strip("-")


def free_slug(text: str, *, post_id: UUID) -> str:
    """Return a slug made of the text that no other post uses: hello, hello-2, hello-3 …"""
    base = slug_of(text) or f"post-{post_id.hex[:8]}"
    taken = set(
        Post.objects.filter(slug__startswith=base).exclude(pk=post_id).values_list("slug", flat=True)
    ) | {
        path.split("/")[2]
        for path in Address.objects.filter(path__startswith=article_path(base)[:-1])
        .exclude(post_id=post_id)
        .values_list("path", flat=True)
    }
    slug, number = base, 1
    while slug in taken:
        number += 1
        slug = f"{base}-{number}"
    return slug


def is_automatic(slug: str, title: str) -> bool:
    """Tell whether the slug is the one that this title gives, so that it may follow the title."""
    base = slug_of(title)
    return not slug or re.fullmatch(rf"{re.escape(base)}(-\d+)?", slug) is not None
