"""Put a backup back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cms.backup_database import Failed
from cms.management.unavailable import say_unavailable
from cms.restore import restore
from writer.refusals import Refused

NEXT: Final = """\
Readers still see what they saw. Next:
  manage.py reconcile --check          names what differs from the backup
  manage.py reconcile --trust-writer   lets readers follow it"""


class Command(BaseCommand):
    """Put a backup back."""

    help = (
        "Put the writer's database and the pictures of a backup back, all of the database or nothing. "
        "Ends with 5, and nothing changed, if the file does not fit or posts or users would be lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace whatever the database holds")

    @say_unavailable()
    def handle(self, *, file: Path, force: bool, **options: Any) -> None:
        """Restore, and print what was done and what is left to do."""
        if not file.is_file():
            raise CommandError(f"{file} is not a file.", returncode=2)
        try:
            restored = restore(file, force=force)
        except Refused as refusal:
            raise CommandError(f"{refusal} Nothing was changed.", returncode=5) from refusal
        except OSError as error:
            raise CommandError(f"{error}. Nothing was changed.") from error
        except Failed as failure:
            raise CommandError(str(failure)) from failure
        self.stdout.write(NEXT)
        self.stdout.write(str(restored))
