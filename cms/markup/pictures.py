"""Pictures of the library as browsers like them best: modern, no larger than shown, of known size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from cms.events import PictureRef

TYPES: Final = {"avif": "image/avif", "webp": "image/webp"}  # the first that a browser knows is taken
SIZES: Final = "(min-width: 1000px) 960px, 100vw"  # how wide one is shown at most, the margins included
SRCSET: Final = r"/media/renditions/[\w.-]+ \d+w"


def sources(versions: Sequence[tuple[str, int]]) -> list[tuple[str, str]]:
    """Return what may be shown instead of a picture that has these versions: each type, and its `srcset`.

    A version is an address and its width in pixels.
    """
    offered = [
        (type_, ", ".join(f"{url} {width}w" for url, width in versions if url.endswith(f".{ending}")))
        for ending, type_ in TYPES.items()
    ]
    return [(type_, srcset) for type_, srcset in offered if srcset]


def put_in(root: Element, pictures: Iterable[PictureRef]) -> None:
    """Give the pictures of the library in a tree their dimensions, and offer their versions."""
    known = {picture.url: picture for picture in pictures}
    for parent in list(root.iter()) if known else ():
        for place, child in enumerate(parent):
            if child.tag == "img" and (picture := known.get(child.get("src", ""))):
                child.set("width", str(picture.width))
                child.set("height", str(picture.height))
                parent[place] = offering(child, sources([(one.url, one.width) for one in picture.versions]))


def offering(image: Element, offered: list[tuple[str, str]]) -> Element:
    """Return the image among what may be shown instead of it; by itself if there is nothing."""
    if not offered:
        return image
    around = Element("picture")
    around.tail, image.tail = image.tail, None
    for type_, srcset in offered:
        SubElement(around, "source", {"type": type_, "srcset": srcset, "sizes": SIZES})
    around.append(image)
    return around
