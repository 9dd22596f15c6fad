"""Make the smaller versions of pictures."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cms.lease import Held, lease
from cms.management.unavailable import say_unavailable
from writer import commands


class Command(BaseCommand):
    """Make the smaller versions of pictures."""

    help = (
        "Take pictures into the library that lie in its folder and are not in it, "
        "and make the smaller versions that are missing, however often that failed before."
    )

    @say_unavailable()
    def handle(self, **options: Any) -> None:
        """Exit with 4 if a picture could not be made smaller."""
        try:
            with lease("renditions") as renew:
                new = commands.register_pictures(thorough=True)
                made, failed = commands.make_renditions(now=timezone.now(), patient=False, renew=renew)
        except Held as held:
            raise CommandError(
                "The worker is making them. Try again when it has ended.", returncode=75
            ) from held
        self.stdout.write(f"renditions: {new} pictures registered, {made} made smaller, {failed} failed.")
        if failed:
            sys.exit(4)
