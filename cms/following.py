"""Following: a node takes in what the stream holds, in its order, and goes on for ever.

The place it has come to is its own and commits with the rows, so a node that dies goes on where it was. What
cannot be taken in is parked with the reason, and holds up nothing.
"""

from __future__ import annotations

import logging
import threading
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DataError, Error, IntegrityError, connections, transaction
from django.db.models import Q
from django.utils import timezone

from cms import completeness, stream
from cms.broker import Declined, Unreachable
from cms.documents import kind_of
from cms.events import Event, correlated
from cms.tail import Lost, Message, Tail
from reader import front
from reader import queries as reader
from reader.checkpoint import Checkpoint, Parked
from reader.projector import project

logger = logging.getLogger(__name__)

PAUSE: Final = 1.0  # s between two tries to find the stream
OUTAGE: Final = 5.0  # s between two tries to write, where nothing can be written
PULSE: Final = timedelta(seconds=5)  # between two notes that there is nothing newer
LATELY: Final = timedelta(seconds=30)
TRIED_AGAIN: Final = 1000  # parked messages, whenever the stream is found
OWN_FAULT: Final = (DataError, IntegrityError)  # of what a database raises: the message's, not the database's


def follow(stopping: threading.Event) -> None:
    """Take in what the stream holds and what comes, until told to stop. Whatever happens, it tries again.

    What keeps it from that is logged once, and once that it is over. Readers are served meanwhile.
    """
    trouble = ""
    while not stopping.is_set():
        try:
            tail = begin()
            while not stopping.is_set():
                take_in(tail)
                if trouble:
                    logger.info("The stream is followed again.")
                    trouble = ""
            tail.close()
        except (Lost, Unreachable, Declined, Error, OSError) as fault:
            if str(fault) != trouble:
                say(fault)
            trouble = str(fault)
            connections["reader"].close()
            stopping.wait(OUTAGE if isinstance(fault, Error | OSError) else PAUSE)


def catch_up() -> None:
    """Take in what the stream holds now. Raise what keeps from that."""
    tail = begin()
    while tail.pending:
        take_in(tail)
    note_caught_up()
    tail.close()


def say(fault: Exception) -> None:
    """Log what keeps this node from following."""
    if isinstance(fault, Error | OSError):
        logger.error("Nothing can be taken in, what is there is served as it is: %s", fault)
    else:
        logger.warning("The stream cannot be followed, what is there is served as it is: %s", fault)


def begin() -> Tail:
    """Return what stands in the stream behind this node's place, or all of it if it is another stream.

    That it is the same one is seen once the consumer is there, which would be gone with its stream.
    """
    front.follow()
    place, _made = Checkpoint.objects.get_or_create(pk=1)
    tail = Tail(settings.EVENTS_STREAM, after=place.sequence)
    now = stream.state()
    if place.history == now.history and place.sequence <= now.last:
        try_parked_again()
        return tail
    if place.history:
        logger.warning("The stream was made anew, or put back to an earlier state: all of it is read again.")
    tail.close()
    Checkpoint.objects.filter(pk=1).update(history=now.history, sequence=0)
    return begin()


def take_in(tail: Tail) -> None:
    """Take in what has come, and note it if that is all there is. Raise what keeps from it."""
    for message in tail.news():
        take(message)
    if not tail.pending:
        note_caught_up()


def note_caught_up() -> None:
    """Note, now and then, that the broker has nothing newer. With all that there was, the node may serve.

    Not before the stream is complete: what was made anew has at first next to nothing to be read.
    """
    now = timezone.now()
    here = Checkpoint.objects.filter(pk=1)
    here.filter(Q(heard_at=None) | Q(heard_at__lt=now - PULSE)).update(heard_at=now)
    place = here.filter(caught_up_at=None).first()
    if place and completeness.has_read_all(place):
        here.update(caught_up_at=now)
        logger.info("All has been read that makes the stream complete: this node is ready.")


def keeps_up() -> bool:
    """Tell whether the broker has said lately that it has nothing newer. False if the database cannot say."""
    try:
        return Checkpoint.objects.filter(pk=1, heard_at__gt=timezone.now() - LATELY).exists()
    except Error:
        return False


def take(message: Message, *, in_turn: bool = True) -> None:
    """Take a message in, or park it. Raise what is not its fault: then it is still to be taken in.

    Out of its turn it says nothing of those before it, and the node's place stays where it is.
    """
    if completeness.is_mark(message):
        settle(message, in_turn=in_turn)
        return
    try:
        event = stream.event_of(message)
    except stream.Unfit as fault:
        park(message, str(fault), in_turn=in_turn)
        return
    with correlation(message):
        try:
            if is_known(event):
                settle(message, in_turn=in_turn)
            else:
                project(event, alongside=partial(settle, message, in_turn=in_turn))
                logger.info("Projected %s %s v%d.", kind_of(event), event.post_id, event.version)
        except Exception as fault:
            if isinstance(fault, Error | OSError) and not isinstance(fault, OWN_FAULT):
                raise
            park(message, f"{type(fault).__name__}: {fault}", in_turn=in_turn)


def is_known(event: Event) -> bool:
    """Tell whether readers get what the event tells, or what is newer: then no page is made again."""
    entry = reader.entry(event.post_id)
    if entry is None or entry.version != event.version:
        return entry is not None and entry.version > event.version
    return entry.digest == event.digest and (entry.gone or entry.sound)


def settle(message: Message, *, in_turn: bool) -> None:
    """Note that the message was taken in: nothing of its subject is parked any more."""
    Parked.objects.filter(subject=message.subject[:200]).delete()
    if in_turn:
        advance(message)


def advance(message: Message) -> None:
    """Go on from this message when the node starts again; never back."""
    Checkpoint.objects.filter(pk=1, sequence__lt=message.sequence).update(sequence=message.sequence)


def park(message: Message, reason: str, *, in_turn: bool) -> None:
    """Keep why a message could not be taken in, and go on behind it."""
    logger.warning("Message %d, %s, is parked: %s", message.sequence, message.subject[:200], reason)
    reason = reason.encode(errors="replace").decode().replace("\x00", "")[:2000]
    with transaction.atomic(using="reader"):
        Parked.objects.update_or_create(
            subject=message.subject[:200],
            defaults={"sequence": message.sequence, "reason": reason, "parked_at": timezone.now()},
        )
        if in_turn:
            advance(message)


def try_parked_again() -> None:
    """Take in what was parked and can be read now, as by a newer version of this program."""
    for subject in Parked.objects.order_by("subject").values_list("subject", flat=True)[:TRIED_AGAIN]:
        if message := stream.message(subject):
            take(message, in_turn=False)


def correlation(message: Message) -> AbstractContextManager[None]:
    """Let what is logged of a message bear the id of the request that announced it."""
    try:
        return correlated(UUID(message.headers.get(stream.CORRELATION, "")))
    except ValueError:
        return nullcontext()
