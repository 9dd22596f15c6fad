"""What a line says, once it is known which lists and quotes it lies in: the second half of the walk."""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from cms.markup.code import code
from cms.markup.lines import (
    CODE,
    DETAILS,
    FENCE,
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

LINE_BREAK: Final = re.compile(r"[^\\]\\$")


class Leaves(Output):
    """What takes the blocks of text that lie in containers, or in none."""

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
