"""The sync as a machine: no counterexample is found; and one is, as soon as any mechanism is taken out."""

from contextlib import contextmanager
from unittest.mock import patch

import pytest

from cms import drift
from reader import projector
from reader import queries as reader
from reader.models import Article
from reader.pages import Page
from tests import machine
from tests.driving import counterexample_after, portions, run_portion
from tests.machine import Machine
from writer import delivery
from writer import queries as writer

pytestmark = [
    pytest.mark.long,
    pytest.mark.sqlite,  # it copies the files
    pytest.mark.django_db(transaction=True, databases=["default", "reader"]),
]


@pytest.fixture(autouse=True)
def from_the_beginning(as_it_was):
    """Forget this machine's databases afterwards."""
    yield
    machine.FIRST.clear()


@pytest.mark.parametrize("portion", portions(200))
def test_readers_end_with_what_writers_say(portion):
    run_portion(Machine, portion, usual=200)


# --- ablations: each takes one mechanism out


@contextmanager
def no_version_guard():
    """A late event overwrites a newer one."""

    def put(row, **known):
        type(row).objects.filter(pk=row.pk).delete()
        row.save(force_insert=True)
        return True

    with patch.object(projector, "put", put):
        yield


@contextmanager
def no_tombstone():
    """A withdrawn article is deleted, and nothing remembers its version."""
    real = projector.put

    def put(row, **known):
        if getattr(row, "gone_at", None):
            Page.objects.filter(post_id=row.pk).delete()
            return bool(Article.objects.filter(pk=row.pk, version__lte=row.version).delete()[0])
        return real(row, **known)

    with patch.object(projector, "put", put):
        yield


@contextmanager
def no_recheck():
    """What the inventories say is believed at once."""
    theirs, mine = {}, {}

    def noted(inventory, seen):
        def noted(**bounds):
            for batch in inventory(**bounds):
                seen.update((entry.post_id, entry) for entry in batch)
                yield batch

        return noted

    def look(post_id, *, deep):
        return False, drift.drift(theirs.pop(post_id, None), mine.pop(post_id, None))

    with (
        patch.object(reader, "inventory", noted(reader.inventory, theirs)),
        patch.object(writer, "inventory", noted(writer.inventory, mine)),
        patch.object(drift, "look", look),
    ):
        yield


@contextmanager
def seen_once():
    """Drift is believed when it is seen the first time."""

    def look(post_id, *, deep):
        if writer.pending_posts([post_id]):
            return True, None
        return False, drift.drift(*drift.sides(post_id))

    with patch.object(drift, "look", look):
        yield


@contextmanager
def writer_read_first():
    """Of each post, the writer is asked before the reader."""

    def sides(post_id):
        mine = writer.entry(post_id)
        return reader.entry(post_id) or reader.stray(post_id), mine

    with patch.object(drift, "sides", sides), patch("cms.mending.sides", sides):
        yield


@contextmanager
def no_outbox():
    """An event is sent once, and forgotten."""
    real = delivery.deliver

    def deliver(row, *, now):
        arrived = real(row, now=now)
        type(row).objects.filter(pk=row.pk).update(delivered_at=now)
        return arrived

    with patch.object(delivery, "deliver", deliver):
        yield


@contextmanager
def no_equal_version():
    """An event of the version that is there is ignored, like an older one."""
    real = projector.put

    def put(row, **known):
        there = type(row).objects.filter(pk=row.pk).first()
        return False if there and there.version == row.version else real(row, **known)

    with patch.object(projector, "put", put):
        yield


# Each with a seed that is known to find something soon; another finds it, too, after up to some hundred examples.
ABLATIONS = {
    no_version_guard: 0,
    no_tombstone: 4,
    no_recheck: 0,
    seen_once: 30,
    writer_read_first: 9,
    no_outbox: 1,
    no_equal_version: 10,
}


@pytest.mark.parametrize(
    ("ablation", "lucky"), ABLATIONS.items(), ids=lambda given: getattr(given, "__name__", "")
)
def test_without_a_mechanism_a_counterexample_is_found(ablation, lucky, record_property):
    with ablation():
        tried = counterexample_after(Machine, lucky)
    record_property("examples", tried)
    print(f"{ablation.__name__}: counterexample after {tried} examples")  # noqa: T201
