"""Look whether every public surface shows the same posts."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from cms.management.unavailable import say_unavailable
from cms.parity import parity
from cms.report import ExitCode
from cms.surfaces import SURFACES


class Command(BaseCommand):
    """Look whether every public surface shows the same posts."""

    help = (
        "Ask for home, archive, tags, authors, series, feeds, sitemap, search and API as a reader would, "
        "and compare the posts that each shows. Changes nothing."
    )
    epilog = (
        "Exit codes: 0 all agree, 4 some differ, 75 posts were published all the while, 1 crash, 2 usage."
    )

    def create_parser(self, *args: Any, **kwargs: Any) -> CommandParser:
        """Return the parser, with the exit codes at the end of its help."""
        return super().create_parser(*args, epilog=self.epilog, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument(
            "--only",
            action="append",
            choices=list(SURFACES),
            default=[],
            metavar="SURFACE",
            help=f"ask this one alone; may be repeated: {', '.join(SURFACES)}",
        )

    @say_unavailable()
    def handle(self, *, only: list[str], **options: Any) -> None:
        """Print a line for each surface, and end with the exit code that says what they come to."""
        findings = []
        for finding in parity(only):
            self.stdout.write(str(finding))
            findings.append(finding)
        differing = [finding for finding in findings if not finding.agrees]
        if not differing:
            self.stdout.write(f"parity: all {len(findings)} surfaces agree.")
            return
        names = ", ".join(finding.surface for finding in differing)
        self.stdout.write(f"parity: of {len(findings)} surfaces these differ: {names}.")
        sys.exit(ExitCode.BUSY if all(finding.restless for finding in differing) else ExitCode.DRIFT_REMAINS)
