"""What the tests of the stream arrange with: a real NATS server, and a stream that no other test knows."""

import uuid
from contextlib import contextmanager

import pytest

from cms import documents, events, nodes, stream
from cms.broker import Unreachable, broker
from cms.events import READER, STREAM
from reader.receivers import on_happened
from tests.nats import Nats


@pytest.fixture(scope="module")
def nats(tmp_path_factory):
    """A server for all tests of a module."""
    server = Nats(tmp_path_factory.mktemp("nats")).start()
    yield server
    server.stop()


@pytest.fixture
def events_url(nats, settings):
    """Let events go to a stream of the test's own, and to the readers of this machine."""
    settings.EVENTS_URL = [nats.url]
    settings.EVENTS_STREAM = f"test-{uuid.uuid4().hex[:8]}"
    events.happened.connect(stream.on_happened, dispatch_uid=STREAM)
    events.asked.connect(nodes.on_asked, dispatch_uid=STREAM)
    yield settings.EVENTS_STREAM
    events.asked.disconnect(dispatch_uid=STREAM)
    events.happened.disconnect(dispatch_uid=STREAM)
    broker.close()


@pytest.fixture
def elsewhere(events_url):
    """Let readers be on another machine: only the stream is told, and the reader's database is a node's."""
    events.happened.disconnect(dispatch_uid=READER)
    yield events_url
    events.happened.connect(on_happened, dispatch_uid=READER)


@pytest.fixture
def stream_down(monkeypatch):
    """Let the broker be out of reach, as if all its servers were down."""

    @contextmanager
    def down():
        def ask(question):
            raise Unreachable("All NATS servers are down.")

        with monkeypatch.context() as patch:
            patch.setattr(broker, "ask", ask)
            yield

    return down


def delete_stream(name):
    """Lose the stream and all that it holds."""
    broker.ask(lambda client: client.jetstream().delete_stream(name))


def put(subject, data=b"", **headers):
    """Publish a message as anybody could who may write to the stream."""
    named = {f"Imprint-{name.title()}": str(value) for name, value in headers.items()}
    broker.ask(lambda client: client.jetstream().publish(subject, data, headers=named or None))


def put_event(event, **changes):
    """Publish an event, changed in a way that this program would not."""
    document = {**documents.document(event), **changes}
    said = {
        "kind": documents.kind_of(event),
        "version": document["version"],
        "digest": documents.digest(document),
    }
    put(stream.subject_of(event.post_id), documents.packed(document), **said)
