"""The row of a run of reconciliation, from its start to its end, which the Sync page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.utils import timezone

from cms.models import Reconciliation
from cms.pulse import now_and_then
from cms.report import Report

REMEMBERED: Final = timedelta(days=90)  # reports of runs

Watch = Callable[[Report], None]


@contextmanager
def recorded(report: Report, renew: Callable[[], None], watch: Watch) -> Iterator[Callable[[], None]]:
    """Keep a row of the run from its start to its end; yield what is to be called as it goes on.

    A run that is killed leaves its row without an end.
    """
    row = Reconciliation(started_at=report.started_at, deep=report.deep)

    def going_on() -> None:
        watch(report)
        renew()
        write(row, report)

    write(row, report)
    yield now_and_then(going_on)
    row.finished_at, row.exit_code = timezone.now(), report.exit_code
    write(row, report)
    Reconciliation.objects.filter(started_at__lt=report.started_at - REMEMBERED).delete()


def write(row: Reconciliation, report: Report) -> None:
    """Write what the run has found and done so far."""
    for name in ("articles", "compared", "waiting", "repaired", "refusal"):
        setattr(row, name, getattr(report, name))
    row.found, row.findings = report.counted(), report.named()
    row.save()
