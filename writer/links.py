"""Preview links: what their addresses look like, and which draft one opens. Changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet

from writer.models import Post, PreviewLink

SALT: Final = "preview link"


def signer() -> Signer:
    """Return what signs the ids of links, with the secret of the site as it is now."""
    return Signer(salt=SALT, sep=".")


def url_of(link: PreviewLink) -> str:
    """Return the link's absolute address: 122 random bits, signed."""
    return f"{settings.SITE_URL}/preview/{signer().sign(link.pk.hex)}/"


def opened(token: str) -> PreviewLink | None:
    """Return the link whose address holds this token, None if there is none any more.

    Raise BadSignature for a token that this site has never made.
    """
    try:
        known = UUID(hex=signer().unsign(token))
    except ValueError as error:
        raise BadSignature(str(error)) from error
    return PreviewLink.objects.select_related("post__live").filter(pk=known).first()


def open_links(post: Post, *, now: datetime) -> QuerySet[PreviewLink]:
    """Return the links that open the draft of the post, the newest first."""
    there = PreviewLink.objects.filter(post=post, revoked_at=None, expires_at__gt=now)
    return there.select_related("made_by").order_by("-made_at", "-id")
