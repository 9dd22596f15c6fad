"""Commands that bring the library up to what lies on the disk, and make smaller versions of pictures."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q

from writer import picture_files, pictures, renditions
from writer.commands.names import announce_all
from writer.commands.pictures import facts, remove_files
from writer.commands.revisions import locked, note_mentions, note_past_mentions, take_turn
from writer.models import Picture, PictureUse, Post, Revision
from writer.refusals import Refused

logger = logging.getLogger(__name__)


def make_renditions(
    *,
    now: datetime,
    seconds: float = float("inf"),
    patient: bool = True,
    renew: Callable[[], None] = lambda: None,
) -> tuple[int, int]:
    """Make the smaller versions that are missing, for so long; return how many were done and failed.

    A patient run leaves a picture alone that has failed three times. `renew` is called before each.
    """
    missing = Picture.objects.unrendered() if patient else Picture.objects.filter(rendered_at=None)
    until, outcomes = time.monotonic() + seconds, []
    for picture in missing.order_by("pk"):
        if time.monotonic() > until:
            break
        renew()
        outcomes.append(make_renditions_of(picture, now=now))
    return outcomes.count(True), outcomes.count(False)


def make_renditions_of(picture: Picture, *, now: datetime) -> bool:
    """Make the smaller versions of a picture; tell whether they could be made.

    The attempt is counted before it is made, so that one that kills the process is not repeated for ever.
    """
    row = Picture.objects.filter(pk=picture.pk)
    row.update(attempts=F("attempts") + 1)
    outcome: dict[str, Any]
    try:
        outcome = {"renditions": renditions.make(picture.path), "rendered_at": now, "failure": ""}
    except Exception as error:  # a file may be gone or broken; the disk may be full
        logger.warning("%s: its smaller versions could not be made: %s", picture.path, error)
        outcome = {"failure": f"{type(error).__name__}: {error}"}
    with transaction.atomic():
        take_turn()
        there = row.update(**outcome)
        announce_all(finished(picture), actor=None, now=now)
    if not there and "renditions" in outcome:
        remove_files(picture.path)  # it was deleted meanwhile
    return "renditions" in outcome


def finished(picture: Picture) -> set[UUID]:
    """Return the public posts that show the picture, in their words or with an author, and wait for no other.

    So a post with many pictures is announced once, when the last is done or given up.
    """
    waiting = PictureUse.objects.filter(in_live=True, picture__in=Picture.objects.unrendered())
    signed = Q(live__byline__author__picture=picture.url)
    showing = Post.objects.live().filter(signed | Q(picture_uses__in=picture.uses.filter(in_live=True)))
    return set(showing.exclude(picture_uses__in=waiting).values_list("pk", flat=True))


def register_pictures(*, at_most: int = 10**9, thorough: bool = False) -> int:
    """Take files into the library that lie in its folder and are not in it; return how many.

    They stay where they are, under the address they have. They came by an import before there was
    a library, or by a restore of an older database. A thorough run also notes anew where all pictures
    are mentioned, should a run have been killed before it had.
    """
    added, names = 0, iter(picture_files.names())
    while some := set(islice(names, 500)):
        known = set(Picture.objects.filter(path__in=some).values_list("path", flat=True))
        for name in sorted(some - known):
            added += added < at_most and registered(name)
    if added or thorough:
        note_all_mentions()
    return added


def registered(name: str) -> bool:
    """Take one file into the library; tell whether it is a picture."""
    file = picture_files.place(name)
    try:
        clean = as_it_is(file.read_bytes(), name)
    except (Refused, OSError) as error:
        logger.info("%s is not taken into the library: %s", name, error)
        return False
    at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    Picture.objects.get_or_create(path=name, defaults=facts(clean, now=at))
    return True


def as_it_is(data: bytes, name: str) -> pictures.Clean:
    """Return a file that is served already, read from its header. Raise Refused if it is no picture."""
    kind, extent = pictures.look(data, name=name)
    return pictures.Clean(
        data=data,
        extension=pictures.KINDS[kind],
        width=extent.width,
        height=extent.height,
        animated=extent.frames > 1,
    )


def note_all_mentions() -> None:
    """Note which posts mention which pictures, from all texts that mention any. Takes long; done once."""
    some = Q(body__contains=f"{settings.MEDIA_URL}{picture_files.PICTURES}/")
    revisions = Revision.objects.filter(some)
    for revision in revisions.iterator(500):
        with suppress(IntegrityError), transaction.atomic():  # its post may be deleted at this moment
            note_past_mentions(revision)
    for post in Post.objects.filter(some | Q(live__in=revisions)).only("pk"):
        with suppress(Refused), transaction.atomic():  # as above
            note_mentions(locked(post.pk))
