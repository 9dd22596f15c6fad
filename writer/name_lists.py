"""Names as they are typed at the desk: in a list that commas separate."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def names(text: str) -> list[str]:
    """Return the names in a list that commas separate, each once. One in quotes may hold a comma.

    Raise csv.Error for a quote that is never closed.
    """
    found = next(csv.reader([" ".join(text.split())], skipinitialspace=True, strict=True), [])
    return list(dict.fromkeys(" ".join(name.split()) for name in found if name.strip()))


def in_a_list(names: Iterable[str]) -> str:
    """Return the names as `names` reads them."""
    return ", ".join(
        '"' + name.replace('"', '""') + '"' if "," in name or name.startswith('"') else name for name in names
    )


def readable(typed: str) -> str:
    """Return a list of names as it was typed. Raise ValidationError if it cannot be read."""
    try:
        names(typed)
    except csv.Error as error:
        raise ValidationError(_("A quotation mark is opened and not closed before a comma.")) from error
    return typed


def suggested(model: str, *, several: bool = False) -> dict[str, Any]:
    """Return the attributes of a field for names that the desk suggests as they are typed."""
    known = {"class": "vTextField", "data-suggestions": reverse_lazy(f"admin:writer_{model}_suggestions")}
    return {**known, "data-several": ""} if several else known
