"""Commands on tags and authors. A new name changes every public post that bears it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cms.events import storable
from writer import outbox
from writer.commands.publishing import name_of
from writer.commands.revisions import locked
from writer.models import Author, Post, Tag
from writer.refusals import Refused
from writer.slugs import slug_of


@transaction.atomic
def rename_tag(tag_id: int, *, name: str, actor: User | None, now: datetime) -> None:
    """Give the tag another name. Its address stays."""
    tag = Tag.objects.select_for_update().get(pk=tag_id)
    tag.name = checked_name(name, longest=100)
    tag.save(update_fields=["name"])
    announce_all(bearing(tag), actor=actor, now=now)


@transaction.atomic
def merge_tags(tag_id: int, *, into: int, actor: User | None, now: datetime) -> None:
    """Let one tag mean another from now on, in old revisions too."""
    tags = Tag.objects.select_for_update().in_bulk([tag_id, into])
    tag, target = tags[tag_id], tags[into]
    if tag == target or target.merged_into_id:
        raise Refused(_("A tag can only be merged into another that stands for itself."))
    concerned = bearing(tag)
    Tag.objects.filter(Q(pk=tag.pk) | Q(merged_into=tag)).update(merged_into=target)
    announce_all(concerned, actor=actor, now=now)


@transaction.atomic
def rename_author(author_id: int, *, name: str, actor: User | None, now: datetime) -> None:
    """Give the author another name in every byline."""
    author = Author.objects.select_for_update().get(pk=author_id)
    author.name = checked_name(name, longest=200)
    author.save(update_fields=["name"])
    concerned = Post.objects.live().filter(live__byline__author=author)
    announce_all(set(concerned.values_list("pk", flat=True)), actor=actor, now=now)


def find_or_add_tag(name: str) -> int:
    """Return the id of the tag with this name, made if there is none."""
    name = checked_name(name, longest=100)
    slug = slug_of(name) or "tag-" + "-".join(f"{ord(char):x}" for char in name[:8])
    return Tag.objects.get_or_create(slug=slug, defaults={"name": name})[0].meaning.pk


def find_or_add_author(name: str) -> int:
    """Return the id of the author with this name, made if there is none."""
    name = checked_name(name, longest=200)
    slug = slug_of(name) or "author-" + "-".join(f"{ord(char):x}" for char in name[:8])
    return Author.objects.get_or_create(slug=slug, defaults={"name": name})[0].pk


def bearing(tag: Tag) -> set:
    """Return the ids of the public posts that bear the tag, or one that means it."""
    named = Q(live__tags=tag) | Q(live__tags__merged_into=tag)
    return set(Post.objects.live().filter(named).values_list("pk", flat=True))


def announce_all(post_ids: set, *, actor: User | None, now: datetime) -> None:
    """Announce the posts anew: a screenful at once, the others by the relay."""
    for place, post_id in enumerate(sorted(post_ids)):
        outbox.announce(locked(post_id), actor=name_of(actor), now=now, at_once=place < outbox.AT_ONCE)


def checked_name(name: str, *, longest: int) -> str:
    """Return the name without space around it. Raise Refused if it is empty, too long or cannot be stored."""
    name = " ".join(name.split())
    if not name or len(name) > longest or not storable(name):
        raise Refused(_("A name has 1 to %d characters, none of them NUL.") % longest)
    return name
