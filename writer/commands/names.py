"""Commands on names: of tags, authors and series. A new one changes every public post that bears it."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cms.documents import storable
from writer import delivery, outbox
from writer.commands.publishing import name_of
from writer.commands.revisions import locked, take_turn
from writer.models import Author, Post, Series, Tag, key_of
from writer.refusals import Refused
from writer.slugs import numbered, slug_of

Named = TypeVar("Named", Tag, Author, Series)

LONGEST: Final = {Tag: 100, Author: 200, Series: 200}  # characters, as in writer.models.names


@transaction.atomic
def rename_tag(tag_id: int, *, name: str, actor: User | None, now: datetime) -> None:
    """Give the tag another name. Its address stays."""
    take_turn()
    tag = found(Tag, tag_id)
    tag.name = new_name(Tag, name, but=tag.pk)
    keep(tag, "name", "key", of=bearing(tag), actor=actor, now=now)


@transaction.atomic
def merge_tags(tag_id: int, *, into: int, actor: User | None, now: datetime) -> None:
    """Let one tag mean another from now on, in old revisions too."""
    take_turn()
    tag, target = found(Tag, tag_id), found(Tag, into)
    if tag == target or tag.merged_into_id or target.merged_into_id:
        raise Refused(_("Only a tag that stands for itself can be merged, and only into another such tag."))
    lock_all(bearing(tag) | bearing(target))
    Tag.objects.filter(Q(pk=tag.pk) | Q(merged_into=tag)).update(merged_into=target)
    concerned = bearing(target)
    note_unchanged(concerned)
    announce_all(concerned, actor=actor, now=now)


@transaction.atomic
def rename_author(author_id: int, *, name: str, actor: User | None, now: datetime) -> None:
    """Give the author another name in every byline."""
    take_turn()
    author = found(Author, author_id)
    author.name = new_name(Author, name, but=author.pk)
    keep(author, "name", "key", of=signed_by(author), actor=actor, now=now)


@transaction.atomic
def rename_series(series_id: int, *, name: str, actor: User | None, now: datetime) -> None:
    """Give the series another name. Its address stays."""
    take_turn()
    series = found(Series, series_id)
    series.name = new_name(Series, name, but=series.pk)
    keep(series, "name", "key", of=parts_of(series), actor=actor, now=now)


def find_or_add_tag(name: str) -> int:
    """Return the id of the tag with this name, made if there is none; of a merged one, what it means."""
    return find_or_add(Tag, name).meaning.pk


def find_or_add_author(name: str) -> int:
    """Return the id of the author with this name, made if there is none."""
    return find_or_add(Author, name).pk


def find_or_add_series(name: str) -> int:
    """Return the id of the series with this name, made if there is none."""
    return find_or_add(Series, name).pk


def find_or_add(model: type[Named], name: str) -> Named:
    """Return the row with this name, made if there is none: with the slug c, c-2, c-3 … for C, C++, C#.

    A name is known by itself, not by its slug, which stays when it is renamed.
    """
    name = checked_name(model, name)
    return model.objects.filter(key=key_of(name)).first() or add(model, name)


@transaction.atomic
def add(model: type[Named], name: str) -> Named:
    """Make a row with this name and a slug that is free, unless somebody else has just made it."""
    take_turn()
    values = {"name": name, "slug": slug_for(model, name)}
    return model.objects.get_or_create(key=key_of(name), defaults=values)[0]


def slug_for(model: type[Named], name: str, *, taken: Collection[str] = ()) -> str:
    """Return a slug for a new name that no other has, and that is not taken otherwise."""
    base = slug_of(name) or f"{model.__name__.lower()}-" + "-".join(f"{ord(char):x}" for char in name[:8])
    free = (slug for slug in numbered(base) if slug not in taken)
    return next(slug for slug in free if not model.objects.filter(slug=slug).exists())


def new_name(model: type[Named], name: str, *, but: int | None = None) -> str:
    """Return the name as it is kept. Raise Refused if another has it: a byline could not tell them apart."""
    take_turn()
    name = checked_name(model, name)
    if model.objects.filter(~Q(pk=but), key=key_of(name)).exists():
        raise Refused(_("“%s” is the name of another. Choose one that tells them apart.") % name)
    return name


def found(model: type[Named], pk: int) -> Named:
    """Return the row. Raise Refused if somebody has deleted it."""
    row = model.objects.filter(pk=pk).first()
    if row is None:
        raise Refused(_("Somebody deleted this meanwhile."))
    return row


def bearing(tag: Tag) -> set[UUID]:
    """Return the ids of the public posts that bear the tag, or one that means it."""
    named = Q(live__tags=tag) | Q(live__tags__merged_into=tag)
    return set(Post.objects.live().filter(named).values_list("pk", flat=True))


def signed_by(author: Author) -> set[UUID]:
    """Return the ids of the public posts with the author in the byline."""
    return set(Post.objects.live().filter(live__byline__author=author).values_list("pk", flat=True))


def parts_of(series: Series) -> set[UUID]:
    """Return the ids of the public posts that are parts of the series."""
    return set(Post.objects.live().filter(live__series=series).values_list("pk", flat=True))


def keep(thing: Named, *fields: str, of: set[UUID], actor: User | None, now: datetime) -> None:
    """Save these fields of a tag, author or series, and announce the public posts that bear it."""
    lock_all(of)
    thing.save(update_fields=fields)
    announce_all(of, actor=actor, now=now)


def note_unchanged(post_ids: set[UUID]) -> None:
    """Note of the posts whose draft and public words no longer differ that they do not."""
    for post in Post.objects.filter(pk__in=post_ids, changed=True).select_related("live"):
        if post.live and post.same_words(post.live):
            Post.objects.filter(pk=post.pk).update(changed=False)


def lock_all(post_ids: set[UUID]) -> None:
    """Lock the posts, before a name is changed that they bear.

    Whoever saves a draft has locked its post before PostgreSQL lets them wait for the name: the
    other way round, each would wait for the other.
    """
    list(Post.objects.select_for_update().filter(pk__in=post_ids).order_by("pk").values_list("pk"))


def announce_all(post_ids: set[UUID], *, actor: User | None, now: datetime) -> None:
    """Announce the posts anew: a screenful at once, the others by the relay."""
    for place, post_id in enumerate(sorted(post_ids)):
        outbox.announce(locked(post_id), actor=name_of(actor), now=now, at_once=place < delivery.AT_ONCE)


def checked_name(model: type[Named], name: str) -> str:
    """Return the name in NFC, without space around it. Raise Refused if it is none that can be kept."""
    name = unicodedata.normalize("NFC", " ".join(name.split()))
    longest = LONGEST[model]
    if not name or len(name) > longest or not storable(name):
        raise Refused(_("A name has 1 to %d characters, none of them NUL.") % longest)
    return name
