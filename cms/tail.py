"""The tail of the stream: all that stands behind a place, in order, and then what comes.

It is read through a consumer that lasts no longer than its reader. The server keeps it in memory and forgets
it; where to go on is known to the reader alone. A node's bears its name and is told what has been committed,
for the writer to see (`cms.nodes`). Whatever is odd ends it, and who reads begins anew.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cms.broker import Declined, Unreachable, broker

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg

BATCH: Final = 64  # messages asked for at a time; each may be a megabyte
EXPIRES: Final = 5.0  # s that the server keeps a request open
HEARTBEAT: Final = 1.0  # s after which it says that it is there, if it has nothing else to say
SILENCE: Final = 3.0  # s without a word: it is dead, or has forgotten the consumer
FORGOTTEN: Final = 30.0  # s without a request, and the server forgets the consumer
ENDED: Final = ("404", "408")  # statuses: the request has had its time
ALIVE: Final = "100"  # the status of a heartbeat
NANO: Final = 1_000_000_000
NODE: Final = "node-"  # what the name of a node's consumer begins with
NEVER: Final = 86_400.0  # s until what was not acknowledged is sent again; nobody reads so long
REQUEST: Final = {"batch": BATCH, "expires": int(EXPIRES * NANO), "idle_heartbeat": int(HEARTBEAT * NANO)}


class Lost(Exception):
    """The consumer is gone, or a message on its way from it. Whoever reads begins anew where he is."""


class Message(NamedTuple):
    """A message as it stands in the stream."""

    subject: str
    sequence: int
    headers: dict[str, str]
    data: bytes  # empty if only headers were asked for


class Tail:
    """What stands in the stream behind a place, for a node that says its name, or for anybody.

    Each method raises Lost, or what `broker.ask` raises.
    """

    def __init__(self, stream: str, *, after: int, headers_only: bool = False, node: str = "") -> None:
        self.stream, self.node, self.receipt = stream, node, ""
        self.due = self.delivered = 0  # messages that were asked for and did not come yet; that came
        self.pending: int = broker.ask(lambda client: self.begin(client, after, headers_only))

    def news(self) -> list[Message]:
        """Return what has come, in order. Nothing means that the server is there and has nothing newer."""
        try:
            return broker.ask(self.next)
        except Unreachable as fault:
            raise Lost(str(fault)) from fault

    def committed(self) -> None:
        """Say that the node has committed all that has come."""
        if self.receipt:
            broker.ask(lambda client: client.publish(self.receipt, b"+ACK"))
            self.receipt = ""

    def close(self) -> None:
        """Ask for no more. The server forgets the consumer by itself."""
        with suppress(Unreachable, Declined):
            broker.ask(lambda client: self.inbox.unsubscribe())

    def up_to_now(self) -> Iterator[Message]:
        """Yield all there is, until nothing more stands behind it."""
        while self.pending:
            yield from self.news()

    async def begin(self, client: Client, after: int, headers_only: bool) -> int:
        """Have the server make the consumer; return how many messages there are for it."""
        from nats.js import api

        inbox = client.new_inbox()
        self.inbox, self.reply = await client.subscribe(inbox), inbox
        consumer = await client.jetstream().add_consumer(
            self.stream,
            api.ConsumerConfig(
                deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=after + 1,
                **self.reporting(),
                mem_storage=True,
                num_replicas=1,
                inactive_threshold=FORGOTTEN,
                headers_only=headers_only,
            ),
        )
        self.subject = f"$JS.API.CONSUMER.MSG.NEXT.{self.stream}.{consumer.name}"
        return consumer.num_pending or 0

    def reporting(self) -> dict[str, Any]:
        """Return how the consumer is set up to be told what has been committed, if a node is."""
        from nats.js import api

        if not self.node:
            return {"ack_policy": api.AckPolicy.NONE}
        name = f"{NODE}{self.node}-{secrets.token_hex(4)}"
        return {"name": name, "ack_policy": api.AckPolicy.ALL, "ack_wait": NEVER, "max_ack_pending": -1}

    async def next(self, client: Client) -> list[Message]:
        """Wait until something is said, and return all that has been."""
        from nats import errors

        if not self.due:
            await client.publish(self.subject, json.dumps(REQUEST).encode(), self.reply)
            self.due = BATCH
        try:
            said = [await self.inbox.next_msg(SILENCE)]
            said += [await self.inbox.next_msg(SILENCE) for _each in range(self.inbox.pending_msgs)]
        except errors.Error as error:
            raise Lost("The stream has fallen silent.") from error
        return [message for one in said if (message := self.heard(one))]

    def heard(self, said: Msg) -> Message | None:
        """Return a message; None for what the server says of the request. Raise Lost if one is missing."""
        headers: dict[str, Any] = said.headers or {}
        if said.reply.startswith("$JS.ACK."):
            place = said.metadata
            self.expect(place.sequence.consumer, self.delivered + 1)
            self.delivered, self.due, self.pending = self.delivered + 1, self.due - 1, place.num_pending
            self.receipt = said.reply if self.node else ""
            return Message(said.subject, place.sequence.stream, headers, said.data)
        match headers.get("Status"):
            case status if status in ENDED:
                self.due = 0
            case status if status == ALIVE:
                self.expect(int(headers.get("Nats-Last-Consumer", self.delivered)), self.delivered)
            case status:
                raise Lost(f"The server ends the request: {status} {headers.get('Description', '')}".strip())
        return None

    def expect(self, number: int, expected: int) -> None:
        """Raise Lost if this is not the message whose turn it is."""
        if number != expected:
            raise Lost(f"Message {expected} did not come; the server has sent {number}.")


def node_of(consumer: str) -> str:
    """Return the node that has the consumer of this name; empty if no node does."""
    return consumer.removeprefix(NODE).rpartition("-")[0] if consumer.startswith(NODE) else ""
