"""JetStream in memory: the few things that the project asks of NATS, as the server does them.

It stands where the client stands (`cms.broker`), and raises what the client raises. That it behaves as a
real server does is tested (tests/test_jetstream.py). What a real one does seldom, this one does when told to.
"""

import copy
import itertools
import json
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

from nats import errors
from nats.js import errors as refusals

from cms.broker import Unreachable, broker
from cms.stream import EXPECTED

ACK = "$JS.ACK."
STREAM_INFO = "$JS.API.STREAM.INFO."
MADE = itertools.count(1)  # streams: no two are made at the same time


class JetStream:
    """A server with one stream at most, and the client of whoever asks it."""

    max_payload = 1_000_000

    def __init__(self):
        self.stream, self.consumers = None, {}
        self.unreachable = self.deaf = False  # deaf: it stores what it is sent, and its answer is lost
        self.at_once = 1  # messages that a consumer is handed at most
        self.disorder = ()  # of the next messages, which come, by place; the others get lost
        self.before_asking = lambda: None

    @contextmanager
    def installed(self):
        """Let the broker be asked here."""
        with (
            patch.object(broker, "connected", self.connected),
            patch.object(broker, "ask", self.ask),
            patch.object(broker, "leave", lambda client: None),  # there is no other server to turn to
        ):
            yield self

    def ask(self, question):
        """Answer as the broker does, in this thread: nothing here waits for anything."""
        self.before_asking()
        try:
            broker.answer(question).send(None)
        except StopIteration as answer:
            return answer.value
        raise AssertionError("It waits.")

    async def connected(self):
        if self.unreachable:
            raise Unreachable("All NATS servers are down.")
        return self

    def jetstream(self, timeout=None):
        return self

    # --- the stream

    async def add_stream(self, config=None, **wanted):
        wanted = wanted or {"name": config.name, "subjects": config.subjects}
        if self.stream is None:
            created = f"2026-03-01T12:00:00.{next(MADE):09}Z"
            self.stream = SimpleNamespace(created=created, last=0, messages={}, **wanted)

    async def request(self, subject, data, timeout):
        assert subject.startswith(STREAM_INFO), subject
        if self.stream is None:
            told = {"error": {"code": 404, "err_code": 10059, "description": "stream not found"}}
        else:
            told = {"created": self.stream.created, "state": {"last_seq": self.stream.last}}
        return SimpleNamespace(data=json.dumps(told).encode())

    async def get_last_msg(self, stream, subject):
        held = self.present().messages.get(subject)
        if held is None:
            raise refusals.NotFoundError(code=404, err_code=10037, description="no message found")
        return SimpleNamespace(seq=held.sequence, headers=held.headers, data=held.data)

    def present(self):
        """Return the stream. Raise what the client raises if there is none."""
        if self.stream is None:
            raise refusals.NotFoundError(code=404, err_code=10059, description="stream not found")
        return self.stream

    async def delete_stream(self, name):
        self.present()
        self.forget_consumers()
        self.stream = None

    def forget_consumers(self):
        """Say no more to anybody."""
        for consumer in self.consumers.values():
            consumer.forgotten = True

    # --- messages

    async def publish(self, subject, data=b"", reply="", stream="", headers=None):
        if subject == ACK:
            return  # who sees how far a node has come asks a real server
        if subject in self.consumers:
            self.consumers[subject].asked_for(json.loads(data)["batch"])
            return
        if self.stream is None:
            raise refusals.NoStreamResponseError
        headers = dict(headers or {})
        held = self.stream.messages.get(subject)
        expected = headers.pop(EXPECTED, None)
        if expected is not None and not self.is_last(expected, held):
            raise refusals.BadRequestError(
                code=400, err_code=10071, description=f"wrong last sequence: {held.sequence if held else 0}"
            )
        self.stream.last += 1
        self.stored(SimpleNamespace(subject=subject, sequence=self.stream.last, headers=headers, data=data))
        if self.deaf:
            raise errors.TimeoutError

    def is_last(self, expected, held):
        """Tell whether the message under a subject is the one that the publisher has seen."""
        return expected == str(held.sequence if held else 0)

    def stored(self, message):
        """Keep the message, and no other on its subject."""
        self.stream.messages.pop(message.subject, None)
        self.stream.messages[message.subject] = message

    # --- consumers

    def new_inbox(self):
        return "_INBOX"

    async def subscribe(self, inbox):
        self.inbox = Consumer(self)
        return self.inbox

    async def add_consumer(self, stream, config):
        self.present()
        name = f"c{len(self.consumers)}"
        self.consumers = {f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}": self.inbox}
        self.inbox.place = config.opt_start_seq - 1
        return SimpleNamespace(name=name, num_pending=len(self.inbox.to_come()))

    # --- what a real one does seldom

    def copy(self):
        """Return the stream as it is now, to be put back."""
        return copy.deepcopy(self.stream)

    def put_back(self, stream):
        """Let the stream be as it was, with all that it acknowledged since lost."""
        self.forget_consumers()
        self.stream = copy.deepcopy(stream)

    def lose(self, subject):
        """Lose a message that was acknowledged, and go on counting."""
        self.stream.messages.pop(subject)


class Consumer:
    """A consumer, and the inbox to which it sends: one thing here."""

    def __init__(self, server):
        self.server, self.said = server, []
        self.place = self.sent = self.due = 0
        self.forgotten = False

    @property
    def pending_msgs(self):
        """Return how many are there, besides those that were taken."""
        return min(len(self.said), self.server.at_once - 1)

    def to_come(self):
        """Return what stands behind the place."""
        held = self.server.stream.messages.values()
        return sorted((one for one in held if one.sequence > self.place), key=lambda one: one.sequence)

    def asked_for(self, number):
        self.due += number

    async def next_msg(self, timeout):
        if not self.said and not self.forgotten:
            self.said = self.disordered(list(self.batch()))
        if self.said:
            return self.said.pop(0)
        if self.forgotten:
            raise errors.TimeoutError
        headers = {"Status": "100", "Nats-Last-Consumer": str(self.sent)}
        return SimpleNamespace(reply="", headers=headers, subject="", data=b"")

    def batch(self):
        """Yield what is sent of what was asked for."""
        coming = self.to_come()
        for left, message in zip(reversed(range(len(coming))), coming, strict=True):
            if self.due:
                self.place, self.sent, self.due = message.sequence, self.sent + 1, self.due - 1
                yield self.as_sent(message, left)

    def as_sent(self, message, left):
        sequence = SimpleNamespace(consumer=self.sent, stream=message.sequence)
        place = SimpleNamespace(sequence=sequence, num_pending=left)
        return SimpleNamespace(
            reply=ACK,
            metadata=place,
            subject=message.subject,
            headers=message.headers,
            data=message.data,
        )

    def disordered(self, messages):
        """Return the messages as they come, if they are not to come as they were sent."""
        order, self.server.disorder = self.server.disorder if messages else (), ()
        if not order:
            return messages
        return [messages[place] for place in order if place < len(messages)] + messages[len(order) :]

    async def unsubscribe(self):
        self.forgotten = True
