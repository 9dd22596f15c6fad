"""Make a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cms.backup import backup
from cms.backup_database import Failed
from cms.management.unavailable import say_unavailable
from writer.refusals import Refused


class Command(BaseCommand):
    """Make a backup."""

    help = (
        "Write the writer's database and the pictures to one new file, while the site is in use. "
        "Ends with 5 if the file exists."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("file", type=Path)

    @say_unavailable()
    def handle(self, *, file: Path, **options: Any) -> None:
        """Back up, and print what is in the file."""
        if not file.parent.is_dir():
            raise CommandError(f"{file.parent} is not a folder.", returncode=2)
        try:
            manifest = backup(file, now=timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=5) from refusal
        except (Failed, OSError) as error:
            raise CommandError(f"There is no backup: {error}") from error
        size, count = file.stat().st_size, len(manifest.pictures)
        self.stdout.write(f"backup: the database and {count} pictures in {file}, {size:,} bytes.")
