"""Compare and repair, on a node."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cms.management.unavailable import say_unavailable
from cms.node import reconcile_node
from reader import queries as reader


class Command(BaseCommand):
    """Compare and repair."""

    help = (
        "Compare every article of this node with what the stream holds, and take in what differs. "
        "Exit codes: 0 in sync, 3 drift found and repaired, 4 drift remains, 5 something was left, 1 crash."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("--check", action="store_true", help="report what differs, change nothing")
        parser.add_argument("--json", action="store_true", help="print the report as one line of JSON")
        parser.add_argument(
            "--force", action="store_true", help="be as the stream is, also where that has less or older"
        )

    @say_unavailable()
    def handle(self, *, check: bool, json: bool, force: bool, **options: Any) -> None:
        """Print what was found and end with the exit code that says what it came to."""
        if not settings.EVENTS_URL:
            raise CommandError("There is no stream to compare with: EVENTS_URL is empty (see .env.example).")
        report = reconcile_node(check=check, force=force)
        if json:
            self.stdout.write(report.as_json())
        else:
            titles = reader.titles([finding.post_id for finding in report.findings])
            for finding in report.findings:
                named = f"“{titles[finding.post_id]}”" if finding.post_id in titles else ""
                self.stdout.write(f"{finding.kind:9} {finding.post_id} {named} {finding.error}".rstrip())
            self.stdout.write(str(report))
        if report.exit_code:
            sys.exit(report.exit_code)
