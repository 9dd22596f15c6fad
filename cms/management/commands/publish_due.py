"""Publish and withdraw what is due."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from cms.lease import seen
from cms.management.unavailable import say_unavailable
from writer import commands


class Command(BaseCommand):
    """Publish and withdraw what is due."""

    help = "Publish and withdraw every post whose time has come. Any number may run at once."

    @say_unavailable()
    def handle(self, **options: Any) -> None:
        """Exit with 4 if a post could not be published; the reason stands at the post in the admin."""
        published, withdrawn, refused = commands.publish_due(now=timezone.now())
        seen("publish_due")
        self.stdout.write(f"publish_due: {published} published, {withdrawn} withdrawn, {refused} refused.")
        if refused:
            sys.exit(4)
