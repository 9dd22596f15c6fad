"""Nodes as the writer sees them: who follows the stream now, and how far each has come.

A node's consumer bears its name, and the node acknowledges what it has committed. The server forgets the
consumer half a minute after the node fell silent, so nobody waits for one that is gone.
"""

from __future__ import annotations

import asyncio
import json
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings

from cms import stream
from cms.broker import Declined, Unreachable, broker
from cms.events import Reach
from cms.tail import node_of

if TYPE_CHECKING:
    from nats.aio.client import Client

PATIENCE: Final = 1.0  # s; a server that is down keeps its consumers to itself


class Node(NamedTuple):
    """A machine that follows the stream."""

    name: str
    since: str  # when it began to follow: ISO 8601
    sequence: int  # of the message up to which it has taken in all, or parked it
    behind: int  # messages that are still to come


def nodes() -> list[Node]:
    """Return who follows the stream, by name. Raise what `broker.ask` raises, and Unreachable if nobody says.

    A node that began to follow anew a moment ago has two consumers; the newer one is it.
    """
    newest = {node.name: node for node in sorted(broker.ask(consumers), key=attrgetter("since"))}
    return [newest[name] for name in sorted(newest)]


async def consumers(client: Client) -> list[Node]:
    """Return what the servers know of each node's consumer, but of those that went down with their server."""
    found = await told(client, f"NAMES.{settings.EVENTS_STREAM}")
    asked = [seen(client, name) for name in found.get("consumers") or () if node_of(name)]
    return [node for node in await asyncio.gather(*asked) if node]


async def seen(client: Client, name: str) -> Node | None:
    """Return the node that has the consumer of that name; None if it is gone."""
    try:
        known = await told(client, f"INFO.{settings.EVENTS_STREAM}.{name}")
    except Unreachable:
        return None
    if "ack_floor" not in known:
        return None
    behind = known["num_pending"] + known["num_ack_pending"]
    return Node(node_of(name), known["created"], known["ack_floor"]["stream_seq"], behind)


async def told(client: Client, question: str) -> dict[str, Any]:
    """Return what the server says of consumers. Raise Unreachable if it is silent, as to who may not ask.

    That is no reason to take the broker for dead, and to let events wait.
    """
    from nats import errors

    try:
        answer = await client.request(f"$JS.API.CONSUMER.{question}", b"", timeout=PATIENCE)
    except (TimeoutError, errors.Error) as error:
        raise Unreachable("The servers do not say who follows the stream.") from error
    return dict(json.loads(answer.data))


def on_asked(sender: type, post_id: UUID, **kwargs: Any) -> Reach | None:
    """Say which nodes have the newest that was told of a post. Receives `cms.events.asked`."""
    try:
        there = stream.message(stream.subject_of(post_id))
        known = nodes() if there else []
    except (Unreachable, Declined):
        return None
    if there is None:
        return None
    has = [node.name for node in known if node.sequence >= there.sequence]
    return Reach(tuple(has), tuple(node.name for node in known if node.name not in has))
