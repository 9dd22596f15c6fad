"""GitHub's habits for Python-Markdown: what people type in issues and READMEs means the same here.

A walk over the lines by CommonMark's rules for what lies in which list or quote, before the
library sees them. Code and raw HTML are put aside as they are, so that nothing reads meaning into them.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from markdown import Extension, Markdown
from markdown.preprocessors import Preprocessor

from cms.markup.code import code
from cms.markup.lines import (
    DEFINITION,
    DETAILS,
    FENCE,
    FOOTNOTE,
    HEADING,
    HTML,
    ITEM,
    LONE_TAG,
    REFERENCE,
    RULE,
    UNDERLINE,
    Container,
    Rest,
    Verbatim,
    closes,
    holds,
    indented,
    is_table,
    not_blank,
    title_of,
)
from cms.markup.output import Output

CODE: Final = 4  # blank columns that make code of a line
LINE_BREAK: Final = re.compile(r"[^\\]\\$")
APART: Final = "<!-- -->"  # between two lists that Python-Markdown would join; the sanitiser drops it


class Walk(Output):
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

    def leaf(self, rest: Rest, following: str) -> None:
        """Take what a line says."""
        body = rest.text.lstrip(" \t")
        if rest.indent() >= CODE and (self.opened or not self.paragraph):
            self.set_aside(Verbatim(indented_code, takes=indented, indent=CODE), rest)
        elif rest.indent() >= CODE:
            self.text(body)
        elif heading := HEADING.match(body):
            self.block(f"{heading[0]} {title_of(body[heading.end() :])}")
        elif self.paragraph and self.inside and UNDERLINE.match(body):
            self.underline("#" if body[0] == "=" else "##")
        elif RULE.match(body):
            self.block("***")
        elif fence := FENCE.match(body):
            self.fence(rest.indent(), fence)
        elif DETAILS.match(body):
            self.block(body)
            self.containers.append(Container(":", rest.indent() + CODE))
        elif not self.raw(rest, body):
            self.prose(body, following)

    def underline(self, marks: str) -> None:
        """Make a heading of the open paragraph."""
        first = len(self.out) - len(self.paragraph)
        self.head = self.out[first].removesuffix(self.paragraph[0])
        title = " ".join(line.strip() for line in self.paragraph)
        del self.out[first:]
        self.block(f"{marks} {title_of(title)}")

    def fence(self, indent: int, fence: re.Match[str]) -> None:
        """Open fenced code."""
        finish = partial(code, info=fence["info"])
        self.set_aside(Verbatim(finish, ends=partial(closes, fence["mark"]), keeps_end=False, indent=indent))

    def raw(self, rest: Rest, body: str) -> bool:
        """Put raw HTML aside, if it begins here."""
        if not body.startswith("<"):
            return False
        for begin, end in HTML:
            if begin.match(body):
                self.set_aside(Verbatim(ends=partial(holds, end)) if end else Verbatim(takes=not_blank), rest)
                return True
        if LONE_TAG.match(body) and not self.paragraph:
            self.set_aside(Verbatim(takes=not_blank), rest)
            return True
        return False

    def prose(self, body: str, following: str) -> None:
        """Take a line of a paragraph or a table."""
        if is_table(body, following) and not (self.inside and self.table):
            self.close()
            self.table = True
            self.stand_apart()
        self.text(body)

    @property
    def continues(self) -> bool:
        """Whether a line goes on with the paragraph, though it may lie outside, except of a definition."""
        outside = self.containers[self.matched :]
        return bool(self.paragraph) and not self.opened and all(found.kind != ":" for found in outside)

    def text(self, body: str) -> None:
        """Write a line of a paragraph, with what Python-Markdown would wrongly read into it disarmed."""
        if self.continues:
            self.match(len(self.containers))
            if item := ITEM.match(body):
                body = f"{item[0][:-1]}\\{body[item.end() - 1 :]}"
            elif UNDERLINE.match(body):
                body = f"&#{ord(body[0])};{body[1:]}"
        elif not self.table:
            self.close()
        body = disarmed(self.reference(body))
        self.write(body)
        self.paragraph.append(body)

    def reference(self, body: str) -> str:
        """Return the line. A reference stands apart, or each costs a search; in a paragraph it is none."""
        if not REFERENCE.match(body):
            return body
        if self.paragraph and not REFERENCE.match(self.paragraph[-1]):
            return f"\\{body}"
        self.close()
        self.stand_apart()
        return body


def disarmed(body: str) -> str:
    """Return a line of prose without what Python-Markdown alone would make a block of."""
    if body.startswith("#") or (body.startswith("[^") and "]" not in body):
        body = f"\\{body}"
    elif body.startswith(":"):
        body = f"&#58;{body[1:]}"
    return f"{body[:-1]}  " if LINE_BREAK.search(body) else body  # two spaces are its line break


def indented_code(text: str) -> str:
    """Return indented code as HTML; the blank lines after it are none of it."""
    return code(f"{text.rstrip()}\n")


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
