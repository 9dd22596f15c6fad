"""Compare and repair, where the writer is."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from tqdm import tqdm

from cms.management.unavailable import say_unavailable
from cms.reconcile import check, reconcile
from cms.recording import Watch
from cms.refill import check_stream, refill
from cms.report import INDEX_ID, ExitCode, Kind, Report
from reader import queries as reader
from writer import queries as writer


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
        parser.add_argument(
            "--rerender",
            action="store_true",
            help="make every article anew and store it; repeat it if killed",
        )
        parser.add_argument(
            "--only",
            action="append",
            type=Kind,
            choices=list(Kind),
            default=[],
            metavar="KIND",
            help=f"look for this kind of drift alone; may be repeated: {', '.join(Kind)}",
        )
        parser.add_argument(
            "--limit-per-second",
            type=positive,
            default=math.inf,
            metavar="N",
            help="repair no more than so many",
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
        refuse_contradictions(options)
        refuse_a_missing_side()
        with tqdm(unit=" posts", file=self.stderr, disable=None, leave=False) as bar:
            reports = list(self.run(options, watch=lambda report: show(bar, report)))
        for report in reports:
            self.say(report, as_json=options["json"])
        if code := max(report.exit_code for report in reports):
            sys.exit(code)

    def say(self, report: Report, *, as_json: bool) -> None:
        """Print what was found."""
        if as_json:
            self.stdout.write(report.as_json())
        else:
            self.name(report)
            self.stdout.write(str(report))

    def run(self, options: dict[str, Any], watch: Watch) -> Iterator[Report]:
        """Yield what was found of this machine's readers, and of the stream, as far as there are such."""
        if settings.PROJECTS:
            yield self.of_readers(options, watch)
        if settings.EVENTS_URL and options["check"]:
            yield check_stream(watch)
        elif settings.EVENTS_URL:
            yield refill(
                force=options["force"],
                trust_writer=options["trust_writer"],
                processes=settings.PROCESSES,
                watch=watch,
            )

    def of_readers(self, options: dict[str, Any], watch: Watch) -> Report:
        """Check, or reconcile."""
        common = {"deep": options["deep"], "only": options["only"], "watch": watch}
        if options["check"]:
            return check(**common)
        return reconcile(
            **common,
            rerender=options["rerender"],
            force=options["force"],
            trust_writer=options["trust_writer"],
            per_second=options["limit_per_second"],
            processes=settings.PROCESSES,
        )

    def name(self, report: Report) -> None:
        """Print the first findings, each with the title of its post."""
        shown = [finding.post_id for finding in report.findings]
        read = reader.titles(shown) if settings.PROJECTS else {}
        titles = {**read, **writer.titles(shown), INDEX_ID: "search index"}
        for finding in report.findings:
            named = f"“{titles[finding.post_id]}”" if finding.post_id in titles else ""
            self.stdout.write(f"{finding.kind:9} {finding.post_id} {named} {finding.error}".rstrip())
        if more := report.found.total() - len(shown):
            self.stdout.write(f"… and {more} more")


def positive(value: str) -> float:
    """Return a number above 0. Raise ValueError if it is none."""
    number = float(value)
    if not number > 0:
        raise ValueError(value)
    return number


def refuse_contradictions(options: dict[str, Any]) -> None:
    """Raise CommandError for options that do not go together."""
    if options["check"] and options["rerender"]:
        raise CommandError(
            "--check changes nothing, and --rerender changes everything: choose one.", returncode=2
        )
    if Kind.CORRUPT in options["only"] and not options["deep"]:
        raise CommandError("Only --deep sees what is corrupt: add it.", returncode=2)


def refuse_a_missing_side() -> None:
    """Raise CommandError, with the exit code of a refusal, if there are no two sides to compare."""
    if not settings.PROJECTS and not settings.EVENTS_URL:
        raise CommandError(
            "Refused: there is no reader's database here to compare with, as READER_DATABASE_URL is not set, "
            "and no stream, as EVENTS_URL is not. Nothing was changed.",
            returncode=ExitCode.REFUSED,
        )
    if not connections["default"].introspection.table_names():
        raise CommandError(
            "Refused: the writer's database is empty, it has no table at all. Nothing was changed. "
            "Is DATABASE_URL the right one? A new site begins with `make migrate`.",
            returncode=ExitCode.REFUSED,
        )


def show(bar: tqdm, report: Report) -> None:
    """Show on a terminal how far the run has come, and how long the repairs will take yet."""
    settling = report.settled.total()
    if settling and bar.total is None:
        bar.reset()  # the time that the comparison took says nothing of that
    bar.set_description("Repairing" if settling else "Comparing", refresh=False)
    bar.total = report.found.total() if settling else None
    bar.n = settling or report.compared
    bar.refresh()
