"""What an import did, in words for who ran it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Report:
    """What an import did, and what it could not do."""

    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: list[str] = field(default_factory=list)  # file: why
    remarks: list[str] = field(default_factory=list)  # file: what was left out of it
    unknown: Counter[str] = field(default_factory=Counter)  # front matter kept without a use

    def __str__(self) -> str:
        lines = [*(f"Skipped {line}" for line in self.skipped), *(f"Note: {line}" for line in self.remarks)]
        if self.unknown:
            named = ", ".join(f"{name} ({count})" for name, count in self.unknown.most_common())
            lines.append(f"Note: front matter kept, but without a use here: {named}")
        lines.append(
            f"import: {self.imported} imported, {self.updated} updated, {self.unchanged} unchanged, "
            f"{len(self.skipped)} skipped."
        )
        return "\n".join(lines).encode(errors="replace").decode()  # a file's name may be no text
