"""The stream as a machine: no counterexample is found; and one is, as soon as a check is taken out."""

from contextlib import contextmanager
from unittest.mock import patch

import pytest

from cms import node, refill, stream
from tests import machine_stream
from tests.driving import counterexample_after, portions, run_portion
from tests.jetstream import JetStream
from tests.machine_stream import Streamed

pytestmark = [
    pytest.mark.long,
    pytest.mark.sqlite,  # it copies the files
    pytest.mark.django_db(transaction=True, databases=["default", "reader"]),
]


@pytest.fixture(autouse=True)
def from_the_beginning(as_it_was):
    """Forget this machine's databases afterwards."""
    yield
    machine_stream.FIRST.clear()


@pytest.mark.parametrize("portion", portions(15))
def test_every_node_ends_with_what_writers_say(portion):
    run_portion(Streamed, portion, usual=15)


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
    no_expected_sequence: 4,
    no_comparison_by_the_writer: 0,
    no_comparison_by_nodes: 0,
    no_recreation_check: 0,
}


@pytest.mark.parametrize(
    ("ablation", "lucky"), ABLATIONS.items(), ids=lambda given: getattr(given, "__name__", "")
)
def test_without_a_check_a_counterexample_is_found(ablation, lucky, record_property):
    with ablation():
        tried = counterexample_after(Streamed, lucky)
    record_property("examples", tried)
    print(f"{ablation.__name__}: counterexample after {tried} examples")  # noqa: T201
