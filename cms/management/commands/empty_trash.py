"""Delete for ever what has lain in the trash long enough."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from cms.lease import seen
from cms.management.unavailable import say_unavailable
from writer import commands


def days(text: str) -> int:
    """Return a number of days. Raise ArgumentTypeError if it is none."""
    if not text.isdecimal() or not 0 <= int(text) <= 36_500:
        raise ArgumentTypeError(f"{text!r} is no number of days from 0 to 36500")
    return int(text)


class Command(BaseCommand):
    """Delete for ever what has lain in the trash long enough."""

    help = (
        "Delete for ever the posts that were put into the trash at least so many days ago, with all their "
        "revisions. The worker does so once a day, after 30 days."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what can be asked for."""
        parser.add_argument(
            "--days", type=days, default=commands.KEPT.days, help="default: 30; 0 empties it all"
        )
        parser.add_argument("--dry-run", action="store_true", help="name the posts, delete nothing")

    @say_unavailable()
    def handle(self, *, days: int, dry_run: bool, **options: Any) -> None:
        """Exit with 4 if a post could not be deleted; the log says why."""
        now = timezone.now()
        before = now - timedelta(days=days)
        if dry_run:
            found = commands.outdated(before=before).values_list("trashed_at", "title")
            for trashed_at, title in found.iterator():
                self.stdout.write(f"{timezone.localtime(trashed_at):%Y-%m-%d} {title or 'Untitled'}")
            self.stdout.write(f"empty_trash: {found.count()} posts would be deleted for ever.")
            return
        deleted, failed = commands.empty_trash(before=before, now=now)
        seen("empty_trash")
        self.stdout.write(f"empty_trash: {deleted} posts deleted for ever, {failed} failed.")
        if failed:
            sys.exit(4)
