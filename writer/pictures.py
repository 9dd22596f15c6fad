"""Pictures: only what was decoded here and written again is ever served."""

from __future__ import annotations

import hashlib
import io
import warnings
from typing import Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from writer.refusals import Refused

FORMATS: Final = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "AVIF": "avif"}
LARGEST: Final = 20 * 1024 * 1024  # bytes
MOST_PIXELS: Final = 40_000_000


def keep(data: bytes, *, name: str) -> str:
    """Keep a picture and return its URL; the same bytes give the same URL. Raise Refused for anything else.

    The name in storage is made of the picture's own bytes. Size and dimensions are read from
    the header before anything is decoded.
    """
    if len(data) > LARGEST:
        raise Refused(_("%s is larger than 20 MB.") % name)
    digest = hashlib.sha256(data).hexdigest()[:32]
    try:
        with (
            warnings.catch_warnings(action="ignore"),
            Image.open(io.BytesIO(data), formats=list(FORMATS)) as image,
        ):
            if image.width * image.height > MOST_PIXELS:
                raise Refused(_("%s has more than 40 megapixels.") % name)
            stored = f"pictures/{digest}.{FORMATS[str(image.format)]}"
            if not default_storage.exists(stored):
                default_storage.save(stored, ContentFile(encoded(image)))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Refused(
            _("%s is not a picture that can be shown (JPEG, PNG, WebP, GIF or AVIF).") % name
        ) from error
    return default_storage.url(stored)


def encoded(image: Image.Image) -> bytes:
    """Return the picture written anew: turned upright, without metadata, comments or foreign bytes."""
    out = io.BytesIO()
    if getattr(image, "is_animated", False):
        image.info.pop("comment", None)
        image.save(out, format=image.format, save_all=True)
        return out.getvalue()
    kind = str(image.format)
    upright = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    bare = upright.copy()
    bare.info = {"transparency": upright.info["transparency"]} if "transparency" in upright.info else {}
    bare.save(
        out, format=kind, icc_profile=profile, **({"quality": 88} if kind in ("JPEG", "WEBP", "AVIF") else {})
    )
    return out.getvalue()
