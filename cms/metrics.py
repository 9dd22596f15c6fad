"""/metrics: figures as Prometheus reads them, taken from the databases when it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from reader import queries as reader

Sides = dict[str, Callable[[], Iterable[Metric]]]  # a database → what it knows


class FromDatabases(Collector):
    """Asks the databases of this process; from one that does not answer there is nothing but that."""

    def __init__(self, sides: Sides) -> None:
        self.sides = {alias: ask for alias, ask in sides.items() if alias in settings.ALIASES}

    def collect(self) -> Iterator[Metric]:
        """Yield every metric that can be known now."""
        up = GaugeMetricFamily("imprint_up", "Whether the database answers: 1 or 0.", labels=["database"])
        for database, ask in self.sides.items():
            try:
                known = list(ask())
            except Error:
                known = []
            up.add_metric([database], bool(known))
            yield from known
        yield up


def of_the_reader() -> Iterable[Metric]:
    """Return what the reader's database knows."""
    yield GaugeMetricFamily(
        "imprint_edition",
        "Number of the present state of the read side; every projection raises it.",
        value=reader.edition().number,
    )


@require_safe
def metrics(request: HttpRequest, sides: Sides) -> HttpResponse:
    """Answer what Prometheus asks. Always 200: what cannot be known is missing, and imprint_up says why."""
    registry = CollectorRegistry()
    registry.register(FromDatabases(sides))
    answer = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    answer["Cache-Control"] = "no-store"
    return answer
