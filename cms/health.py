"""What a load balancer and an operator ask: is the process alive, and is the site in order?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that this process answers. Asks no database: readers live on when the writer does not."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(
    request: HttpRequest, late: Callable[[], list[str]] = list, said: Callable[[], dict[str, Any]] = dict
) -> JsonResponse:
    """Say whether this process has what it needs and nothing is `late`, 200, or what is not so, 503.

    It asks the databases of its role only: a reader is ready whatever became of the writer. What else is
    `said` is asked of databases that are in order.
    """
    faults = [*chain.from_iterable(map(database_reasons, settings.ALIASES))]
    reasons = faults or late()
    body = {"ready": not reasons, "reasons": reasons, **({} if faults else said())}
    answer = JsonResponse(body, status=503 if reasons else 200)
    answer["Cache-Control"] = "no-store"
    return answer


def database_reasons(alias: str) -> list[str]:
    """Return what keeps this database from being used."""
    try:
        executor = MigrationExecutor(connections[alias])
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return [f"The database {alias!r} does not answer: {error}".strip()]
    wanted = [step for step, _backwards in missing if (step.app_label == "reader") == (alias == "reader")]
    return [f"The database {alias!r} lacks {len(wanted)} migrations: run make migrate."] if wanted else []
