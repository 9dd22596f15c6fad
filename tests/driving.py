"""How Hypothesis drives a machine: as it is, and with one of its mechanisms taken out."""

import logging
import os
from unittest.mock import patch

import pytest
from django.conf import settings
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as profile
from hypothesis.stateful import run_state_machine_as_test

from reader.rendering import code_version

FRESH = bool(os.environ.get("FRESH"))  # other examples each time; without it, the same
PORTION = 100  # examples of one test: so all cores have some, and who is stopped knows what was tried
UNTIL_FOUND = int(os.environ.get("UNTIL_FOUND", "1000"))  # examples


def portions(usual):
    """Return the seeds of the tests that try so many examples together, or as many as EXAMPLES says."""
    return range(-(-examples(usual) // PORTION))


def examples(usual):
    """Return how many examples are tried."""
    return int(os.environ.get("EXAMPLES", usual))


@pytest.fixture
def as_it_was():
    """Undo what a machine does to the site's name; a log of it helps nobody."""
    name = settings.SITE_NAME
    logging.disable()
    yield
    logging.disable(logging.NOTSET)
    settings.SITE_NAME = name
    code_version.cache_clear()


def run_portion(machine, number, *, usual):
    """Try one portion of the examples: always the same ones, or if FRESH says so, any."""
    run(machine if FRESH else seeded(machine, number), max_examples=min(PORTION, examples(usual)))


def run(machine, **options):
    """Let Hypothesis drive the machine."""
    fixed = {"stateful_step_count": 30, "deadline": None, "derandomize": False}
    fixed["suppress_health_check"] = list(HealthCheck)
    run_state_machine_as_test(machine, settings=profile(**fixed, **options))


def seeded(machine, number):
    """Return the machine as it is driven from this seed."""
    return seed(number)(type("Seeded", (machine,), {}))


def counterexample_after(machine, lucky):
    """Return after how many examples from this seed one is found in which the machine fails. One must be."""
    tried = []

    def counted(example, real=machine.teardown):
        tried.append(example)
        real(example)

    with patch.object(machine, "teardown", counted), pytest.raises(AssertionError):
        run(
            seeded(machine, lucky),
            max_examples=UNTIL_FOUND,
            phases=[Phase.generate],
            report_multiple_bugs=False,
        )
    return len(tried)
