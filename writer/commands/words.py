"""The words of a post as they are handed in, and what is refused of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from django.db.models import Max
from django.utils.translation import gettext as _

from cms import markup
from writer.commands.checks import checked_picture, checked_text, checked_url
from writer.models import Author, Content, Post, Series, Tag
from writer.refusals import Refused

LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")  # the shape of BCP 47
LONGEST: Final = {  # as in writer.models.Content
    "title": 200,
    "slug": 200,
    "summary": 500,
    "body": markup.LONGEST,
    "language": 35,
    "translation_key": 100,
    "description": 300,
    "canonical_url": 500,
    "cover": 200,
    "cover_alt": 500,
}
LAST_PART: Final = 9999

Borne = TypeVar("Borne", Tag, Author, Series)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The words of a post as an author hands them in, and what surrounds them."""

    title: str = ""
    slug: str = ""  # empty: made from the title
    keeps_slug: bool = False  # though it is the one that the title gives, it does not follow the title
    summary: str = ""
    body: str = ""
    language: str = "en"
    tags: tuple[int, ...] = ()
    authors: tuple[int, ...] = ()  # in the order of the byline
    translation_key: str = ""  # that posts share which are translations of each other
    description: str = ""
    canonical_url: str = ""
    cover: str = ""  # a path under /media/
    cover_alt: str = ""
    series_id: int | None = None
    part: int | None = None  # in a series, from 1; None: behind all others
    pinned: bool = False
    unlisted: bool = False


def checked(draft: Draft) -> Draft:
    """Return the draft as it is kept. Raise Refused, naming the field, for text that cannot be."""
    texts: dict[str, Any] = {
        name: checked_text(getattr(draft, name), longest=LONGEST[name], named=name.replace("_", " "))
        for name in Content.TEXTS
    }
    if not LANGUAGE.fullmatch(texts["language"]):
        raise Refused(_("“%s” is no language. Write a tag such as en, pt-BR or zh-Hant.") % texts["language"])
    texts["translation_key"] = texts["translation_key"].strip()
    texts["canonical_url"] = checked_url(texts["canonical_url"])
    texts["cover"] = checked_picture(texts["cover"])
    if draft.part is not None and not 1 <= draft.part <= LAST_PART:
        raise Refused(_("A part of a series has a number from 1 to %d.") % LAST_PART)
    return replace(draft, **texts)


def bound(post: Post, draft: Draft) -> Draft:
    """Return the checked draft with the tags, authors and series that are still there, and a part's number.

    They stay there until the transaction ends: nobody deletes what a draft is just about to bear.
    """
    series = held(Series, [draft.series_id] if draft.series_id else [])
    return replace(
        draft,
        tags=tuple(held(Tag, draft.tags)),
        authors=tuple(held(Author, draft.authors)),
        series_id=series[0] if series else None,
        part=(draft.part or next_part(series[0], but=post)) if series else None,
    )


def held(model: type[Borne], ids: list[int] | tuple[int, ...]) -> list[int]:
    """Return those of the ids that are still there, each once, locked against deletion."""
    rows = model._default_manager.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    there = set(rows.values_list("pk", flat=True))
    return [pk for pk in dict.fromkeys(ids) if pk in there]


def next_part(series_id: int, *, but: Post) -> int:
    """Return the number behind the last part of the series."""
    others = Post.objects.filter(series=series_id, trashed_at=None).exclude(pk=but.pk)
    return min((others.aggregate(last=Max("part"))["last"] or 0) + 1, LAST_PART)
