"""A database that is down, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from cms.middleware import UNUSABLE


@contextmanager
def say_unavailable() -> Iterator[None]:
    """Turn a database that cannot be used into a sentence and exit code 1."""
    try:
        yield
    except UNUSABLE as error:
        reason = " ".join(str(error).split())
        raise CommandError(
            f"A database cannot be used: {reason}. Nothing is lost: see to it (if tables are missing, "
            "by `make migrate`), then run this again."
        ) from error
