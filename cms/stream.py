"""The stream: the newest event of each post, held by NATS for nodes to follow (docs/adr/0018).

One subject for each post, and one message on it. A withdrawal and the site are messages like others, so what
the stream does not hold says nothing. An acknowledgement is not believed for ever: reconciliation compares.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from django.conf import settings

from cms import documents, events
from cms.broker import PATIENCE, Declined, Missing, Unreachable, broker
from cms.events import STREAM, Event, PostWithdrawn, least
from cms.tail import Message

if TYPE_CHECKING:
    from nats.aio.client import Client

KIND: Final = "Imprint-Kind"
VERSION: Final = "Imprint-Version"
DIGEST: Final = "Imprint-Digest"
SCHEMA: Final = "Imprint-Schema"
CORRELATION: Final = "Imprint-Correlation-Id"
EXPECTED: Final = "Nats-Expected-Last-Subject-Sequence"

NO_STREAM: Final = 10059  # numbers that the server gives its reasons
OTHERWISE: Final = 10058  # there is one of that name, set up otherwise
OVERTAKEN: Final = 10071  # another message came to the subject first
TRIES: Final = 5  # at a subject that does not hold still
ENVELOPE: Final = 1000  # bytes that subject and headers take at most, and more


class Unfit(ValueError):
    """A message that is no event of this site that this program could read."""


class Held(NamedTuple):
    """What the stream holds of a post. A message that is none of ours has version -1."""

    sequence: int
    version: int
    digest: str
    gone: bool = False  # withdrawn


class State(NamedTuple):
    """Which stream it is, and how far it has come."""

    history: str  # when it was made: one that was made anew counts its messages from 1
    last: int  # the sequence of its newest message


def subject_of(post_id: UUID) -> str:
    """Return where the stream holds what is public of a post."""
    return f"{settings.EVENTS_STREAM}.{post_id}"


def on_happened(sender: type, event: Event, reached: frozenset[str] = frozenset(), **kwargs: Any) -> str:
    """Let the stream hold what happened, unless it does. Receives `cms.events.happened`."""
    if STREAM not in reached:
        publish(event)
    return STREAM


def publish(event: Event) -> None:
    """Let the stream hold this event, unless it holds it or a newer one of the same post.

    The server refuses what was overtaken between the look and the message, so an old event never takes the
    place of a newer one, however late and however often it is sent. Raise Unreachable or Declined.
    """
    subject, data = subject_of(event.post_id), documents.packed(documents.document(event))
    gone = isinstance(event, PostWithdrawn)
    for _time in range(TRIES):
        try:
            there = message(subject)
            held = held_by(there) if there else None
            if held and (held.version, held.digest) == (event.version, event.digest):
                return
            if held and least(held.version, gone=held.gone and not gone) > event.version:
                return
            send(subject, data, {**headers(event), EXPECTED: str(held.sequence if held else 0)})
            return
        except Missing:
            ensure()
        except Declined as refusal:
            if refusal.code != OVERTAKEN:
                raise
    raise Unreachable(f"Others write to {subject} all the time.")


def headers(event: Event) -> dict[str, str]:
    """Return what can be known of the event without its document."""
    return {
        KIND: documents.kind_of(event),
        VERSION: str(event.version),
        DIGEST: event.digest,
        SCHEMA: str(documents.document(event)["schema"]),
        CORRELATION: str(events.correlation_id.get() or ""),
    }


def message(subject: str) -> Message | None:
    """Return what the stream holds under a subject, as its leader knows; None if there is nothing."""
    try:
        found = broker.ask(
            lambda client: client.jetstream(timeout=PATIENCE).get_last_msg(settings.EVENTS_STREAM, subject)
        )
    except Missing as fault:
        if fault.code == NO_STREAM:
            raise
        return None
    return Message(subject, found.seq or 0, found.headers or {}, found.data or b"")


def held_by(message: Message) -> Held:
    """Return what a message's headers say that it is."""
    try:
        said = message.headers
        return Held(message.sequence, int(said[VERSION]), said[DIGEST], said.get(KIND) == "post.withdrawn")
    except (KeyError, ValueError):
        return Held(message.sequence, -1, "")


def send(subject: str, data: bytes, headers: dict[str, str]) -> None:
    """Have the server store a message; return when it says that it has."""

    async def put(client: Client) -> None:
        if len(data) + ENVELOPE > client.max_payload:
            raise Declined(
                f"The event has {len(data):,} bytes and the NATS server takes {client.max_payload:,}. "
                "Raise its max_payload, or set EVENTS_LARGEST lower and shorten the post."
            )
        await client.jetstream(timeout=PATIENCE).publish(
            subject, data, stream=settings.EVENTS_STREAM, headers=dict(headers)
        )

    broker.ask(put)


def ensure() -> None:
    """See to it that there is a stream, set up as it has to be."""
    from nats.js import api

    config = api.StreamConfig(
        name=settings.EVENTS_STREAM,
        subjects=[f"{settings.EVENTS_STREAM}.*"],
        description="What is public of each post",
        max_msgs_per_subject=1,
        discard=api.DiscardPolicy.OLD,
        storage=api.StorageType.FILE,
        num_replicas=settings.EVENTS_REPLICAS,
        deny_delete=True,
        deny_purge=True,
    )
    try:
        broker.ask(lambda client: client.jetstream(timeout=5).add_stream(config))
    except Declined as refusal:
        if refusal.code != OTHERWISE:
            raise
        broker.ask(lambda client: client.jetstream(timeout=5).update_stream(config))


def state() -> State:
    """Return which stream there is. Raise Missing if there is none."""

    async def info(client: Client) -> dict[str, Any]:
        subject = f"$JS.API.STREAM.INFO.{settings.EVENTS_STREAM}"
        return json.loads((await client.request(subject, b"", timeout=PATIENCE)).data)

    told = broker.ask(info)
    if "error" in told:
        raise Missing(str(told["error"].get("description")), told["error"].get("err_code"))
    return State(str(told["created"]), int(told["state"]["last_seq"]))


def post_of(subject: str) -> UUID:
    """Return the post that a subject is about. Raise Unfit if it is about none."""
    name, _dot, post_id = subject.rpartition(".")
    try:
        found = UUID(post_id)
    except ValueError:
        found = None
    if name != settings.EVENTS_STREAM or found is None or subject != subject_of(found):
        raise Unfit(f"{subject[:200]} is no subject of a post.")
    return found


def event_of(message: Message) -> Event:
    """Return the event that a message tells of. Raise Unfit for all that is not ours, whole and readable."""
    post_id = post_of(message.subject)
    said = {str(name): str(value) for name, value in message.headers.items()}
    try:
        document = documents.unpacked(message.data)
        if documents.digest(document) != said.get(DIGEST):
            raise Unfit("The document is not the one that its digest was made of.")
        event = documents.opened(said[KIND], document, said[DIGEST])
    except Unfit:
        raise
    except Exception as fault:  # whatever anybody has put there
        raise Unfit(f"It cannot be read: {type(fault).__name__}: {fault}"[:500]) from fault
    if event.post_id != post_id or str(event.version) != said.get(VERSION):
        raise Unfit("The document is about another post or version than subject and headers say.")
    return event
