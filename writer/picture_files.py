"""Where pictures lie: files under MEDIA_ROOT that are whole or not there, and never change."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Final

from django.conf import settings

PICTURES: Final = "pictures"
RENDITIONS: Final = "renditions"
NAME: Final = re.compile(r"[0-9a-f]{32}\.(?:jpg|png|webp|gif|avif)")
# Where a text mentions a picture of this site, with or without the site's own address before it.
MENTION: Final = re.compile(rf"{re.escape(settings.MEDIA_URL)}({PICTURES}/{NAME.pattern})(?![\w.-])")


def place(name: str) -> Path:
    """Return where the file of that name lies."""
    return Path(settings.MEDIA_ROOT) / name


def put(name: str, data: bytes) -> None:
    """Write a file, unless it is there; it has its name when all of it is on the disk."""
    target = place(name)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        Path(part).chmod(settings.FILE_UPLOAD_PERMISSIONS or 0o644)
        Path(part).rename(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def remove(name: str) -> None:
    """Remove a picture with its renditions. What is gone already is no fault."""
    for rendition in place(RENDITIONS).glob(f"{Path(name).stem}-*"):
        rendition.unlink(missing_ok=True)
    place(name).unlink(missing_ok=True)


def names() -> list[str]:
    """Return the names of all pictures that lie there, renditions left out."""
    folder = place(PICTURES)
    lying = folder.iterdir() if folder.is_dir() else ()
    return sorted(f"{PICTURES}/{file.name}" for file in lying if NAME.fullmatch(file.name))


def mentioned(text: str) -> set[str]:
    """Return the names of the pictures that a text mentions by their address."""
    return set(MENTION.findall(text))
