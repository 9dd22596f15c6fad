"""Where a process may die: named points, before or after a function."""

import importlib
from contextlib import ExitStack, contextmanager, suppress
from unittest.mock import patch

import pytest

from writer.commands import Refused

POINTS = [
    ("after", "writer.commands.publishing.take_address"),  # before the commit
    ("before", "writer.commands.publishing.outbox.announce"),
    ("after", "writer.commands.publishing.outbox.announce"),
    ("before", "writer.commands.schedules.publish_if_due"),
    ("after", "writer.commands.schedules.publish_if_due"),
    ("after", "writer.commands.schedules.withdraw"),  # before the commit
    ("before", "writer.delivery.deliver"),  # after the commit
    ("before", "writer.delivery.attempt"),
    ("after", "writer.delivery.attempt"),  # delivered, not noted
    ("after", "writer.delivery.deliver"),
    ("before", "reader.projector.put_names"),  # in the reader's transaction
    ("before", "reader.projector.put_pages"),
    ("after", "reader.projector.put_pages"),
    ("after", "reader.projector.raise_edition"),
    ("before", "cms.reconcile.mark_outdated"),
    ("after", "cms.reconcile.mark_outdated"),
    ("after", "cms.reconcile.find"),
    ("before", "cms.mending.mend_together"),
    ("after", "cms.mending.mend_together"),
    ("before", "cms.mending.mend"),
    ("after", "cms.mending.mend"),
    ("before", "cms.recording.write"),  # the run's report
    ("after", "cms.recording.write"),
]

STREAM_POINTS = [
    ("before", "cms.stream.send"),
    ("after", "cms.stream.send"),  # stored, not noted
    ("before", "cms.intake.settle"),  # in the node's transaction
    ("after", "cms.intake.settle"),
    ("after", "cms.intake.park"),
    ("after", "cms.intake.take"),
    ("before", "cms.intake.settle_together"),  # in the node's transaction
    ("after", "cms.intake.settle_together"),
    ("after", "cms.following.take_together"),
    ("after", "cms.following.take_in_turn"),
    ("after", "cms.following.try_parked_again"),
    ("before", "cms.holdings.settled"),
    ("after", "cms.holdings.settled"),
    ("before", "cms.refill.withdraw"),
]


class SimulatedCrash(BaseException):
    """The process is gone: nothing after this point happens."""


class Crash:
    """The point at which the process dies next, if any."""

    at = None


@contextmanager
def installed(points=POINTS):
    """Watch these points; yield the Crash that says which is next."""
    crash = Crash()
    with ExitStack() as stack:
        for name in sorted({name for _when, name in points}):
            stack.enter_context(patch(name, watched(name, crash)))
        yield crash


def survive(steps, point, points=POINTS):
    """Take these steps in a process that dies at the point, which must be passed, and then once more in another."""
    with installed(points) as crash:
        crash.at = point
        for step in steps:
            with suppress(SimulatedCrash):
                step()
        assert crash.at is None, f"Nothing passed {point}."
    for step in steps:
        with suppress(Refused):
            step()


@contextmanager
def dying(when, name):
    """Let what is done meanwhile die at this point, as it must."""
    with installed([(when, name)]) as crash:
        crash.at = when, name
        with pytest.raises(SimulatedCrash):
            yield


def watched(name, crash):
    """Return the function, which dies where it is told to."""
    module, _, function = name.rpartition(".")
    real = getattr(resolved(module), function)

    def die(when):
        if crash.at == (when, name):
            crash.at = None
            raise SimulatedCrash(when, name)

    def wrapper(*args, **kwargs):
        die("before")
        result = real(*args, **kwargs)
        die("after")
        return result

    return wrapper


def resolved(name):
    """Return a module, or what a module holds."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(resolved(module), attribute)
