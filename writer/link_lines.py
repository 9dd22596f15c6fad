"""Links as they are typed at the desk: one a line, each a label, a bar and an address."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


def in_lines(links: list[dict[str, str]]) -> str:
    """Return stored links as `links_in` reads them."""
    return "\n".join(f"{link['label']} | {link['url']}" for link in links)


def links_in(text: str) -> list[tuple[str, str]]:
    """Return label and address of each line that has any. Raise ValidationError for one without a bar."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        label, bar, url = line.rpartition("|")
        if line.strip() and not bar:
            raise ValidationError(
                _("Line %(number)d has no bar between label and address. Write it as: Label | %(line)s"),
                params={"number": number, "line": line.strip()[:100]},
            )
        if line.strip():
            found.append((label.strip(), url.strip()))
    return found
