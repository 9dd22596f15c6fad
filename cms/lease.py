"""Leases: of several workers, crons and people, one at a time runs a sweep."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from cms.models import Lease
from cms.pulse import now_and_then

LENGTH: Final = timedelta(seconds=60)


class Held(Exception):
    """Another run holds the lease."""


@contextmanager
def lease(name: str) -> Iterator[Callable[[], None]]:
    """Hold the lease while the block runs; at every step it calls what it is given. Raise Held if taken.

    It runs out a minute after it was last renewed, so that a killed process blocks nobody for
    long. Two runs at once would do no harm, only work twice.
    """
    me = uuid.uuid4()
    now = timezone.now()
    Lease.objects.bulk_create([Lease(name=name, expires_at=now)], ignore_conflicts=True)
    given_back = Q(holder=None)  # whatever the clock says by now
    free = Lease.objects.filter(given_back | Q(expires_at__lte=now), name=name)
    if not free.update(holder=me, expires_at=now + LENGTH, seen_at=now):
        raise Held(f"Another {name} is running.")
    mine = Lease.objects.filter(name=name, holder=me)

    def renew() -> None:
        now = timezone.now()
        mine.update(expires_at=now + LENGTH, seen_at=now)

    try:
        yield now_and_then(renew)
    finally:
        now = timezone.now()
        mine.update(holder=None, expires_at=now, seen_at=now)


def seen(name: str) -> None:
    """Note that such a sweep has just run, whoever ran it. For those that need no lease, and for cron."""
    now = timezone.now()
    Lease.objects.bulk_create([Lease(name=name, expires_at=now)], ignore_conflicts=True)
    Lease.objects.filter(name=name).update(seen_at=now)
