"""The stream as a machine: no counterexample is found; and one is, as soon as a check is taken out."""

import logging
import os
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.conf import settings
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as profile
from hypothesis.stateful import run_state_machine_as_test

from cms import node, refill, stream
from reader.rendering import code_version
from tests import machine_stream
from tests.jetstream import JetStream
from tests.machine_stream import Streamed

EXAMPLES = int(os.environ.get("EXAMPLES", "15"))
UNTIL_FOUND = int(os.environ.get("UNTIL_FOUND", "1000"))  # examples
FRESH = bool(os.environ.get("FRESH"))  # other examples each time; without it, the same

pytestmark = [
    pytest.mark.long,
    pytest.mark.sqlite,  # it copies the files
    pytest.mark.django_db(transaction=True, databases=["default", "reader"]),
]


@pytest.fixture(autouse=True)
def as_it_was():
    """Undo what the machine does to the site's name and to its databases; a log of it helps nobody."""
    name = settings.SITE_NAME
    logging.disable()
    yield
    logging.disable(logging.NOTSET)
    settings.SITE_NAME = name
    code_version.cache_clear()
    machine_stream.FIRST.clear()


def run(machine=Streamed, **options):
    """Let Hypothesis drive the machine."""
    fixed = {"stateful_step_count": 30, "deadline": None, "suppress_health_check": list(HealthCheck)}
    run_state_machine_as_test(machine, settings=profile(**fixed, **options))


def test_every_node_ends_with_what_writers_say():
    run(max_examples=EXAMPLES, derandomize=not FRESH)


# --- ablations: each takes one check out


@contextmanager
def no_expected_sequence():
    """The server takes a message whatever came to its subject meanwhile."""
    with patch.object(JetStream, "is_last", lambda server, expected, held: True):
        yield


@contextmanager
def no_comparison_by_the_writer():
    """What the broker acknowledged is believed for ever."""
    with patch.object(refill, "find", lambda report, sides, going_on: None):
        yield


@contextmanager
def no_comparison_by_nodes():
    """What was taken in once is believed to be there."""
    with patch.object(node, "find", lambda report, sides, going_on: None):
        yield


@contextmanager
def no_recreation_check():
    """A stream is believed to be the same, and never shorter than it was."""
    with patch("cms.following.stream.state", lambda: stream.State("the same", 2**52)):
        yield


# Each with a seed that is known to find something soon.
ABLATIONS = {
    no_expected_sequence: 3,
    no_comparison_by_the_writer: 0,
    no_comparison_by_nodes: 0,
    no_recreation_check: 0,
}


@pytest.mark.parametrize(
    ("ablation", "lucky"), ABLATIONS.items(), ids=lambda given: getattr(given, "__name__", "")
)
def test_without_a_check_a_counterexample_is_found(ablation, lucky, record_property):
    tried = []

    def counted(machine, real=Streamed.teardown):
        tried.append(machine)
        real(machine)

    seeded = seed(lucky)(type("Seeded", (Streamed,), {}))
    with ablation(), patch.object(Streamed, "teardown", counted), pytest.raises(AssertionError):
        run(seeded, max_examples=UNTIL_FOUND, phases=[Phase.generate], report_multiple_bugs=False)
    record_property("examples", len(tried))
    print(f"{ablation.__name__}: counterexample after {len(tried)} examples")  # noqa: T201
