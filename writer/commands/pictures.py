"""Commands on pictures: taking one in, saying what it shows, replacing and deleting it."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cms.documents import storable
from writer import picture_files, pictures
from writer.commands.drafts import save_draft
from writer.commands.revisions import locked, take_turn
from writer.commands.words import Draft
from writer.models import Author, Picture, SiteSettings, frozen_fields
from writer.refusals import Refused

LONGEST_ALT: Final = 500  # characters, as in writer.models.pictures


def add_picture(*, data: bytes, name: str, alt: str = "", actor: User | None, now: datetime) -> int:
    """Take a picture in; return its id, which is that of a picture there is if it is the same file.

    Raise Refused for what is no picture that can be shown. It is decoded before the transaction, as
    that takes long.
    """
    alt = checked_alt(alt)
    digest = hashlib.sha256(data).hexdigest()
    if (known := Picture.objects.filter(sha256=digest).first()) is not None:  # it was downloaded from here
        return known.pk
    clean = pictures.cleaned(data, name=shown(name))
    path = f"{picture_files.PICTURES}/{digest[:32]}.{clean.extension}"
    with transaction.atomic():
        take_turn()  # who deletes the same picture at this moment removes its file before or after
        picture_files.put(path, clean.data)
        picture, _created = Picture.objects.get_or_create(
            path=path,
            defaults={
                **facts(clean, now=now),
                "original_name": shown(name),
                "alt": alt,
                "uploaded_by": actor,
            },
        )
    return picture.pk


def facts(clean: pictures.Clean, *, now: datetime) -> dict[str, Any]:
    """Return what a picture's row says of its file."""
    return {
        "sha256": hashlib.sha256(clean.data).hexdigest(),
        "type": pictures.TYPES[clean.extension],
        "width": clean.width,
        "height": clean.height,
        "size": len(clean.data),
        "animated": clean.animated,
        "uploaded_at": now,
        "rendered_at": now if clean.animated else None,  # smaller versions would not move
    }


@transaction.atomic
def describe_picture(
    picture_id: int, *, alt: str, decorative: bool, actor: User | None, now: datetime
) -> None:
    """Say what a picture shows. Raise Refused for text that cannot be kept. Posts keep the text they have."""
    alt = "" if decorative else checked_alt(alt)
    if not Picture.objects.filter(pk=picture_id).update(alt=alt, decorative=decorative):
        raise Refused(_("This picture no longer exists."))


@transaction.atomic
def delete_picture(picture_id: int, *, actor: User | None, now: datetime) -> None:
    """Delete a picture with its renditions. Raise Refused, naming the posts, while it is in use."""
    take_turn()
    picture = Picture.objects.select_for_update().filter(pk=picture_id).first()
    if picture is None:
        raise Refused(_("This picture no longer exists."))
    posts = [f"“{use.post}”" for use in picture.uses.in_use().select_related("post")[:20]]
    if places := [*posts, *places_but_posts(picture)]:
        named = ", ".join(places)
        raise Refused(
            _("%(picture)s is used in %(posts)s. Take it out there first.")
            % {"picture": picture, "posts": named}
        )
    picture.delete()
    transaction.on_commit(partial(remove_files, picture.path), robust=True)


@transaction.atomic
def remove_files(path: str) -> None:
    """Remove the files of a picture that was deleted, unless it has come back since."""
    take_turn()
    if not Picture.objects.filter(path=path).exists():
        picture_files.remove(path)


@transaction.atomic
def replace_in_draft(post_id: UUID, *, picture_id: int, by: int, actor: User | None, now: datetime) -> None:
    """Let the draft of a post show another picture wherever it shows this one; readers see it once published.

    The other picture has an address of its own, as caches keep this one's for a year.
    """
    post, known = locked(post_id), Picture.objects.in_bulk([picture_id, by])
    if len(known) < 2:
        raise Refused(_("This picture no longer exists."))
    words: dict[str, Any] = {
        name: value.replace(known[picture_id].url, known[by].url) if isinstance(value, str) else value
        for name, value in frozen_fields(post).items()
    }
    draft = Draft(**words, keeps_slug=True, tags=tuple(post.tag_ids()), authors=tuple(post.author_ids()))
    save_draft(post_id, draft=draft, lock_version=post.lock_version, actor=actor, now=now)


def places_but_posts(picture: Picture) -> list[str]:
    """Return where else the picture stands: in profiles of authors, and before the site's name."""
    authors = Author.objects.filter(picture=picture.url).order_by("name")[:20]
    logo = SiteSettings.objects.filter(logo=picture.url)
    return [_("the profile of %s") % author for author in authors] + [_("the site's logo") for _site in logo]


def shown(name: str) -> str:
    """Return the name of a file as it can be shown and kept: without folders and what does not print."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(char for char in base if char.isprintable() and storable(char))
    return kept.strip()[-255:] or str(_("The file"))


def checked_alt(alt: str) -> str:
    """Return an alt text in one line. Raise Refused for one that cannot be kept."""
    alt = unicodedata.normalize("NFC", " ".join(alt.split()))
    if len(alt) > LONGEST_ALT or not storable(alt):
        raise Refused(_("An alt text has at most %d characters, none of them NUL.") % LONGEST_ALT)
    return alt
