"""What may be asked of the API: each parameter with its meaning, its schema, and how it is read.

What is not named for an endpoint, or does not fit, is refused, and every fault is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from reader.problems import Faulty

LONGEST: Final = 16_000  # characters of a query; a hundred ids are 3,700
PER_PAGE: Final = 20  # results, unless told otherwise
MANY: Final = 200  # values of a query
OFTEN: Final = 20  # times that a parameter may be repeated
SLUG: Final = r"^[^\u0000-\u001f\u007f/]+$"
ID: Final = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
LANGUAGE: Final = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"
SIGNED: Final = "^[A-Za-z0-9_:-]+$"
DAY: Final = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
TIME: Final = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|z|[+-]([01]\d|2[0-3]):[0-5]\d)"
BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
END: Final = datetime.max.replace(tzinfo=UTC)
MOMENT: Final = re.compile(rf"(?P<day>{DAY})(?:[Tt ](?P<time>{TIME}))?", re.ASCII)

Asked = dict[str, Any]  # name → value, of what was asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing that may be asked."""

    name: str
    means: str  # for the documentation
    schema: dict[str, Any]  # of one value
    read: Callable[[str], Any]  # returns the value; raises ValueError with what it must be
    repeated: bool = False
    required: bool = False

    @property
    def listed(self) -> bool:
        """Tell whether one value is a list with commas."""
        return bool(self.schema.get("type") == "array")


def whole(text: str) -> int:
    """Return a number from 1 to 100."""
    if not re.fullmatch("[1-9][0-9]?|100", text):
        raise ValueError("must be a whole number from 1 to 100")
    return int(text)


def flag(text: str) -> bool:
    """Return a yes or no."""
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def fitting(pattern: str, longest: int, must: str) -> Callable[[str], str]:
    """Return what reads a text of this pattern."""
    shape = re.compile(pattern)

    def read(text: str) -> str:
        if len(text) > longest or not shape.search(text):
            raise ValueError(must)
        return text

    return read


def one_of(known: Sequence[str]) -> Callable[[str], str]:
    """Return what reads one of these names."""

    def read(text: str) -> str:
        if text not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return text

    return read


def some_of(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Return what reads some of these names, parted by commas, into their own order."""

    def read(text: str) -> tuple[str, ...]:
        asked = text.split(",")
        if not set(asked) <= set(known) or len(asked) > 2 * len(known):
            raise ValueError(f"must be some of {', '.join(known)}, parted by commas")
        return tuple(name for name in known if name in asked)

    return read


def ids(text: str) -> tuple[UUID, ...]:
    """Return up to a hundred ids, sorted."""
    asked = text.split(",")
    if len(asked) > 100 or not all(map(ID.fullmatch, asked)):
        raise ValueError("must be up to 100 ids of articles, parted by commas")
    return tuple(sorted(map(UUID, set(asked))))


def moment(text: str) -> datetime:
    """Return the moment of an RFC 3339 date, or date and time; what no calendar holds is its nearest end.

    A `+` that was not written as %2B arrives as a space, and there is only one thing it can mean.
    """
    found = MOMENT.fullmatch(re.sub(r" (\d\d:\d\d)$", r"+\1", text))
    must = "must be a date, or a date and time with its offset: 2026-03-01 or 2026-03-01T12:00:00Z"
    if not found:
        raise ValueError(must)
    if found["day"].startswith("0000"):
        return BEGINNING
    time = re.sub(r":60(\.\d+)?", ":59.999999", found["time"] or "00:00:00Z")  # a leap second
    try:
        said = datetime.fromisoformat(f"{found['day']}T{time.upper()}")
    except ValueError:  # the 30th of February
        raise ValueError(must) from None
    try:
        return said.astimezone(UTC)
    except OverflowError:
        return BEGINNING if said.year == 1 else END


def read(query: str, known: Iterable[Parameter]) -> tuple[Asked, list[tuple[str, str]]]:
    """Return what a query asks for, and the faults: what is unknown or does not fit."""
    by_name = {parameter.name: parameter for parameter in known}
    asked: Asked = {}
    faults: list[tuple[str, str]] = []
    given = texts_of(query)
    for name, texts in given.items():
        if parameter := by_name.get(name):
            try:
                asked[name] = value(parameter, texts)
            except ValueError as fault:
                faults.append((name, f"{name} {fault}; it is {shortened(texts)}."))
        else:
            faults.append((name[:100], f"{name[:100]!r} is no parameter here; {known_names(by_name)}."))
    needed = (name for name, parameter in by_name.items() if parameter.required and name not in given)
    return asked, faults + [(name, f"{name} is needed.") for name in needed]


def texts_of(query: str) -> dict[str, list[str]]:
    """Return what is given for each name. Raise Faulty if the query is no text, or too long."""
    if len(query) > LONGEST:
        raise Faulty([("", f"The query has more than {LONGEST} characters.")])
    given: dict[str, list[str]] = {}
    try:
        for name, text in parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MANY):
            given.setdefault(name, []).append(text)
    except ValueError:
        raise Faulty([("", f"The query is not text in UTF-8, or has more than {MANY} values.")]) from None
    return given


def value(parameter: Parameter, texts: list[str]) -> Any:
    """Return the value of a parameter; of one that may be repeated, all its values, sorted."""
    if not parameter.repeated:
        if len(texts) > 1:
            raise ValueError("may be given only once")
        return parameter.read(texts[0])
    if len(texts) > OFTEN:
        raise ValueError(f"may be given at most {OFTEN} times")
    return tuple(sorted({parameter.read(text) for text in texts}))


def shortened(texts: list[str]) -> str:
    """Return what was given, as far as it is worth quoting."""
    said = ", ".join(repr(text) for text in texts[:3])
    return said if len(said) <= 100 else f"{said[:100]}…"


def known_names(by_name: Iterable[str]) -> str:
    """Return what there is, in words."""
    names = ", ".join(by_name)
    return f"there are {names}" if names else "there are none"


def written(asked: Asked) -> str:
    """Return the query that asks for this, always in the same form."""
    pairs: list[tuple[str, str]] = []
    for name, said in sorted(asked.items()):
        many = isinstance(said, tuple)
        together = not many or name in ("fields", "include", "ids")
        texts = [",".join(map(str, said))] if many and together else list(said) if many else [plain(said)]
        pairs += [(name, text) for text in texts]
    return urlencode(pairs)


def plain(said: Any) -> str:
    """Return a single value as it is written in a query."""
    match said:
        case bool():
            return str(said).lower()
        case datetime():
            return said.isoformat().replace("+00:00", "Z")
    return str(said)
