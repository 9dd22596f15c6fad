"""The front: lets nginx, which keeps pages, know at once that those it has are no longer the present ones.

A link in FRONT_DIR leads to a folder whose name was never used before. nginx makes that name part of
what it keeps a page under (deploy/nginx.conf), so to move the link is to forget all pages, and
nobody has to be asked. Without FRONT_DIR there is no front (docs/adr/0016).
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from django.conf import settings

from reader import queries

LINK: Final = "edition"
LEFT: Final = 50  # folders behind the link: one that is asked for as the link moves must still be there


def forget() -> None:
    """Let nothing be served any more that the front keeps. Raise OSError if it cannot be told.

    It takes no turns: whichever of several links is there last, its name is a new one, and what is kept
    under it was asked for after all of them had committed.
    """
    if settings.FRONT_DIR:
        move(present())


def begin() -> None:
    """Let nothing be served that was made by other code or settings. Asks no database, which may be down."""
    if settings.FRONT_DIR:
        move("start")


def follow() -> None:
    """Make good what a process left that died between its commit and the link."""
    if settings.FRONT_DIR and not is_told(present()):
        move(present())


def present() -> str:
    """Return what the present edition is called here."""
    edition = queries.edition()
    return f"{edition.history.hex[:8]}-{edition.number}"


def is_told(edition: str) -> bool:
    """Tell whether the link leads somewhere, and says this edition."""
    link = Path(settings.FRONT_DIR) / LINK
    return link.is_dir() and link.readlink().name.endswith(f"-{edition}")


def move(said: str) -> None:
    """Let the link lead to a new folder, and leave only the last ones behind it."""
    folder = Path(settings.FRONT_DIR)
    name = f"{time.time_ns()}-{said}"  # the time makes it new, even if a database is put back
    (folder / name).mkdir()
    link = folder / f".{name}"
    link.symlink_to(name)
    link.replace(folder / LINK)
    for old in sorted(folder.glob("[0-9]*-*"))[:-LEFT]:
        with suppress(OSError):  # another process was faster
            if old.name != name:  # the clock was put back
                old.rmdir()
