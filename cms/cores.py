"""Work on all cores: one function over many things, in processes of their own, in bounded memory."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import Final, TypeVar

import django

logger = logging.getLogger(__name__)

FEW: Final = 50  # things; so many are done before another process could have started
EACH: Final = 2  # things handed out for each process, so that none waits for its next
TOGETHER: Final = 10  # things of a group: what they share is small by then, and none waits long for a lock
DIED: Final = "The process that worked on it died. Was it killed, or out of memory?"

Thing = TypeVar("Thing")
Outcome = tuple[Thing, str | None]


def spread(
    act: Callable[[Thing], str | None], things: Iterable[Thing], *, processes: int, few: int = FEW
) -> Iterator[Outcome[Thing]]:
    """Yield each of the things with what went wrong with it, as `act` returns it, in no order.

    The first few, and with one process all, are done by this one. The others are taken as processes
    have room for them, so that as many as one likes can come. A process that dies costs nothing but
    its time, as what it worked on is done once more: `act` must be safe to repeat. Both it and the
    things have to be picklable.
    """
    coming = iter(things)
    for thing in islice(coming, few if processes > 1 else None):
        yield thing, act(thing)
    while lost := (yield from in_processes(act, coming, processes=processes)):
        logger.error("A process died over one of %d things. They are done once more, one by one.", len(lost))
        again = iter(lost)
        while culprit := (yield from in_processes(act, again, processes=1, each=1)):
            yield culprit[0], DIED


def spread_together(
    together: Callable[[list[Thing]], str | None],
    alone: Callable[[Thing], str | None],
    things: Iterable[Thing],
    *,
    processes: int,
) -> Iterator[Outcome[Thing]]:
    """Yield each of the things with what went wrong with it, done in groups, or alone where that fails.

    `together` does all of a group and returns None, or says why not: then each of them is left to `alone`.
    """
    for group, fault in spread(together, groups(things), processes=processes, few=FEW // TOGETHER):
        if fault is None:
            yield from ((thing, None) for thing in group)
        else:
            yield from spread(alone, group, processes=processes, few=0 if fault == DIED else len(group))


def groups(things: Iterable[Thing]) -> Iterator[list[Thing]]:
    """Yield the things in groups."""
    coming = iter(things)
    while group := list(islice(coming, TOGETHER)):
        yield group


def in_processes(
    act: Callable[[Thing], str | None], coming: Iterator[Thing], *, processes: int, each: int = EACH
) -> Generator[Outcome[Thing], None, list[Thing]]:
    """Yield the things and what went wrong with each; return those that a process took with it as it died."""
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=begin)
    under_way: dict[Future[str | None], Thing] = {}
    try:
        for thing in coming:
            try:
                under_way[pool.submit(act, thing)] = thing
            except BrokenProcessPool:
                return [*under_way.values(), thing]
            yield from ended(under_way, patient=len(under_way) >= each * processes)
        while under_way:
            yield from ended(under_way, patient=True)
    except BrokenProcessPool:
        return list(under_way.values())
    finally:
        pool.shutdown(cancel_futures=True)
    return []


def ended(under_way: dict[Future[str | None], Thing], *, patient: bool) -> Iterator[Outcome[Thing]]:
    """Take out and yield what has ended; if `patient`, wait until something has. Raise BrokenProcessPool."""
    done, _others = wait(under_way, timeout=None if patient else 0, return_when=FIRST_COMPLETED)
    for future in done:
        outcome = future.result()
        yield under_way.pop(future), outcome


def begin() -> None:
    """Set a new process up: Ctrl-C is for the one that started it, and it ends with that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()
    django.setup()


def end_with_parent() -> None:
    """End at once when the process that started this one has ended, which nobody would notice otherwise."""
    if parent := parent_process():
        parent.join()
        os._exit(1)
