"""GitHub's habits for Python-Markdown: what people type in issues and READMEs shall mean the same here.

A preprocessor on lines. It puts list items and what belongs to them on Python-Markdown's own
grid of four columns, following CommonMark's rule for what belongs (its content column), and
sets a blank line where a list, table, heading or fence begins directly under a paragraph.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

ITEM: Final = re.compile(r"(?P<marker>[-*+]|(?P<number>\d{1,9})[.)])(?:(?P<gap> +)(?P<text>.*)|$)")
FENCE: Final = re.compile(r"(?P<mark>`{3,}(?=[^`]*$)|~{3,})")
RULE: Final = re.compile(r"(?:\*[ ]*){3,}$|(?:-[ ]*){3,}$|(?:_[ ]*){3,}$")
HEADING: Final = re.compile(r"#{1,6}(?:[ ]|$)")
DELIMITER_ROW: Final = re.compile(r"\|?[ ]*:?-+:?[ ]*(?:\|[ ]*:?-+:?[ ]*)*\|?[ ]*$")
UNDERLINE: Final = re.compile(r"(?:=+|-+)[ ]*$")  # makes a heading of the line above
LONG_GAP: Final = re.compile(r" {100,}")  # shown as one space anyway, and slow to look at
GRID: Final = 4  # columns


@dataclass(slots=True)
class Item:
    """An open list item."""

    column: int  # at which its content begins, in the source
    start: int  # at which its marker stands
    ordered: bool


@dataclass(slots=True)
class Reflow:
    """The state of one walk over the lines."""

    out: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    fence: str = ""  # the mark of the open fence
    in_paragraph: bool = False

    def walk(self, lines: list[str]) -> list[str]:
        """Return the lines as Python-Markdown wants them."""
        for place, line in enumerate(lines):
            if self.fence:
                self.code(line)
            elif not line.strip():
                self.out.append("")
                self.in_paragraph = False
            else:
                self.text(line.expandtabs(GRID), lines[place + 1] if place + 1 < len(lines) else "")
        return self.out

    def code(self, line: str) -> None:
        """Take a line of fenced code as it is, on the column of what it belongs to."""
        column = self.items[-1].column if self.items else 0
        text = line[min(column, len(line) - len(line.lstrip(" "))) :] if line.strip() else ""
        self.emit(text)
        closing = text.strip()
        if closing and len(closing) >= len(self.fence) and set(closing) == {self.fence[0]}:
            self.fence = ""

    def text(self, line: str, following: str) -> None:
        """Take a line that is not code."""
        body = line.lstrip(" ")
        indent = len(line) - len(body)
        item = ITEM.match(body) if not RULE.match(body) else None
        interrupts = bool(item or FENCE.match(body) or HEADING.match(body) or RULE.match(body))
        if self.items and indent < self.items[-1].column and self.in_paragraph and not interrupts:
            self.emit(body)  # a lazy line goes on with the paragraph
            return
        self.leave(indent, is_item=item is not None)
        column = self.items[-1].column if self.items else 0
        if indent - column >= GRID and not (item and self.items):
            self.emit(body if self.in_paragraph else " " * (indent - column) + body)
        elif item and self.begins(item):
            self.item(item, indent)
        else:
            self.block(body, following)

    def leave(self, indent: int, *, is_item: bool) -> None:
        """Close the items that a line at this column does not belong to."""
        left = False
        while self.items and indent < self.items[-1].column:
            last = self.items.pop()
            left = not (is_item and indent >= last.start - 1)
            self.in_paragraph = False
        if left and not is_item and self.out and self.out[-1]:
            self.out.append("")

    def begins(self, item: re.Match[str]) -> bool:
        """Tell whether a list may begin here: under a paragraph only with text, and only from 1."""
        if not self.in_paragraph:
            return True
        return bool(item["text"]) and item["number"] in (None, "1")

    def item(self, item: re.Match[str], indent: int) -> None:
        """Open a list item."""
        if self.in_paragraph and not self.items:
            self.out.append("")
        gap = len(item["gap"] or " ")
        text = item["text"] or ""
        if gap > GRID:
            gap, text = 1, " " * (gap - 1) + text
        marker = f"{item['number']}." if item["number"] else "-"
        self.emit(f"{marker:<{GRID}}{text}".rstrip() if text else marker + " ")
        self.items.append(Item(indent + len(item["marker"]) + gap, indent, item["number"] is not None))
        self.in_paragraph = bool(text)

    def block(self, body: str, following: str) -> None:
        """Take the line of a paragraph, or the first of what is none."""
        fence = FENCE.match(body)
        whole = HEADING.match(body) or (RULE.match(body) and not self.in_paragraph)  # a block in one line
        table = "|" in body and "|" in following and DELIMITER_ROW.match(following.strip())
        if self.in_paragraph and (fence or whole or table or body.startswith("??? ")):
            self.out.append("")
        self.emit(LONG_GAP.sub(" ", body))
        if fence:
            self.fence = fence["mark"]
        self.in_paragraph = not fence and not whole
        if whole or (self.in_paragraph and UNDERLINE.match(body)):
            self.out.append("")
            self.in_paragraph = False

    def emit(self, text: str) -> None:
        """Write a line at the column of what it belongs to."""
        self.out.append(" " * (GRID * len(self.items)) + text if text else "")


class Habits(Preprocessor):
    """Run the walk over a document."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines as Python-Markdown wants them."""
        return Reflow().walk(lines)


class HabitsExtension(Extension):
    """GitHub's habits, before anything else has seen the lines but their normalisation."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register the preprocessor: after whitespace is normalised, before fences are taken out."""
        md.preprocessors.register(Habits(md), "habits", 27)
