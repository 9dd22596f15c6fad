"""Write this node's database into a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cms.management.unavailable import say_unavailable
from cms.snapshot import Unusable, snapshot


class Command(BaseCommand):
    """Write this node's database into a file."""

    help = "Write this node's database into FILE, from which `start_from` begins another node."

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("file", type=Path, metavar="FILE", help="a file that is not there yet")

    @say_unavailable()
    def handle(self, *, file: Path, **options: Any) -> None:
        """Say how many articles it holds."""
        try:
            articles = snapshot(file)
        except Unusable as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write(f"snapshot: {articles} articles, {file.stat().st_size:,} bytes.")
