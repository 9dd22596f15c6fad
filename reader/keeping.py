"""Pages that are kept until the next edition: those of lists, and of articles with what surrounds them.

They are the only pages that a request writes, and they belong to no article. What is kept
is served only while the edition it was made at is the present one, so nothing stale is. Where pages are
read from a replica, nobody waits for the primary that they are written to.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from queue import Full, Queue
from threading import Thread
from typing import Any, Final

from django.conf import settings
from django.db import Error, connections

from reader import queries
from reader.editions import Edition
from reader.pages import KEPT, Page
from reader.rendering import finished
from reader.rows import put

logger = logging.getLogger(__name__)

BATCH: Final = 500  # pages
FAR_AWAY: Final[Queue[Page]] = Queue(50)  # pages that wait to be written to a primary elsewhere


def of_edition(edition: Edition, path: str, body: str, **columns: Any) -> Page:
    """Return the finished response that is true while the edition is the present one."""
    now: dict[str, Any] = {
        "edition": edition.number,
        "version": edition.number,
        "last_modified": edition.raised_at,
    }
    return finished(KEPT + path, body, **now, **columns)


def keep(page: Page) -> Page:
    """Return the finished page, and keep it if that can be done."""
    if settings.PRIMARY == "reader":
        write(page)
        return page
    begin_to_write_far_away()
    with suppress(Full):  # then it is made once more
        FAR_AWAY.put_nowait(page)
    return page


def write(page: Page) -> None:
    """Keep the page, unless that fails."""
    try:
        with impatience():
            put(page)
    except Error as error:  # a page that cannot be kept is still a page
        logger.warning("The page %s could not be kept: %s", page.path, error)


@lru_cache(maxsize=1)
def begin_to_write_far_away() -> None:
    """Start the thread that writes to a primary elsewhere, once in a process."""
    Thread(target=write_far_away, name="keeper", daemon=True).start()


def write_far_away() -> None:
    """Keep one page after the other, for ever."""
    while True:
        write(FAR_AWAY.get())
        connections[settings.PRIMARY].close_if_unusable_or_obsolete()


def forget(*, before: datetime) -> int:
    """Delete what was kept of editions that began before this moment and are past; return how many pages.

    Nobody is served these: what is asked for again replaces its own, the others would lie there for ever.
    A batch at a time, so that a projection waits for one only.
    """
    past = Page.objects.filter(edition__lt=queries.edition().number)
    old = past.filter(last_modified__lt=before).order_by("edition").values_list("path", flat=True)
    forgotten = 0
    while paths := list(old[:BATCH]):
        forgotten += past.filter(path__in=paths).delete()[0]
    return forgotten


@contextmanager
def impatience() -> Iterator[None]:
    """Let nobody wait for a page because it cannot be kept while another process writes to SQLite's file."""
    connection = connections["reader"]
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    connection.connection.execute("PRAGMA busy_timeout = 100")  # ms
    try:
        yield
    finally:
        connection.connection.execute(f"PRAGMA busy_timeout = {settings.SQLITE_PATIENCE * 1000}")
