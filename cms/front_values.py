"""The values of a front matter, in YAML or TOML, whatever names a generator has for them. Pure."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, Final

import yaml

from cms.old_addresses import as_path

LONGEST: Final = 64_000  # characters of front matter
FENCES: Final = re.compile(r"\A\ufeff?(---|\+\+\+)[ \t]*\n(.*?)(?:\n|\A)\1[ \t]*(?:\n|\Z)", re.S)
UNENDED: Final = re.compile(r"\ufeff?(\+\+\+(?=\n)|---(?=\n[A-Za-z_]\w*:))")


class Unreadable(ValueError):
    """The file is not a post. The message is a sentence that names what is wrong."""


class Loader(yaml.SafeLoader):
    """YAML without references: a few of them can stand for gigabytes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse a reference."""
        if self.check_event(yaml.AliasEvent):
            raise Unreadable("The front matter refers to itself with *, which is not taken.")
        return super().compose_node(parent, index)


def split(text: str) -> tuple[dict[str, Any], str]:
    """Return the values of the front matter, and the text behind it."""
    fenced = FENCES.match(text)
    if fenced is None:
        if begun := UNENDED.match(text):
            raise Unreadable(f"The front matter begins with {begun[1]} and never ends.")
        return {}, text.removeprefix("\ufeff")
    kind, source = fenced[1], fenced[2] + "\n"
    if len(source) > LONGEST:
        raise Unreadable(f"The front matter has {len(source):,} characters; at most {LONGEST:,} are read.")
    try:
        values = tomllib.loads(source) if kind == "+++" else yaml.load(source, Loader)
    except Unreadable:
        raise
    except Exception as error:  # PyYAML fails in many ways over a tag that does not fit its value
        raise Unreadable(f"The front matter cannot be read: {fault(error)}") from error
    if values is None:
        values = {}
    if not isinstance(values, dict):
        raise Unreadable("The front matter is not a list of names and values.")
    return {str(name): value for name, value in values.items()}, text[fenced.end() :].lstrip("\n")


def fault(error: Exception) -> str:
    """Return what is wrong with a front matter, and in which line of the file."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        said = f"{error.problem} (line {error.problem_mark.line + 2})."
        return f"{said} A text with “: ” in it needs quotes." if "mapping values" in said else said
    said = " ".join(str(error).split())
    return re.sub(r"\(at line (\d+), column \d+\)", lambda found: f"(line {int(found[1]) + 1})", said) + "."


class Values:
    """The values of a front matter, each taken once; what nobody takes is kept."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = dict(values)
        taxonomies = self.values.pop("taxonomies", {})
        for name, value in taxonomies.items() if isinstance(taxonomies, dict) else ():
            self.values.setdefault(name, value)

    def get(self, *names: str) -> Any:
        """Return the first of these values that is there, and take them all."""
        found = [self.values.pop(name) for name in names if name in self.values]
        return next((value for value in found if value not in (None, "")), None)

    def text(self, *names: str) -> str:
        """Return a value as text without space around it. Raise Unreadable for a list or a table."""
        value = self.get(*names)
        if isinstance(value, bool) and not value:
            return ""  # Eleventy's `permalink: false`
        if isinstance(value, list | dict):
            raise Unreadable(f"“{names[0]}” in the front matter is not a text.")
        return " ".join(str(value).split()) if value is not None else ""

    def flag(self, *names: str) -> bool:
        """Return whether any of these values is yes."""
        return any(str(self.get(name)).lower() in ("true", "yes", "1") for name in names)

    def number(self, *names: str) -> int | None:
        """Return a value as a number from 1, None if it is none."""
        value = self.get(*names)
        text = str(value) if isinstance(value, int | str) else ""
        return int(text) if text.isdecimal() and len(text) < 5 and int(text) else None

    def picture(self, *names: str) -> tuple[str, str]:
        """Return where a picture is found, and what it shows. It is a text, a list or a table."""
        value = self.get(*names)
        if isinstance(value, list):
            value = next(iter(value), None)
        alt = self.get("cover_alt", "image_alt")
        if isinstance(value, dict):
            alt = value.get("alt") or alt
            value = next((value[name] for name in ("image", "path", "url", "src") if value.get(name)), None)
        return (str(value).strip() if isinstance(value, str) else "", " ".join(str(alt or "").split()))

    def names(self, *names: str, spaces: bool = True, commas: bool = True) -> Iterator[str]:
        """Yield the names in a list, or in a text that commas (in Jekyll's tags: spaces) separate."""
        value = self.get(*names)
        if isinstance(value, str) and commas:
            value = value.split(",") if "," in value or not spaces else value.split()
        for item in value if isinstance(value, list) else [value]:
            name = item.get("name") if isinstance(item, dict) else item
            if name is not None and (name := " ".join(str(name).split())):
                yield name

    def paths(self, *names: str) -> Iterator[str]:
        """Yield the paths in texts or lists."""
        for value in [self.values.pop(name, None) for name in names]:
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, str) and (path := as_path(item)):
                    yield path

    def rest(self) -> dict[str, Any]:
        """Return what was not taken, as values that JSON and both databases keep."""
        kept: dict[str, Any] = plain(self.values)
        return kept


def plain(value: Any) -> Any:
    """Return a value as JSON has it; as text where JSON has no such value."""
    match value:
        case None | bool():
            return value
        case dict():
            return {plain(str(key)): plain(item) for key, item in value.items()}
        case list() | tuple() | set():
            return [plain(item) for item in value]
        case int() if abs(value) < 2**63:
            return value
        case int():
            return hex(value)[:100]
        case float() if math.isfinite(value):
            return value
    return str(value).encode(errors="replace").decode().replace("\x00", "")


def moment(value: Any, zone: tzinfo) -> datetime | None:
    """Return a date as a moment, None if there is none. Raise Unreadable for an impossible one."""
    if value in (None, ""):
        return None
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time())
        elif not isinstance(value, datetime):
            raise ValueError
        if value.tzinfo is None:
            value = value.replace(tzinfo=zone)
        if not 1000 <= value.astimezone(UTC).year <= 9990:
            raise ValueError
    except (ValueError, OverflowError):
        raise Unreadable(f"“date” is not a date that exists: {str(value)[:40]}.") from None
    return value.astimezone(UTC)
