"""Leases: of several workers, crons and people, one at a time runs a sweep."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone

from cms.models import Lease


class Held(Exception):
    """Another run holds the lease."""


@contextmanager
def lease(name: str, *, seconds: int) -> Iterator[None]:
    """Hold the lease while the block runs. Raise Held if somebody else does.

    It runs out by itself `seconds` after it was taken, so that a killed process blocks nobody
    for long. Two runs at once would do no harm, only work twice.
    """
    now = timezone.now()
    me = uuid.uuid4()
    Lease.objects.bulk_create([Lease(name=name, expires_at=now)], ignore_conflicts=True)
    if not Lease.objects.filter(name=name, expires_at__lte=now).update(
        holder=me, expires_at=now + timedelta(seconds=seconds)
    ):
        raise Held(f"Another {name} is running.")
    try:
        yield
    finally:
        Lease.objects.filter(name=name, holder=me).update(holder=None, expires_at=timezone.now())
