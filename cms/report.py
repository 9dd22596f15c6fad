"""What a run of reconcile has to say: kinds of drift, findings, exit codes, and the summary line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from itertools import islice
from typing import Final
from uuid import UUID

AT_MOST: Final = 100_000  # drifted posts that one round keeps in memory
INDEX_ID: Final = UUID(int=1)  # of the search index, among the ids of posts, and never one of theirs
KEPT: Final = 100  # findings kept in a report


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
    """What a run found and did, or has so far."""

    started_at: datetime
    deep: bool = False
    only: frozenset[Kind] = frozenset()  # nothing else is looked for; empty: everything is
    articles: int = 0  # live ones
    compared: int = 0  # public posts
    waiting: int = 0
    work: list[Finding] = field(default_factory=list)  # of this round: still to be settled
    unfinished: bool = False  # there is more than one round holds
    settled: Counter[Kind] = field(default_factory=Counter)  # repaired, or it could not be
    found: Counter[Kind] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)  # the first ones
    repaired: int = 0
    refusal: str = ""
    busy: bool = False
    name: str = "reconcile"  # of what was compared, where it is not the readers of this machine

    def begin_round(self) -> None:
        """Compare from the start: count anew all that was not settled."""
        self.articles = self.compared = self.waiting = 0
        self.work, self.unfinished = [], False
        self.found = self.settled.copy()

    def add(self, finding: Finding) -> None:
        """Take up what was found, if it is looked for. What is ahead always is: it forbids all repair."""
        if self.only and finding.kind not in {*self.only, Kind.AHEAD}:
            return
        self.found[finding.kind] += 1
        if len(self.work) < AT_MOST:
            self.work.append(finding)
        else:
            self.unfinished = True

    def keep(self, findings: Iterable[Finding]) -> None:
        """Keep these findings, as long as they are among the first."""
        self.findings += islice(findings, KEPT - len(self.findings))

    def settle(self, finding: Finding) -> None:
        """Note what became of a finding."""
        self.settled[finding.kind] += 1
        self.repaired += not finding.error
        self.keep([finding])

    @property
    def exit_code(self) -> ExitCode:
        """Return what the run came to."""
        if self.busy:
            return ExitCode.BUSY
        if self.refusal:
            return ExitCode.REFUSED
        if self.repaired < self.found.total():
            return ExitCode.DRIFT_REMAINS
        return ExitCode.REPAIRED if self.repaired else ExitCode.IN_SYNC

    def __str__(self) -> str:
        if self.busy:
            return f"{self.name}: another run is under way; nothing was done."
        drift = ", ".join(f"{count} {kind}" for kind, count in sorted(self.found.items())) or "no drift"
        waiting = f", {self.waiting} on the way" if self.waiting else ""
        line = f"{self.name}: {self.compared} posts compared, {drift}{waiting}, {self.repaired} repaired."
        return f"{line} {self.refusal}".rstrip()

    def as_json(self) -> str:
        """Return the run for programs, on one line."""
        return json.dumps(
            {
                "of": self.name,
                "exit_code": self.exit_code,
                "compared": self.compared,
                "waiting": self.waiting,
                "found": self.counted(),
                "repaired": self.repaired,
                "refusal": self.refusal,
                "findings": self.named(),
            }
        )

    def counted(self) -> dict[str, int]:
        """Return how many posts differed, by kind, as plain values."""
        return {str(kind): count for kind, count in sorted(self.found.items())}

    def named(self) -> list[dict[str, str]]:
        """Return the findings as plain values."""
        return [{**asdict(finding), "post_id": str(finding.post_id)} for finding in self.findings]
