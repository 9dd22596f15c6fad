"""Begin a node from a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cms.management.unavailable import say_unavailable
from cms.snapshot import Unusable, start_from


class Command(BaseCommand):
    """Begin a node from a snapshot."""

    help = "Fill this empty node from FILE, which `snapshot` wrote on another, without stream or writer."

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("file", type=Path, metavar="FILE", help="a snapshot of a node")

    @say_unavailable()
    def handle(self, *, file: Path, **options: Any) -> None:
        """Say how many articles there are now."""
        try:
            articles = start_from(file)
        except Unusable as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(f"start_from: {articles} articles. `manage.py follow` goes on from there.")
