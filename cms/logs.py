"""What a log line looks like, and the id by which the lines of one request or event are found."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cms.events import correlation_id

EACH_EVENT: Final = ("writer.outbox", "writer.delivery", "reader.receivers")  # a line for every event


class Correlated(logging.Filter):
    """Note at each record which request or event it belongs to, if to any."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if known := correlation_id.get():
            record.correlation_id = str(known)
        return True


class Line(logging.Formatter):
    """A line for people, with the id at its end where there is one."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = super().formatMessage(record)
        known = getattr(record, "correlation_id", None)
        return f"{line} [{known}]" if known else line


@contextmanager
def summarised() -> Iterator[None]:
    """Log no event that went well while the block runs.

    An import sends thousands, from a terminal that shows its progress; its summary counts them,
    and the outbox keeps each.
    """
    loggers = [logging.getLogger(name) for name in EACH_EVENT]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.WARNING)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
