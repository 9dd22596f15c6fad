"""Compare and repair."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm

from cms.management.unavailable import say_unavailable
from cms.reconcile import reconcile
from cms.report import Finding
from reader import queries as reader
from writer import queries as writer

SHOWN: Final = 100  # findings


class Command(BaseCommand):
    """Compare and repair."""

    help = "Compare every public post with what readers get, and repair what differs."
    epilog = (
        "Exit codes: 0 in sync, 3 drift found and repaired, 4 drift remains, 5 refused, "
        "75 another run is under way, 1 crash, 2 usage."
    )

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        """Return the parser, with the exit codes at the end of its help."""
        return super().create_parser(*args, epilog=self.epilog, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("--check", action="store_true", help="report what differs, change nothing")
        parser.add_argument(
            "--deep", action="store_true", help="make every article anew and compare it to the byte; slow"
        )
        parser.add_argument("--json", action="store_true", help="print the report as one line of JSON")
        parser.add_argument("--force", action="store_true", help="take articles down, however many")
        parser.add_argument(
            "--trust-writer",
            action="store_true",
            help="after a restored backup: readers shall follow the writer",
        )

    @say_unavailable()
    def handle(self, **options: Any) -> None:
        """Print what was found and end with the exit code that says what it came to."""
        report = reconcile(
            repair=not options["check"],
            deep=options["deep"],
            force=options["force"],
            trust_writer=options["trust_writer"],
            progress=self.bar,
        )
        if options["json"]:
            self.stdout.write(report.as_json())
        else:
            self.name(report.findings)
            self.stdout.write(str(report))
        if report.exit_code:
            sys.exit(report.exit_code)

    def name(self, findings: list[Finding]) -> None:
        """Print the first findings, each with the title of its post."""
        shown = [finding.post_id for finding in findings[:SHOWN]]
        titles = {**reader.titles(shown), **writer.titles(shown)}
        for finding in findings[:SHOWN]:
            named = f"“{titles[finding.post_id]}”" if finding.post_id in titles else ""
            self.stdout.write(f"{finding.kind:9} {finding.post_id} {named} {finding.error}".rstrip())
        if len(findings) > SHOWN:
            self.stdout.write(f"… and {len(findings) - SHOWN} more")

    def bar(self, findings: list[Finding]) -> Iterable[Finding]:
        """Show progress on a terminal, and nothing elsewhere."""
        return tqdm(findings, desc="Repairing", unit="post", file=self.stderr, disable=None)
