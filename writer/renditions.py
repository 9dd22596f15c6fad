"""Smaller versions of a picture: which there are follows from the picture alone; how they are made."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, Final, NamedTuple, TypedDict

from PIL import Image

from writer import picture_files
from writer.pictures import KINDS, TYPES, bench

WIDTHS: Final = (480, 960, 1600)  # px
MODERN: Final = ("avif", "webp")
OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "avif": {"quality": 60, "speed": 7},
    "webp": {"quality": 80},
    "jpg": {"quality": 82, "progressive": True},
    "png": {"optimize": True},
}
FORMATS: Final = {extension: kind for kind, extension in KINDS.items()}


class Rendition(TypedDict):
    """A smaller version, as it is recorded with its picture."""

    path: str  # in storage
    type: str  # image/…
    width: int  # px
    height: int
    size: int  # bytes


class Plan(NamedTuple):
    """A smaller version that is to be made."""

    path: str
    extension: str
    width: int
    height: int


def plans(path: str, *, width: int, height: int, fallback: str) -> Iterator[Plan]:
    """Yield the versions that a picture of that size has, narrowest first; none is wider than the picture.

    At the picture's own width, it is itself the fallback if browsers of any age can show it.
    """
    name = PurePosixPath(path)
    for wide in sorted({min(width, each) for each in WIDTHS}):
        high = max(1, round(height * wide / width))
        same = wide == width and name.suffix in (".jpg", ".png")
        for extension in (*MODERN, *(() if same else (fallback,))):
            yield Plan(f"{picture_files.RENDITIONS}/{name.stem}-{wide}.{extension}", extension, wide, high)


def make(path: str) -> list[Rendition]:
    """Make the versions of a picture that are missing; return them all. Raise OSError if it cannot be read.

    Each file is whole or not there, so a run that was killed is taken up by the next.
    """
    with bench, Image.open(picture_files.place(path), formats=list(KINDS)) as image:
        image.load()
        see_through = image.has_transparency_data
        lossy = path.endswith((".jpg", ".webp", ".avif"))
        flat = image.convert("RGBA" if see_through else "RGB")
        planned = plans(
            path,
            width=image.width,
            height=image.height,
            fallback="jpg" if lossy and not see_through else "png",
        )
        return [made(plan, flat) for plan in planned]


def made(plan: Plan, image: Image.Image) -> Rendition:
    """Make one version, unless it is there; return what is to be recorded of it."""
    if not picture_files.place(plan.path).exists():
        small = image.resize((plan.width, plan.height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        small.info = {}
        out = io.BytesIO()
        small.save(out, format=FORMATS[plan.extension], **OPTIONS[plan.extension])
        picture_files.put(plan.path, out.getvalue())
    return Rendition(
        path=plan.path,
        type=TYPES[plan.extension],
        width=plan.width,
        height=plan.height,
        size=picture_files.place(plan.path).stat().st_size,
    )
