"""Follow the stream."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cms.broker import Declined, Unreachable
from cms.following import catch_up, follow
from cms.management.unavailable import say_unavailable
from cms.tail import Lost
from reader.checkpoint import Checkpoint, Parked


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
            follow(stopped_by_signal())
            return
        try:
            catch_up()
        except (Lost, Unreachable, Declined) as fault:
            raise CommandError(f"The stream could not be followed: {fault}") from fault
        place = Checkpoint.objects.get(pk=1)
        self.stdout.write(f"follow: up to message {place.sequence}, {Parked.objects.count()} parked.")


def stopped_by_signal() -> threading.Event:
    """Return what is set once a supervisor, or Ctrl-C, says that it is enough."""
    stopping = threading.Event()
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, lambda *_: stopping.set())
    return stopping
