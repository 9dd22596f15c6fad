"""The guards around the renderer: each refuses, in linear time, what the next step cannot do in time.

Python-Markdown recurses into nesting and reads on to the end of the paragraph for the partner
of every bracket; an HTML parser reopens every unclosed <b> in every paragraph. Text that people
write closes what it opens. The limits are far above the largest posts of a large public blog.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 200_000  # characters
DEEPEST: Final = 20  # quotes and lists, one in the other
MOST_LINES: Final = 8_000
MOST_CONTAINERS: Final = 5_000  # quotes and list items
MOST_CELLS: Final = 20_000  # of tables
MOST_MARKS: Final = 20_000  # that may begin emphasis, code or a link
MOST_READING: Final = 2_000_000  # characters, to find the partners of brackets
MOST_REWRITING: Final = 500_000_000  # characters copied: a paragraph is, once for every mark in it
MOST_OPEN: Final = 100  # HTML elements at a time
UNSTORABLE: Final = re.compile(r"[\x00\ud800-\udfff]")
CONTROL: Final = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")  # invisible, and no part of any text
MARK: Final = re.compile(r"[\\`*_~<&\[!@]|://|www\.")
TAG: Final = re.compile(r"<(/?)([A-Za-z][^\s/>]*)")
NEEDS_NO_END: Final = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "wbr",
}


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
    if (lines := text.count("\n")) > MOST_LINES:
        raise Unrenderable(f"The text has {lines:,} lines; at most {MOST_LINES:,} can be published.")
    return unicodedata.normalize("NFC", text)


def check_containers(line: int, depth: int, count: int) -> None:
    """Refuse a line that lies in more quotes and lists than anybody means, or follows too many of them."""
    if depth > DEEPEST:
        raise Unrenderable(f"Line {line} nests quotes or lists more than {DEEPEST} deep.")
    if count > MOST_CONTAINERS:
        raise Unrenderable(f"The text has more than {MOST_CONTAINERS:,} quotes and list items.")


def check_cells(count: int) -> None:
    """Refuse to go on with tables."""
    if count > MOST_CELLS:
        raise Unrenderable(f"The text has tables of more than {MOST_CELLS:,} cells.")


def check_inline(texts: list[str]) -> None:
    """Refuse too many marks, in all or for the length of their paragraphs. One text for each paragraph."""
    marks = [len(MARK.findall(text)) for text in texts]
    if sum(marks) > MOST_MARKS:
        raise Unrenderable(
            f"The text has {sum(marks):,} marks (stress, code, links); at most {MOST_MARKS:,} fit."
        )
    if sum(len(text) * count for text, count in zip(texts, marks, strict=True)) > MOST_REWRITING:
        raise Unrenderable("The text has too many marks in one paragraph. Break it into several.")


def check_reading(count: int) -> None:
    """Refuse to read on for the partners of brackets."""
    if count > MOST_READING:
        raise Unrenderable("The text opens too many brackets that it never closes.")


def check_html(html: str) -> None:
    """Refuse HTML with too many elements open at a time, counting by name, so that order does not matter."""
    opened: dict[str, int] = {}
    for end, name in TAG.findall(html):
        name = name.lower()
        if name not in NEEDS_NO_END:
            opened[name] = max(0, opened.get(name, 0) + (-1 if end else 1))
            if sum(opened.values()) > MOST_OPEN:
                raise Unrenderable(f"The text has more than {MOST_OPEN} HTML elements open at a time.")
