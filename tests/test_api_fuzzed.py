"""Schemathesis asks the API what its description allows, and what it does not: every answer is documented.

FUZZ says how many examples each operation gets. They are derived from the test alone, so that each run
asks the same; FRESH=1 draws others.
"""

import json
import os
from pathlib import Path
from urllib.parse import urlencode

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as profile

from cms import waiting
from reader.api_cursors import Position, sealed
from reader.api_parameters import read
from reader.api_urls import ENDPOINTS
from reader.editions import Edition
from writer import commands

EXAMPLES = int(os.environ.get("FUZZ", "100"))

schema = schemathesis.openapi.from_dict(
    json.loads((Path(__file__).parent.parent / "docs/openapi.json").read_text())
)
schema.app = get_wsgi_application()


@pytest.fixture(autouse=True)
def let_in(settings, monkeypatch):
    """Answer to the name that Schemathesis uses, and keep the test's connections at the end of a request.

    No version is waited for, as most that are drawn would never come (tests/test_waiting.py).
    """
    settings.ALLOWED_HOSTS = ["localhost"]
    monkeypatch.setattr(waiting, "arrives", lambda path, version: True)
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def blog(published, edit, give):
    """A small blog that has everything an answer can have."""
    series = commands.find_or_add_series("A tour")
    for number in range(3):
        body = "## One\n\nText.\n\n## Two\n\n*More*.\n\n## Three\n\nEnd."
        published(f"Post {number}", body, tags=["a", f"t{number}"], authors=["Ada"], series_id=series)
    give(commands.unpublish, published("Gone"))
    moved = published("Old")
    edit(moved, slug="new")
    give(commands.publish, moved)


def genuine(case):
    """Return a cursor as the site makes it for the other parameters: one that is drawn is forged, and refused."""
    name = case.path.split("/")[3]
    others = {name: value for name, value in case.query.items() if name != "cursor"}
    asked, _faults = read(urlencode(others, doseq=True), ENDPOINTS[name].parameters)
    keys = {
        "articles": [1772366401000000, "8" * 32],
        "archive": [202603],
        "search": [2, asked.get("limit", 20)],
        "changes": [Edition.objects.get().history.hex, 2, "0" * 32],
    }
    return sealed(Position(keys.get(name, ["b"])), case.path, asked)


@schema.parametrize()
@profile(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not os.environ.get("FRESH"),
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_documented_and_none_is_a_failure(case, blog):
    if case.meta.generation.mode.is_positive and "cursor" in case.query:
        case.query["cursor"] = genuine(case)
    case.call_and_validate(headers={"Accept-Encoding": "identity"})
