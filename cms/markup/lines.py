"""What begins a block of Markdown, by the rules of CommonMark and GitHub, and what lines lie in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

CODE: Final = 4  # blank columns that make code of a line
ITEM: Final = re.compile(r"(?P<marker>[-*+]|(?P<number>\d{1,9})[.)])(?=[ \t]|$)")
FOOTNOTE: Final = re.compile(r"\[\^[^\]]*\]:")
REFERENCE: Final = re.compile(r"\[[^\[\]]*\]:")  # [label]: address
DEFINITION: Final = re.compile(r":(?=[ \t]{1,3}\S)")
DETAILS: Final = re.compile(r'\?\?\?\+? ?[\w"]')
FENCE: Final = re.compile(r"(?P<mark>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
RULE: Final = re.compile(r"(?:\*[ \t]*){3,}$|(?:-[ \t]*){3,}$|(?:_[ \t]*){3,}$")
HEADING: Final = re.compile(r"#{1,6}(?=[ \t]|$)")
UNDERLINE: Final = re.compile(r"(?:=+|-+)[ \t]*$")
DELIMITERS: Final = re.compile(r"[ \t>]*+\|?[ ]*+:?-++:?[ ]*+(?:\|[ ]*+:?-++:?[ ]*+)*+\|?[ \t]*$")
BLOCKS: Final = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div"
    "|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li"
    "|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td"
    "|tfoot|th|thead|title|tr|track|ul"
)
ATTRIBUTE: Final = r"""\s++[A-Za-z_:][\w.:-]*+(?:\s*+=\s*+(?:[^\s"'=<>`]++|'[^']*+'|"[^"]*+"))?+"""
# How raw HTML begins, and what its last line holds; None: a blank line follows it.
# https://spec.commonmark.org/0.31.2/#html-blocks
RAW: Final = [
    (r"<(?:script|pre|style|textarea)(?:\s|>|$)", r"</(?:script|pre|style|textarea)>"),
    (r"<!--", r"-->"),
    (r"<\?", r"\?>"),
    (r"<![A-Za-z]", r">"),
    (r"<!\[CDATA\[", r"\]\]>"),
    (rf"</?(?:{BLOCKS})(?:\s|/?>|$)", None),
]
HTML: Final = [(re.compile(begin, re.I), end and re.compile(end, re.I)) for begin, end in RAW]
LONE_TAG: Final = re.compile(rf"(?:<[A-Za-z][\w-]*+(?:{ATTRIBUTE})*+\s*+/?>|</[A-Za-z][\w-]*+\s*+>)\s*$")


@dataclass(slots=True)
class Container:
    """A quote, a list item, or the body of a footnote, definition or fold, that is open."""

    kind: str  # ">" a quote, "^" a footnote, ":" a definition or fold, else the mark of a list: - * + . )
    width: int = 0  # columns that its lines are indented by
    hollow: bool = False  # an item that has no text yet

    @property
    def prefix(self) -> str:
        """What its lines begin with in the new text."""
        return "> " if self.kind == ">" else "    "

    @property
    def list_tag(self) -> str:
        """The list that it is an item of, if it is one."""
        return {"-": "ul", "*": "ul", "+": "ul", ".": "ol", ")": "ol"}.get(self.kind, "")


@dataclass(slots=True)
class Verbatim:
    """Lines that are taken as they are."""

    finish: Callable[[str], str] = str  # makes HTML of them
    takes: Callable[[Rest], bool] = lambda _rest: True  # whether a line still belongs to them
    ends: Callable[[Rest], bool] = lambda _rest: False  # whether a line that belongs to them is the last
    keeps_end: bool = True  # whether the last line is part of the text
    indent: int = 0  # columns to take off each line, where they are blank
    lines: list[str] = field(default_factory=list)
    ended: bool = False

    def feed(self, rest: Rest) -> bool:
        """Take a line, if it belongs."""
        if self.ended or not self.takes(rest):
            return False
        self.ended = self.ends(rest)
        if not self.ended or self.keeps_end:
            rest.take(min(self.indent, rest.indent()))
            self.lines.append(rest.text)
        return True

    def html(self) -> str:
        """Return the finished HTML."""
        return self.finish("".join(f"{line}\n" for line in self.lines))


@dataclass(slots=True)
class Rest:
    """What is left of a line, and the column where that stands: a tab is as wide as its place says."""

    text: str
    column: int = 0

    def blank(self) -> bool:
        """Tell whether there is nothing to see."""
        return not self.text.strip()

    def indent(self) -> int:
        """Return how many blank columns it begins with."""
        lead = self.text[: len(self.text) - len(self.text.lstrip(" \t"))]
        if "\t" not in lead:
            return len(lead)
        return len((" " * (self.column % 4) + lead).expandtabs(4)) - self.column % 4

    def unquote(self) -> None:
        """Take the mark of a quote off, and one blank after it."""
        self.take(self.indent() + 1)
        self.take(min(1, self.indent()))

    def take(self, columns: int) -> None:
        """Drop columns from its beginning. A tab that lies across the cut leaves spaces."""
        end = self.column + columns
        place = 0
        while self.column < end and place < len(self.text):
            self.column += 4 - self.column % 4 if self.text[place] == "\t" else 1
            place += 1
        self.text = " " * (self.column - end) + self.text[place:]
        self.column = min(self.column, end)


def title_of(text: str) -> str:
    """Return the title of a heading without the marks that may close it; others must not look like them."""
    title = text.strip()
    bare = title.rstrip("#")
    if not bare or bare[-1] in " \t":
        title = bare.rstrip()
    return f"{title[:-1]}\\#" if title.endswith("#") else title


def is_table(header: str, delimiters: str) -> bool:
    """Tell whether two lines begin a table."""
    return "|" in header and "|" in delimiters and DELIMITERS.match(delimiters) is not None


def not_blank(rest: Rest) -> bool:
    """Tell whether there is anything on a line."""
    return not rest.blank()


def indented(rest: Rest) -> bool:
    """Tell whether a line goes on with indented code."""
    return rest.blank() or rest.indent() >= 4


def closes(mark: str, rest: Rest) -> bool:
    """Tell whether a line is the closing fence for that opening mark."""
    body = rest.text.strip()
    return rest.indent() < 4 and len(body) >= len(mark) and set(body) == {mark[0]}


def holds(end: re.Pattern[str], rest: Rest) -> bool:
    """Tell whether a line holds what ends raw HTML."""
    return end.search(rest.text) is not None
