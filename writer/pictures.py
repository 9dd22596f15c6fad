"""The door for pictures: what comes in is looked at before it is decoded, and written anew. Stores nothing.

What is served was encoded here from its pixels alone, so that neither metadata nor foreign bytes get out.
"""

from __future__ import annotations

import io
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from PIL import (  # the formats as well: Pillow loads all it knows when it misses one
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    WebPImagePlugin,
)

from writer.gif import Extent, extent_of
from writer.refusals import Refused

KINDS: Final = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "AVIF": "avif"}
TYPES: Final = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
}
LARGEST: Final = 20 * 1024 * 1024  # bytes
MOST_PIXELS: Final = 40_000_000
MOST_PIXELS_MOVING: Final = 100_000_000  # in all frames of an animation together
HEIC: Final = (
    b"heic",
    b"heix",
    b"heim",
    b"heis",
    b"hevc",
    b"hevx",
    b"mif1",
    b"msf1",
)  # brands of ISO 23008-12
QUALITY: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"quality": 88, "progressive": True},
    "WEBP": {"quality": 88},
    "AVIF": {"quality": 75, "speed": 8},
}
DECODERS: Final = (AvifImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin)
SRGB: Final = ImageCms.createProfile("sRGB")
# Of an animation, what says how it moves; all else that a file says of itself is left behind.
MOVEMENT: Final = ("duration", "loop", "background", "transparency", "disposal", "blend", "default_image")

Image.MAX_IMAGE_PIXELS = None  # Pillow raises at 179 megapixels only; `look` refuses before it decodes
bench = threading.Lock()  # 40 megapixels take 160 MB, and as much again while they are turned: one at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Clean:
    """A picture as it will be served."""

    data: bytes
    extension: str
    width: int  # px, upright
    height: int
    animated: bool


def cleaned(data: bytes, *, name: str) -> Clean:
    """Return the picture upright, in sRGB, with nothing but its pixels. Raise Refused for what is none.

    Size, dimensions and frames are read from the header; only what passes is decoded.
    """
    kind, extent = look(data, name=name)
    try:
        with bench, Image.open(io.BytesIO(data), formats=[kind]) as image:
            return rewritten_moving(image, kind) if extent.frames > 1 else rewritten(image, kind)
    except Exception as error:  # decoders raise whatever a broken file makes them
        raise damaged(name) from error


def look(data: bytes, *, name: str) -> tuple[str, Extent]:
    """Return kind and extent of a picture, read from its header. Raise Refused if it cannot be taken."""
    if not data:
        raise Refused(_("%s is empty.") % name)
    if len(data) > LARGEST:
        raise Refused(_("%s is larger than 20 MB. Make it smaller, then try again.") % name)
    try:
        image = Image.open(io.BytesIO(data), formats=list(KINDS))
    except Exception as error:  # as above
        raise Refused(unknown(data, name)) from error
    kind = "JPEG" if image.format == "MPO" else str(image.format)  # MPO is what many phones write
    try:
        with image:
            extent = header(data, image, kind)
    except (IndexError, ValueError) as error:
        raise damaged(name) from error
    check_extent(extent, name)
    if kind == "AVIF" and extent.frames > 1:
        raise Refused(_("%s is an animated AVIF. Save it as an animated WebP or GIF, then try again.") % name)
    return kind, extent


def damaged(name: str) -> Refused:
    """Return the refusal of what begins like a picture and does not go on like one."""
    return Refused(_("%s is damaged or was cut off, so it cannot be shown. Try the original file.") % name)


def header(data: bytes, image: Image.Image, kind: str) -> Extent:
    """Return how large and how long the picture says it is. A second one in a JPEG is no frame of it."""
    if kind == "GIF":
        return extent_of(data)
    return Extent(image.width, image.height, 1 if kind == "JPEG" else getattr(image, "n_frames", 1))


def check_extent(extent: Extent, name: str) -> None:
    """Raise Refused for more pixels than are ever decoded."""
    pixels = extent.width * extent.height
    if pixels > MOST_PIXELS:
        raise Refused(
            _(
                "%(name)s has %(count)d megapixels (%(width)d × %(height)d), more than the 40 megapixels "
                "that a picture may have. Make it smaller, then try again."
            )
            % {"name": name, "count": pixels // 10**6, "width": extent.width, "height": extent.height}
        )
    if extent.frames > 1 and pixels * extent.frames > MOST_PIXELS_MOVING:
        raise Refused(
            _(
                "%(name)s is too long an animation: its frames have more than 100 megapixels together. "
                "Make it smaller or shorter, or link to a video."
            )
            % {"name": name}
        )


def unknown(data: bytes, name: str) -> str:
    """Return why something is no picture that can be taken, in the words that help most."""
    beginning = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data[4:8] == b"ftyp" and data[8:12] in HEIC:
        return (
            _(
                "%s is a HEIC photo, whatever its name says, and is not a picture that browsers can show. "
                "Export it as JPEG, then try again."
            )
            % name
        )
    if beginning.startswith(b"<") and b"<svg" in beginning:
        return (
            _(
                "%s is not a picture that can be taken: it is an SVG, which may carry scripts. "
                "Export it as PNG or WebP, then try again."
            )
            % name
        )
    return _("%s is not a picture that can be shown (JPEG, PNG, WebP, GIF or AVIF).") % name


def rewritten(image: Image.Image, kind: str) -> Clean:
    """Return a still picture, decoded and encoded again."""
    image.load()
    with suppress(Exception):  # what a camera wrote beside the picture may be damaged without harm to it
        ImageOps.exif_transpose(image, in_place=True)
    bare = in_srgb(image)
    if kind in ("JPEG", "WEBP", "AVIF") and bare.mode not in ("L", "RGB", "RGBA"):
        bare = bare.convert("RGB")
    bare.info = {key: bare.info[key] for key in ("transparency",) if key in bare.info}
    return Clean(
        data=encoded(bare, kind),
        extension=KINDS[kind],
        width=bare.width,
        height=bare.height,
        animated=False,
    )


def in_srgb(image: Image.Image) -> Image.Image:
    """Return the picture in the colours of the web. Its own profile may hold anything, and is left behind."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        known = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(known):
            return image
        if image.mode in ("P", "PA", "LA"):
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, known, SRGB, outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def rewritten_moving(image: Image.Image, kind: str) -> Clean:
    """Return an animation, each frame decoded and encoded again, at its own pace."""
    durations = []  # ms
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        image.load()
        durations.append(image.info.get("duration", 0))
    image.seek(0)
    image.info = {key: image.info[key] for key in MOVEMENT if key in image.info}
    loop = {"loop": image.info["loop"]} if "loop" in image.info else {}
    data = encoded(image, kind, save_all=True, duration=durations, **loop)
    return Clean(data=data, extension=KINDS[kind], width=image.width, height=image.height, animated=True)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the picture as a file of that kind."""
    out = io.BytesIO()
    image.save(out, format=kind, **QUALITY.get(kind, {}), **options)
    return out.getvalue()
