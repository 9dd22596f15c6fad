"""GitHub's habits for Python-Markdown: what people type in issues and READMEs means the same here.

A walk over the lines by CommonMark's rules for what lies in which list or quote, before the
library sees them. Code and raw HTML are put aside as they are, so that nothing reads meaning into them.
"""

from __future__ import annotations

import re
from typing import Final

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

from cms.markup.leaves import Leaves
from cms.markup.lines import (
    CODE,
    DEFINITION,
    FOOTNOTE,
    ITEM,
    RULE,
    Container,
    Rest,
)

APART: Final = "<!-- -->"  # between two lists that Python-Markdown would join; the sanitiser drops it


class Walk(Leaves):
    """One walk over a document."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines as Python-Markdown wants them."""
        for number, line in enumerate(lines, start=1):
            self.number = number
            self.line(Rest(line), lines[number] if number < len(lines) else "")
        self.finish()
        return [*self.out, "", ""]  # the last row of a table ends at a blank line only

    def line(self, rest: Rest, following: str) -> None:
        """Take one line: first what it lies in, then what it opens, then what it says."""
        self.keep(rest)
        if self.verbatim:
            if self.inside and self.verbatim.feed(rest):
                return
            self.finish()
        while self.open(rest):
            pass
        if rest.blank():
            self.blank()
        else:
            self.leaf(rest, following)

    def keep(self, rest: Rest) -> None:
        """Find which containers the line goes on with, and take their marks off it."""
        kept = 0
        for container in self.containers:
            indent = rest.indent()
            if container.kind == ">":
                if indent >= CODE or not rest.text.lstrip(" \t").startswith(">"):
                    break
                rest.unquote()
            elif indent >= container.width or rest.blank():
                rest.take(min(container.width, indent))
            else:
                break
            kept += 1
        self.match(kept)

    def open(self, rest: Rest) -> bool:
        """Open the container that begins here, if one does."""
        body = rest.text.lstrip(" \t")
        if rest.indent() >= CODE or RULE.match(body):
            return False
        if body.startswith(">"):
            self.quote(rest)
        elif (item := ITEM.match(body)) and self.begins_list(item, body):
            self.item(rest, item)
        elif note := FOOTNOTE.match(body):
            self.body(rest, "^", f"{note[0]} ")
        elif DEFINITION.match(body):
            self.body(rest, ":", ":   ")
        else:
            return False
        return True

    def begins_list(self, item: re.Match[str], body: str) -> bool:
        """Tell whether an item may begin here: under a paragraph only one with text, and only from 1."""
        if not (self.inside and self.paragraph) or self.table:
            return True
        return bool(body[item.end() :].strip()) and item["number"] in (None, "1")

    def quote(self, rest: Rest) -> None:
        """Open a quote."""
        rest.unquote()
        self.stand_apart()
        self.push(Container(">"), "> ")

    def item(self, rest: Rest, item: re.Match[str]) -> None:
        """Open a list item."""
        new = Container(item["marker"][-1])
        self.part_lists(new)
        new.width = rest.indent() + len(item["marker"])
        rest.take(new.width)
        new.hollow = rest.blank()
        gap = rest.indent()
        if new.hollow or gap > CODE:  # more is code within the item
            gap = 1
        rest.take(gap)
        new.width += gap
        self.push(new, f"{int(item['number'])}. ".ljust(4) if item["number"] else "*   ")

    def part_lists(self, new: Container) -> None:
        """Set a new list apart from a list, or a paragraph, that Python-Markdown would make it part of."""
        if self.opened:
            return
        last = None if self.inside else self.containers[self.matched]
        if last is None:
            self.apart = self.apart or bool(self.paragraph and self.margin >= self.matched)
        elif last.list_tag != new.list_tag:
            self.apart = True
        elif last.kind != new.kind:
            self.block(self.store(APART))

    def body(self, rest: Rest, kind: str, opening: str) -> None:
        """Open the body of a footnote or a definition."""
        width = rest.indent() + CODE
        rest.take(rest.indent() + len(opening.rstrip()))
        rest.take(rest.indent())
        self.push(Container(kind, width), opening)

    def blank(self) -> None:
        """Take a line with nothing on it but the marks of containers."""
        if self.opened:
            self.write("")
            return
        if self.containers and self.containers[-1].hollow:
            self.match(min(self.matched, len(self.containers) - 1))
        self.close()
        self.out.append(self.prefix().rstrip())


class Habits(Preprocessor):
    """The walk, as the one step before Python-Markdown parses blocks."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the lines as Python-Markdown wants them."""
        return Walk(self.md.htmlStash.store).run(lines)


class HabitsExtension(Extension):
    """Puts the walk in place of the library's own search for raw HTML, which is not GitHub's."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register."""
        md.preprocessors.deregister("normalize_whitespace")  # it would take away what stands for code
        md.preprocessors.deregister("html_block")
        md.preprocessors.register(Habits(md), "habits", 30)
