"""Deliver pending events."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from cms.lease import seen
from cms.management.unavailable import say_unavailable
from reader import front
from writer import delivery


class Command(BaseCommand):
    """Deliver pending events."""

    help = "Deliver every event that has not reached the readers' side, however often it failed before."

    @say_unavailable()
    def handle(self, **options: Any) -> None:
        """Exit with 4 if an event could not be delivered."""
        arrived, failed = delivery.relay(now=timezone.now(), patient=False)
        front.follow()
        seen("relay")
        self.stdout.write(f"relay: {arrived} events delivered, {failed} failed.")
        if failed:
            sys.exit(4)
