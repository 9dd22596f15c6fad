"""Settling: when a difference between sides is believed, and whether its repair worked. Knows no side."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final
from uuid import UUID

from cms.broker import Declined, Unreachable
from cms.report import Kind

logger = logging.getLogger(__name__)

LOOKS: Final = 5  # at a post that does not hold still

Look = tuple[bool, Kind | None]  # whether the post's state is on its way, and how the sides differ


def look_twice(moving: Callable[[], bool], compare: Callable[[], tuple[object, Kind | None]]) -> Look:
    """Look at one post until it holds still. `compare` returns what the sides say, and how that differs.

    What is delivered between the readings of the two sides looks like drift. So drift is believed only
    when both say twice in a row what they said before: they then said it at the same moment
    (the double collect of Afek et al. 1993, "Atomic snapshots of shared memory").
    """
    before: object = None
    for _time in range(LOOKS):
        if moving():
            return True, None
        now, kind = compare()
        if kind in (None, Kind.OUTDATED) or now == before:  # the sides agree on what is public
            return False, kind
        before = now
    return True, None


def settled(post_id: UUID, mend: Callable[[], object], look: Callable[[], Look], *, until: float) -> str:
    """Repair, and look again; return why it remains, or nothing. `until` is of `time.monotonic`, in s."""
    if time.monotonic() > until:
        return "There was no time left for it."
    try:
        mend()
        waiting, remaining = look()
    except (Unreachable, Declined) as failure:  # no error of ours: it goes on when the broker is back
        return str(failure)
    except Exception as failure:  # one post that cannot be repaired holds up no other
        logger.exception("Post %s could not be repaired.", post_id)
        return f"{type(failure).__name__}: {failure}"
    return f"It is still {remaining}." if remaining else "Its event waits to be delivered." if waiting else ""
