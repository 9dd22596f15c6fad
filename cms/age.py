"""How old what a node serves may be: since when the broker has not said that there is nothing newer.

Pages say so in a header, /readyz in a field and /metrics in a figure. A node is ready once it has caught up
for the first time, and from then on whatever becomes of broker and writer.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from django.db import Error, connections
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric

from cms.metrics import of_the_reader
from reader.checkpoint import Checkpoint, Parked

HEADER: Final = "Imprint-Age"  # s
BELIEVED: Final = 1.0  # s that an age is told on before the database is asked again
UNKNOWN: Final = "unknown"

Application = Callable[..., Iterable[bytes]]


def age() -> float:
    """Return for how many seconds the node may have missed something; infinity if it has never caught up."""
    heard_at = Checkpoint.objects.filter(pk=1).values_list("heard_at", flat=True).first()
    return max(0.0, (timezone.now() - heard_at).total_seconds()) if heard_at else math.inf


def not_ready() -> list[str]:
    """Return why this node should not be sent readers yet."""
    if Checkpoint.objects.filter(pk=1, caught_up_at__isnull=False).exists():
        return []
    if not Checkpoint.objects.filter(pk=1, heard_at__isnull=False).exists():
        return ["This node has not caught up with the stream yet. Does manage.py follow run?"]
    return [
        "This node has read all that the stream holds, which is not complete yet: the writer's worker "
        "compares it within a minute. If this lasts, manage.py reconcile on the writer says why."
    ]


def said() -> dict[str, Any]:
    """Return what else /readyz says: the age in whole seconds; null if it has never caught up."""
    known = age()
    return {"age": None if math.isinf(known) else round(known)}


def of_the_node() -> Iterable[Metric]:
    """Return what the reader's database of a node knows."""
    yield from of_the_reader()
    yield GaugeMetricFamily(
        "imprint_age_seconds",
        "Time since the broker last said that there is nothing newer than what this node has, in seconds; "
        "+Inf: it never has.",
        value=age(),
    )
    yield GaugeMetricFamily(
        "imprint_parked_messages",
        "Messages of the stream that could not be taken in, and of which no newer one has come.",
        value=Parked.objects.count(),
    )


class Aged:
    """A WSGI application whose answers say how old they may be."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.known, self.until = UNKNOWN, 0.0
        self.asking = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as the application does, with one more header."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, (HEADER, self.now())], *more)

        return self.application(environ, start)

    def now(self) -> str:
        """Return the age in whole seconds, as it was known a second ago at most."""
        if time.monotonic() >= self.until and self.asking.acquire(blocking=False):
            try:
                self.until = time.monotonic() + BELIEVED
                self.known = told()
            finally:
                self.asking.release()
        return self.known


def told() -> str:
    """Return the age as the header says it. A database that cannot say must keep no page from readers."""
    try:
        known = age()
    except Error:
        connections["reader"].close()  # the next one may be better
        return UNKNOWN
    return UNKNOWN if math.isinf(known) else str(int(known))
