"""Only one process makes a page. Whoever asks for it meanwhile waits a little, and then finds it kept.

A file is locked while a page is made (docs/adr/0014). The lock belongs to the open file, so it parts
threads as it parts processes, and the kernel takes it back from whoever is killed.
"""

from __future__ import annotations

import fcntl
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final
from zlib import crc32

from django.conf import settings

logger = logging.getLogger(__name__)

PATIENCE: Final = 0.25  # s; most lists are made in a tenth of that
STEP: Final = 0.003  # s between two looks
FILES: Final = 64  # two pages may have the same one: then one is waited for in vain


@contextmanager
def alone(path: str) -> Iterator[None]:
    """Be the only one who makes this page; or go on once whoever makes it is done, or takes too long.

    Look afterwards whether it is kept, whichever it was. Nobody waits for more than one: all who
    waited go on at the same time.
    """
    try:
        file = opened(f"{crc32(path.encode()) % FILES:02}")
    except OSError as error:  # a page that several make is still a page
        logger.warning("Several processes may make the page %s: %s", path, error)
        yield
        return
    with file:
        wait(file)
        yield


def opened(name: str) -> IO[bytes]:
    """Return the file to be locked, which is made if it is not there. Raise OSError if it cannot be."""
    file = Path(settings.DATA_DIR) / "making" / name
    file.parent.mkdir(exist_ok=True)
    return file.open("ab")


def wait(file: IO[bytes]) -> None:
    """Take the lock for oneself; of somebody else's, wait for the end, and share it with all who waited."""
    until, kind = time.monotonic() + PATIENCE, fcntl.LOCK_EX
    while not taken(file, kind) and time.monotonic() < until:
        kind = fcntl.LOCK_SH
        time.sleep(STEP)


def taken(file: IO[bytes], kind: int) -> bool:
    """Take a lock of this kind, if that can be done now; tell whether it was."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
