"""Commands that change what the public reads. Each announces it in the same transaction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cms import markup
from cms.documents import storable
from cms.events import article_path
from writer import outbox
from writer.commands.revisions import in_no_trash, keep_revision, locked, note_mentions, take_turn
from writer.models import Address, Post, Revision
from writer.refusals import Refused

ALIAS: Final = re.compile(r"(/[^\s/?#\\\x00-\x1f\x7f]+)+/?")
RESERVED: Final = (
    "admin", "api", "atom.xml", "authors", "feed.json", "feed.xml", "feeds", "healthz", "media", "metrics",
    "page", "preview", "readyz", "robots.txt", "search", "series", "sitemap.xml",
    "speculation-rules.json", "static", "tags",
)  # fmt: skip
# Not all below /archive/, where other blogs have posts.
RESERVED_TOO: Final = re.compile(r"/archive(/\d+){0,2}(/page/\d+)?/?|/sitemap-\w+\.xml")


@transaction.atomic
def publish(
    post_id: UUID, *, actor: User | None, now: datetime, published_at: datetime | None = None
) -> None:
    """Make the newest draft public. Raise Refused if it cannot be.

    `published_at` is for a post that was public elsewhere before it came here.
    """
    take_turn()
    post = locked(post_id)
    check_publishable(post)
    revision = keep_revision(post, reason=Revision.Reason.PUBLISH, actor=actor, now=now)
    if post.live and post.live.same_words(revision):
        raise Refused(_("Nothing has changed since it was last published."))
    take_address(post, article_path(revision.slug), now=now)
    post.live = post.announced = revision
    post.changed = False
    post.updated_at = now if post.published_at else published_at or now
    post.published_at = post.published_at or published_at or now
    post.publish_at = post.review_asked_at = None
    post.refusal = ""
    post.save()
    note_mentions(post)
    outbox.announce(post, actor=name_of(actor), now=now)


@transaction.atomic
def unpublish(post_id: UUID, *, actor: User | None, now: datetime) -> None:
    """Take the post back from the public, for good. Its draft stays."""
    take_turn()
    post = locked(post_id)
    if post.live_id is None:
        raise Refused(_("This post is not public."))
    post.publish_at = None  # changes that were to follow must not bring it back
    withdraw(post, actor=actor, now=now)


@transaction.atomic
def add_aliases(post_id: UUID, *, paths: Iterable[str], actor: User | None, now: datetime) -> None:
    """Let other paths lead to the post. Raise Refused for one that is none, or that is taken."""
    take_turn()
    post = locked(post_id)
    wanted = {unicodedata.normalize("NFC", path) for path in paths}
    new = sorted(wanted - set(post.addresses.values_list("path", flat=True)))
    for path in new:
        check_alias(path)
        address, _created = Address.objects.get_or_create(path=path, defaults={"post": post})
        if address.post_id != post.pk:
            titled = {"path": path, "title": address.post}
            raise Refused(_("%(path)s leads to another post, “%(title)s”.") % titled)
    if new and post.live_id:
        outbox.announce(post, actor=name_of(actor), now=now)


@transaction.atomic
def announce_again(post_id: UUID, *, above: int = 0, now: datetime) -> None:
    """Tell the reader anew what is public of this post, under a version that is new and above that one."""
    take_turn()
    post = locked(post_id)
    post.version = max(post.version, above)
    if post.live:  # an update around the commands claims no address
        take_address(post, article_path(post.live.slug), now=now)
    post.announced = post.live
    outbox.announce(post, actor="", now=now)


def withdraw(post: Post, *, actor: User | None, now: datetime) -> None:
    """Take the locked post back from the public, and say so."""
    post.live = post.announced = None
    post.changed = False
    post.updated_at = now
    post.unpublish_at = None
    post.refusal = ""
    post.save()
    note_mentions(post)
    outbox.announce(post, actor=name_of(actor), now=now)


def check_publishable(post: Post) -> None:
    """Raise Refused if the draft cannot stand before readers."""
    in_no_trash(post)
    check_title(post)
    check_text(post)


def check_title(post: Post) -> None:
    """Raise Refused if the draft has no title."""
    if not post.title.strip():
        raise Refused(_("A post needs a title before it can be published."))


def check_text(post: Post) -> None:
    """Raise Refused if the draft's text makes no page."""
    if not post.body.strip():
        raise Refused(_("A post needs a text before it can be published."))
    try:
        markup.render(post.body)
    except markup.Unrenderable as error:
        raise Refused(str(error)) from error


def check_alias(path: str) -> None:
    """Raise Refused if no article may be found under this path."""
    if not ALIAS.fullmatch(path) or len(path) > 500 or not storable(path) or "/./" in path or "/../" in path:
        raise Refused(_("%s is not a path that a post can have.") % path[:100])
    if path.split("/")[1] in RESERVED or RESERVED_TOO.fullmatch(path):
        raise Refused(_("%s belongs to the site itself.") % path)


def check_address(post: Post, path: str) -> None:
    """Raise Refused if another public post is read at this path."""
    address = Address.objects.filter(path=path).exclude(post=post).select_related("post__live").first()
    owner = address and address.post
    if owner and owner.live and article_path(owner.live.slug) == path:
        titled = {"path": path, "title": owner.live.title}  # not that of a draft, which others may not see
        raise Refused(_("%(path)s belongs to another public post, “%(title)s”.") % titled)


def take_address(post: Post, path: str, *, now: datetime) -> None:
    """Make the path the post's own. Raise Refused if another public post is read at it.

    One that merely led to another post is taken over.
    """
    address, _created = Address.objects.get_or_create(path=path, defaults={"post": post})
    if address.post_id == post.pk:
        return
    check_address(post, path)
    owner = locked(address.post_id)
    address.post = post
    address.save()
    if owner.live_id:
        outbox.announce(owner, actor="", now=now)


def name_of(actor: User | None) -> str:
    """Return the name to keep with an event; empty for the system."""
    return actor.get_username() if actor else ""
