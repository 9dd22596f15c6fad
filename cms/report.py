"""What a run of reconcile has to say: kinds of drift, findings, exit codes, and the summary line."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID


class Kind(StrEnum):
    """How a post and its article can differ."""

    MISSING = "missing"  # public in the writer, absent or gone in the reader, or a page of it is
    STALE = "stale"  # the reader has an older version
    CHANGED = "changed"  # the same version, another content
    ORPHAN = "orphan"  # readable, but not public in the writer
    AHEAD = "ahead"  # the reader is newer: the writer was restored from a backup
    OUTDATED = "outdated"  # made by an older renderer, template, stylesheet or site setting
    CORRUPT = "corrupt"  # (deep) what is stored is not what its event makes


class ExitCode(IntEnum):
    """What a run of reconcile came to."""

    IN_SYNC = 0
    REPAIRED = 3
    DRIFT_REMAINS = 4
    REFUSED = 5
    BUSY = 75


@dataclass(frozen=True, slots=True)
class Finding:
    """One post that differs, and why it still does, if it does."""

    kind: Kind
    post_id: UUID
    error: str = ""


@dataclass(slots=True)
class Report:
    """What a run found and did."""

    started_at: datetime
    deep: bool = False
    compared: int = 0
    articles: int = 0
    waiting: int = 0
    findings: list[Finding] = field(default_factory=list)
    repaired: int = 0
    refusal: str = ""
    busy: bool = False
    unfinished: bool = False  # there was more to do than one run may

    @property
    def found(self) -> dict[str, int]:
        """Return how many posts drifted, by kind."""
        return dict(sorted(Counter(str(finding.kind) for finding in self.findings).items()))

    @property
    def exit_code(self) -> ExitCode:
        """Return what the run came to."""
        if self.busy:
            return ExitCode.BUSY
        if self.refusal:
            return ExitCode.REFUSED
        if self.unfinished or self.repaired < len(self.findings):
            return ExitCode.DRIFT_REMAINS
        return ExitCode.REPAIRED if self.findings else ExitCode.IN_SYNC

    def __str__(self) -> str:
        if self.busy:
            return "reconcile: another run is under way; nothing was done."
        drift = ", ".join(f"{count} {kind}" for kind, count in self.found.items()) or "no drift"
        waiting = f", {self.waiting} on the way" if self.waiting else ""
        line = f"reconcile: {self.compared} posts compared, {drift}{waiting}, {self.repaired} repaired."
        return f"{line} {self.refusal}".rstrip()

    def as_json(self) -> str:
        """Return the run for programs, on one line."""
        return json.dumps(
            {
                "exit_code": self.exit_code,
                "compared": self.compared,
                "waiting": self.waiting,
                "found": self.found,
                "repaired": self.repaired,
                "refusal": self.refusal,
                "findings": self.named(),
            }
        )

    def named(self) -> list[dict[str, str]]:
        """Return the findings as plain values."""
        return [{**asdict(finding), "post_id": str(finding.post_id)} for finding in self.findings]
