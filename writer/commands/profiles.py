"""Commands on what readers are told of tags and authors, and on those that are not wanted any more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from writer.commands.checks import checked_links, checked_picture, checked_text
from writer.commands.names import announce_all, bearing, found, keep, lock_all, note_unchanged, signed_by
from writer.commands.revisions import take_turn
from writer.models import Author, Post, Revision, Tag
from writer.refusals import Refused


@transaction.atomic
def describe_tag(tag_id: int, *, description: str, actor: User | None, now: datetime) -> None:
    """Say what the tag is about, to readers."""
    take_turn()
    tag = found(Tag, tag_id)
    tag.description = checked_text(description.strip(), longest=500, named=_("description"))
    keep(tag, "description", of=bearing(tag), actor=actor, now=now)


@transaction.atomic
def delete_tag(tag_id: int, *, actor: User | None, now: datetime) -> None:
    """Take the tag, and those that were merged into it, from every post and revision, for ever.

    Public posts are announced without it. Raise Refused for one that means another.
    """
    take_turn()
    tag = found(Tag, tag_id)
    if tag.merged_into:
        known = {"tag": tag, "other": tag.merged_into}
        raise Refused(_("“%(tag)s” means “%(other)s”. Delete that one, and this one goes with it.") % known)
    concerned = bearing(tag)
    drafts = Post.objects.filter(Q(tags=tag) | Q(tags__merged_into=tag)).values_list("pk", flat=True)
    lock_all(concerned | set(drafts))
    meant = Tag.objects.select_for_update().filter(Q(pk=tag.pk) | Q(merged_into=tag)).order_by("pk")
    ids = list(meant.values_list("pk", flat=True))  # locked: no draft comes to bear them from here on
    for bearer in (Post, Revision):
        bearer.tags.through.objects.filter(tag__in=ids).delete()
    Tag.objects.filter(merged_into=tag).delete()
    tag.delete()
    note_unchanged(concerned)
    announce_all(concerned, actor=actor, now=now)


@transaction.atomic
def describe_author(
    author_id: int,
    *,
    bio: str,
    picture: str,
    links: Iterable[tuple[str, str]],
    actor: User | None,
    now: datetime,
) -> None:
    """Say who the author is, to readers. Links are pairs of label and address."""
    take_turn()
    author = found(Author, author_id)
    author.bio = checked_text(bio.strip(), longest=2000, named=_("text about the author"))
    author.picture = checked_picture(picture)
    author.links = checked_links(links, within=False)
    keep(author, "bio", "picture", "links", of=signed_by(author), actor=actor, now=now)


@transaction.atomic
def delete_author(author_id: int, *, actor: User | None, now: datetime) -> None:
    """Delete the author for ever. Raise Refused for one who is in a byline, also of an old revision."""
    found(Author, author_id)
    author = Author.objects.select_for_update().get(pk=author_id)
    borne = Q(byline__author=author) | Q(revisions__byline__author=author)
    if post := Post.objects.filter(borne).first():
        known = {"author": author, "post": post}
        raise Refused(_("%(author)s is in the byline of “%(post)s”, or of a revision of it.") % known)
    author.delete()
