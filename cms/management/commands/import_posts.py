"""Bring Markdown files in."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from cms.import_files import Source
from cms.importing import Import
from cms.lease import Held
from cms.logs import summarised
from cms.management.unavailable import say_unavailable


class Command(BaseCommand):
    """Bring Markdown files in."""

    help = (
        "Make posts of the Markdown files in a folder, as Hugo, Zola, Jekyll or Eleventy write them. "
        "A second run changes only what was edited since. Ends with 4 if a file was skipped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--publish", action="store_true", help="make them public, unless they are drafts")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        parser.add_argument(
            "--author", metavar="USERNAME", help="whose posts they are, where a file does not say"
        )

    @say_unavailable()
    @summarised()
    def handle(
        self, *, folder: Path, publish: bool, dry_run: bool, author: str | None, **options: Any
    ) -> None:
        """Import, and print what came of it."""
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.", returncode=2)
        actor = get_user_model().objects.filter(username=author).first() if author else None
        if author and actor is None:
            raise CommandError(f"There is no user named {author}.", returncode=2)
        try:
            report = Import(folder, actor=actor, publish=publish, dry_run=dry_run).run(bar)
        except Held as error:
            raise CommandError(
                "Another import is under way. Try again when it has ended.", returncode=75
            ) from error
        self.stdout.write(str(report) + (" Nothing was changed." if dry_run else ""))
        if report.skipped:
            sys.exit(4)


def bar(sources: list[Source]) -> Iterable[Source]:
    """Show progress on a terminal, and nothing elsewhere."""
    return tqdm(sources, desc="Importing", unit="post", disable=None)
