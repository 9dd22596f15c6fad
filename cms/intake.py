"""Intake: what a node does with one message of the stream.

It is taken in, or parked with the reason, and holds up nothing.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Final
from uuid import UUID

from django.db import DataError, Error, IntegrityError, transaction
from django.utils import timezone

from cms import completeness, stream
from cms.documents import kind_of
from cms.events import SITE_ID, Event, PostEvent, correlated
from cms.tail import Message
from reader import queries as reader
from reader.checkpoint import Checkpoint, Parked
from reader.projector import project, project_together

logger = logging.getLogger(__name__)

TRIED_AGAIN: Final = 1000  # parked messages, whenever the stream is found
OWN_FAULT: Final = (DataError, IntegrityError)  # of what a database raises: the message's, not the database's


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
            if is_known(event, reader.entry(event.post_id)):
                settle(message, in_turn=in_turn)
            else:
                project(event, alongside=partial(settle, message, in_turn=in_turn))
                say_projected(event, message)
        except Exception as fault:
            if isinstance(fault, Error | OSError) and not isinstance(fault, OWN_FAULT):
                raise
            park(message, f"{type(fault).__name__}: {fault}", in_turn=in_turn)


def take_in_turn(messages: list[Message]) -> None:
    """Take in what has come, in one transaction where that can be: who is late takes more in at once."""
    if len(messages) < 2 or take_together(messages, in_turn=True):
        for message in messages:
            take(message)


def take_together(messages: list[Message], *, in_turn: bool = False) -> str | None:
    """Take messages in, in one transaction; return why not where that cannot be.

    Then each of them is to be taken in by itself, which says whose fault it was.
    """
    try:
        news = news_of(messages)
        project_together(list(news), alongside=partial(settle_together, messages, in_turn=in_turn))
    except Exception as fault:
        return f"{type(fault).__name__}: {fault}"
    for event, message in news.items():
        say_projected(event, message)
    return None


def news_of(messages: list[Message]) -> dict[PostEvent, Message]:
    """Return what the messages tell of posts that readers do not get yet, of each post the newest.

    Raise Unfit where that is not all they tell.
    """
    told = [(stream.event_of(message), message) for message in messages]
    newest = {}
    for event, message in sorted(told, key=lambda one: one[0].version):
        if not isinstance(event, PostEvent) or event.post_id == SITE_ID:
            raise stream.Unfit("It tells of the site, of which every page says something.")
        newest[event.post_id] = event, message
    theirs = reader.entries_of(newest)
    news = (one for one in newest.values() if not is_known(one[0], theirs.get(one[0].post_id)))
    return dict(news)


def say_projected(event: Event, message: Message) -> None:
    """Log that readers get what the event tells."""
    with correlation(message):
        logger.info("Projected %s %s v%d.", kind_of(event), event.post_id, event.version)


def is_known(event: Event, entry: reader.Entry | None) -> bool:
    """Tell whether readers get what the event tells, or what is newer: then no page is made again."""
    if entry is None or entry.version != event.version:
        return entry is not None and entry.version > event.version
    return entry.digest == event.digest and (entry.gone or entry.sound)


def settle(message: Message, *, in_turn: bool) -> None:
    """Note that the message was taken in: nothing of its subject is parked any more."""
    Parked.objects.filter(subject=message.subject[:200], sequence__lte=message.sequence).delete()
    if in_turn:
        advance(message.sequence)


def settle_together(messages: list[Message], *, in_turn: bool) -> None:
    """Note that the messages were taken in."""
    parked = Parked.objects.filter(subject__in=[message.subject[:200] for message in messages])
    subjects = set(parked.values_list("subject", flat=True))
    for message in messages:
        if message.subject[:200] in subjects:
            settle(message, in_turn=False)
    if in_turn:
        advance(messages[-1].sequence)


def advance(sequence: int) -> None:
    """Go on from this message when the node starts again; never back."""
    Checkpoint.objects.filter(pk=1, sequence__lt=sequence).update(sequence=sequence)


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
            advance(message.sequence)


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
