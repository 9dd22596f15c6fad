"""How often the API may be asked from one address.

Counted in a file of its own that all web processes of a machine share, so that it costs neither
database a write (docs/adr/0011). What it holds is worth a minute: it may be lost at any time.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from cms.logins import origin

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which asks the settings for this module

logger = logging.getLogger(__name__)

MINUTE: Final = 60  # s
PATIENCE: Final = 1.0  # s that a request waits for others to be counted
COUNT: Final = (
    "INSERT INTO asked (minute, client, often) VALUES (?, ?, 1) "
    "ON CONFLICT (minute, client) DO UPDATE SET often = often + 1 RETURNING often"
)
own = threading.local()  # a connection for each thread


class PerAddress(BaseThrottle):
    """Let each address ask API_RATE times in a minute of the clock; 0: as often as it likes."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request, and tell whether it may be answered."""
        now = time.time()
        self.left = MINUTE - now % MINUTE
        rate: int = settings.API_RATE
        return not rate or counted(origin(request) or "", int(now // MINUTE)) <= rate

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return self.left


def counted(client: str, minute: int) -> int:
    """Return how often the client has asked in this minute; 0, never too often, if nobody can count."""
    try:
        connection = connected()
        ((often,),) = connection.execute(COUNT, (minute, client)).fetchall()
        if often == 1:
            connection.execute("DELETE FROM asked WHERE minute < ?", (minute,))
    except sqlite3.Error as error:
        logger.warning("Requests to the API cannot be counted: %s", error)
        own.connection = None
        return 0
    return int(often)


def connected() -> sqlite3.Connection:
    """Return this thread's connection to the file, which is made if it is not there. Raise sqlite3.Error."""
    file = Path(settings.DATA_DIR) / "api-requests.sqlite3"
    if getattr(own, "connection", None) is None or own.file != file:
        connection = sqlite3.connect(file, timeout=PATIENCE, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # a crash may lose it
        connection.execute(
            "CREATE TABLE IF NOT EXISTS asked (minute INTEGER, client TEXT, often INTEGER, "
            "PRIMARY KEY (minute, client)) WITHOUT ROWID"
        )
        own.connection, own.file = connection, file
    opened: sqlite3.Connection = own.connection
    return opened
