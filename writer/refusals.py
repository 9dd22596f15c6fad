"""Why a command is not carried out. The message is a sentence for the author."""

from __future__ import annotations


class Refused(Exception):
    """The command would break a rule. Nothing was changed."""


class Stale(Refused):
    """Somebody else saved the draft since it was opened."""


class NeedsAnswer(Refused):
    """The wall time exists twice, as clocks go back; the author must say which is meant."""
