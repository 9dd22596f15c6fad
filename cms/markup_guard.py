"""The guard before the renderer: refuses, in time linear in the text, what would take it for ever.

The renderer recurses into nesting, and for some marks looks to the end of the text for the
partner of each. Text that people write closes what it opens and nests a few levels deep; the
limits are far above the largest posts of a large public blog, and each keeps the worst case
that was found for it under a second. `tests/test_markup_guard.py` has those cases.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

LONGEST: Final = 200_000  # characters
MOST_LINES: Final = 20_000
MOST_FENCES: Final = 1_000
MOST_OPEN_TAGS: Final = 40  # a "<" with a letter behind it and no ">" before the next
DEEPEST: Final = 10  # quotes and lists that begin on one line, one inside the other
UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")
CONTROL: Final = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")  # invisible, and no part of any text
MOST_OPEN: Final = 300  # brackets that are opened in a paragraph and not closed in it
MOST_NOTES: Final = 1_000  # references to footnotes
MOST_TICKS: Final = 10  # lengths of runs of backticks outside blocks of code
FENCE: Final = re.compile(r"[ \t]*(?:(?:[-*+>]|\d{1,9}[.)])[ \t]*)?(`{3,}|~{3,})")
NESTING: Final = re.compile(r"(?:[ \t]*(?:>|[-*+]|\d{1,9}[.)])(?=[ \t>]))+")
MARK: Final = re.compile(r"[>*+-]|\d[.)]")
RULE: Final = re.compile(r"[ \t]*([-*_])[ \t]*(?:\1[ \t]*){2,}$")
PARAGRAPH: Final = re.compile(r"\n[ \t]*\n")
TICKS: Final = re.compile(r"`+")
BRACKET: Final = re.compile(r"[\[\]]")
OPEN_TAG: Final = re.compile(r"<(?=[A-Za-z/!?])[^<>]*(?=<|\Z)")


class Unrenderable(ValueError):
    """The text cannot be made into a page. The message is a sentence for the author."""


def guarded(source: str) -> str:
    """Return the text in NFC, its lines ending alike. Raise Unrenderable for what is refused."""
    if len(source) > LONGEST:
        raise Unrenderable(f"The text has {len(source):,} characters; at most {LONGEST:,} can be published.")
    if found := UNSTORABLE.search(source):
        line = source.count("\n", 0, found.start()) + 1
        raise Unrenderable(
            f"Line {line} holds a character that cannot be stored (U+{ord(found[0]):04X}). Remove it."
        )
    text = CONTROL.sub("", source.replace("\r\n", "\n").replace("\r", "\n"))
    text = unicodedata.normalize("NFC", text)
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        raise Unrenderable(f"The text has {len(lines):,} lines; at most {MOST_LINES:,} can be published.")
    if sum(FENCE.match(line) is not None for line in lines) > 2 * MOST_FENCES:
        raise Unrenderable(
            f"The text has more than {MOST_FENCES:,} blocks of code. Make several posts of it."
        )
    prose = list(outside_fences(lines))
    check_nesting(prose)
    body = "\n".join(line for _number, line in prose)
    check_tags(body)
    check_brackets(body)
    return text


def outside_fences(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines, with their numbers, that are not between the fences of code."""
    mark = ""
    for number, line in enumerate(lines, start=1):
        fence = FENCE.match(line)
        if mark:
            if fence and fence[1].startswith(mark) and not line.strip(" \t`~"):
                mark = ""
        elif fence:
            mark = fence[1]
        else:
            yield number, line


def check_nesting(lines: list[tuple[int, str]]) -> None:
    """Refuse a line that opens more quotes and lists, one in the other, than anybody means."""
    for number, line in lines:
        nesting = NESTING.match(line)
        if nesting and not RULE.match(line) and len(MARK.findall(nesting[0])) > DEEPEST:
            raise Unrenderable(f"Line {number} nests quotes or lists more than {DEEPEST} deep.")


def check_tags(text: str) -> None:
    """Refuse a text full of tags that begin and do not end."""
    if len(OPEN_TAG.findall(text)) > MOST_OPEN_TAGS:
        raise Unrenderable(
            f"The text opens more than {MOST_OPEN_TAGS} HTML tags with < that it never closes with >."
        )


def check_brackets(text: str) -> None:
    """Refuse a text that opens link after link without closing them, or refers to too many footnotes."""
    if text.count("[^") > MOST_NOTES:
        raise Unrenderable(f"The text refers to footnotes more than {MOST_NOTES:,} times.")
    if len({len(run) for run in TICKS.findall(text)}) > MOST_TICKS:
        raise Unrenderable(f"The text marks code with more than {MOST_TICKS} kinds of backtick runs.")
    open_here = 0
    for paragraph in PARAGRAPH.split(text):
        targets = paragraph.split("](")[1:]
        open_here += unclosed(paragraph) + sum(")" not in target for target in targets)
    if open_here > MOST_OPEN:
        raise Unrenderable(
            f"The text opens more than {MOST_OPEN} brackets that their paragraphs never close."
        )


def unclosed(text: str) -> int:
    """Return how many square brackets a text opens and does not close."""
    depth = 0
    for bracket in BRACKET.findall(text):
        depth = depth + 1 if bracket == "[" else max(depth - 1, 0)
    return depth
