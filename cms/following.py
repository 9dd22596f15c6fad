"""Following: a node takes in what the stream holds, in its order, and goes on for ever.

The place it has come to is its own and commits with the rows, so a node that dies goes on where it was. One
that is far behind uses all cores, and notes the place behind each portion. What is done with a message stands
in `cms.intake`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import Error, connections
from django.db.models import Q
from django.utils import timezone

from cms import completeness, stream
from cms.broker import Declined, Unreachable
from cms.cores import groups, spread_together
from cms.intake import advance, park, take, take_in_turn, take_together, try_parked_again
from cms.tail import Lost, Message, Tail
from reader import front
from reader.checkpoint import Checkpoint

logger = logging.getLogger(__name__)

PAUSE: Final = 1.0  # s between two tries to find the stream
OUTAGE: Final = 5.0  # s between two tries to write, where nothing can be written
PULSE: Final = timedelta(seconds=5)  # between two notes that there is nothing newer
LATELY: Final = timedelta(seconds=30)
FAR: Final = 500  # messages behind: then it is worth starting more processes
PORTION: Final = 2000  # messages of which the place is noted at once, and after which it can be told to stop


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
    tail = Tail(settings.EVENTS_STREAM, after=place.sequence, node=settings.NODE_NAME)
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
    """Take in what has come, say so, and note it if that is all there is. Raise what keeps from it."""
    if tail.pending > FAR:
        take_in_portion(tail)
    else:
        for group in groups(tail.news()):
            take_in_turn(group)
    tail.committed()
    if not tail.pending:
        note_caught_up()


def take_in_portion(tail: Tail) -> None:
    """Take in a portion of what this node lacks, on all cores and in no order: each post stands in it once.

    What it had taken in of a portion when it died is known when that comes again.
    """
    last = 0
    taken = spread_together(take_together, take_out_of_turn, portion(tail), processes=settings.PROCESSES)
    for message, fault in taken:
        if fault:
            park(message, fault, in_turn=False)
        last = max(last, message.sequence)
    advance(last)


def portion(tail: Tail) -> Iterator[Message]:
    """Yield what comes next, until that is a portion or nothing more stands behind it."""
    given = 0
    while tail.pending and given < PORTION:
        for message in tail.news():
            given += 1
            yield message


def take_out_of_turn(message: Message) -> None:
    """Take a message in, and say nothing of those before it."""
    take(message, in_turn=False)


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
