"""Follow the stream."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from cms.broker import Declined, Unreachable
from cms.following import catch_up, follow, keeps_up
from cms.management.unavailable import say_unavailable
from cms.node import reconcile_node
from cms.tail import Lost
from reader.checkpoint import Checkpoint, Parked

logger = logging.getLogger(__name__)

SOON: Final = 30.0  # s after the start, and while the node has not caught up
PERIOD: Final = 600.0  # s


class Command(BaseCommand):
    """Follow the stream."""

    help = "Bring this node up to date with the stream at EVENTS_URL, and keep it so until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("--once", action="store_true", help="take in what is there, and end")

    @say_unavailable()
    def handle(self, *, once: bool, **options: Any) -> None:
        """Run until SIGTERM or SIGINT; with --once, until nothing newer is there."""
        if not settings.EVENTS_URL:
            raise CommandError("There is no stream to follow: EVENTS_URL is empty (see .env.example).")
        if not settings.PROJECTS:
            raise CommandError("This writer has no readers' database to bring up to date: see CMS_ROLE.")
        if not once:
            stopping = stopped_by_signal()
            threading.Thread(target=keep_true, args=[stopping], daemon=True).start()
            follow(stopping)
            return
        try:
            catch_up()
        except (Lost, Unreachable, Declined) as fault:
            raise CommandError(f"The stream could not be followed: {fault}") from fault
        place = Checkpoint.objects.get(pk=1)
        self.stdout.write(f"follow: up to message {place.sequence}, {Parked.objects.count()} parked.")


def keep_true(stopping: threading.Event) -> None:
    """Compare the node with the stream now and then, as long as it keeps up, and repair what differs."""
    pause = SOON
    while not stopping.wait(pause):
        pause = PERIOD
        if not keeps_up():
            pause = SOON
            continue
        report = reconcile_node()
        if report.exit_code:
            logger.warning("%s", report)
        connections.close_all()


def stopped_by_signal() -> threading.Event:
    """Return what is set once a supervisor, or Ctrl-C, says that it is enough."""
    stopping = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stopping.set())
    return stopping
