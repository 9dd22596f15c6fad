"""What /metrics says of the writer's side."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final, NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from cms.figures import Figures, figures
from cms.report import Kind
from cms.schedule import EVERY


class Gauge(NamedTuple):
    """A gauge: its name, unit and meaning, and what it reads from the figures."""

    name: str
    help: str
    read: Callable[[Figures], float | dict[str, float]]
    label: str = ""  # where it reads several values, what tells them apart


def seconds(duration: timedelta | None) -> float:
    """Return a duration in seconds; +Inf for one since what has never been."""
    return math.inf if duration is None else duration.total_seconds()


def drift(figures: Figures) -> dict[str, float]:
    """Return how many posts differed, by kind."""
    found = figures.last.found if figures.last else {}
    return {str(kind): found.get(kind, 0) for kind in Kind}


def oldest(figures: Figures) -> dict[str, float]:
    """Return the ages of the oldest events, by whether they have been tried."""
    ages = {"untried": figures.backlog.oldest_untried, "failing": figures.backlog.oldest_failing}
    return {state: seconds(figures.age(at)) if at else 0 for state, at in ages.items()}


def sweeps(figures: Figures) -> dict[str, float]:
    """Return how long ago each sweep showed itself."""
    return {sweep: seconds(figures.age(figures.seen.get(sweep))) for sweep in EVERY}


GAUGES: Final = (
    Gauge(
        "imprint_lag_seconds",
        "Age of the oldest event that has not reached readers, in seconds; 0 if all have.",
        lambda figures: seconds(figures.lag),
    ),
    Gauge(
        "imprint_outbox_pending",
        "Events that have not reached readers: not tried yet, or tried and failing.",
        lambda figures: {"untried": figures.backlog.untried, "failing": figures.backlog.failing},
        "state",
    ),
    Gauge(
        "imprint_outbox_oldest_seconds",
        "Age of the oldest such event, in seconds; 0 if there is none.",
        oldest,
        "state",
    ),
    Gauge(
        "imprint_overdue_posts",
        "Appointments to publish or unpublish a post that are more than 2 minutes past.",
        lambda figures: figures.overdue,
    ),
    Gauge(
        "imprint_scheduled_posts",
        "Appointments to publish or unpublish a post that are to come.",
        lambda figures: figures.scheduled,
    ),
    Gauge(
        "imprint_worker_heartbeat_seconds",
        "Time since the worker, or cron in its place, last showed itself, in seconds; +Inf: never.",
        lambda figures: seconds(figures.silence),
    ),
    Gauge(
        "imprint_sweep_heartbeat_seconds",
        "Time since such a sweep last began, went on or ended, in seconds; +Inf: never.",
        sweeps,
        "sweep",
    ),
    Gauge(
        "imprint_seconds_since_good_run",
        "Time since reconcile last ended with no drift left, in seconds; +Inf: never.",
        lambda figures: seconds(figures.unchecked),
    ),
    Gauge(
        "imprint_drift",
        "Posts that differed between writer and reader when reconcile last ran, repaired or not, by kind.",
        drift,
        "kind",
    ),
    Gauge(
        "imprint_repairs",
        "Posts that reconcile repaired when it last ran.",
        lambda figures: figures.last.repaired if figures.last else 0,
    ),
    Gauge(
        "imprint_reconcile_exit_code",
        "What reconcile last ended with: 0 in sync, 3 repaired, 4 drift remains, 5 refused; NaN: never ran.",
        lambda figures: math.nan if figures.last is None else figures.last.exit_code or 0,
    ),
    Gauge(
        "imprint_articles",
        "Posts that the public can read, as counted when reconcile last ran.",
        lambda figures: figures.last.articles if figures.last else 0,
    ),
)


def of_the_writer() -> Iterable[Metric]:
    """Return what the writer's database knows."""
    found = figures()
    yield CounterMetricFamily(
        "imprint_deliveries", "Events that have reached readers.", value=found.traffic.deliveries
    )
    yield CounterMetricFamily(
        "imprint_delivery_failures", "Deliveries that were tried in vain.", value=found.traffic.failures
    )
    for gauge in GAUGES:
        value = gauge.read(found)
        family = GaugeMetricFamily(gauge.name, gauge.help, labels=[gauge.label] if gauge.label else [])
        for label, number in value.items() if isinstance(value, dict) else [("", value)]:
            family.add_metric([label] if gauge.label else [], number)
        yield family
