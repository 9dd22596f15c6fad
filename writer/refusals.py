"""Why a command is not carried out. The message is a sentence for the author."""

from __future__ import annotations

from datetime import datetime


class Refused(Exception):
    """The command would break a rule. Nothing was changed."""


class Stale(Refused):
    """Somebody else saved the draft since it was opened: who, and when."""

    def __init__(self, sentence: str, *, who: str, when: datetime) -> None:
        super().__init__(sentence)
        self.who, self.when = who, when


class NeedsAnswer(Refused):
    """The wall time exists twice, as clocks go back; the author must say which is meant."""
