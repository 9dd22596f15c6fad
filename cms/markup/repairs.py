"""What is mended in HTML before it is cleaned: slips that no browser minds, but checkers and listeners do.

It works on text, tag by tag, and makes nothing safe: the sanitiser comes after it.
"""

from __future__ import annotations

import re
from typing import Final

TAG: Final = re.compile(r"<(/?)(a|details|h[1-6]|img|input|p|span|summary)\b([^<>]*)>", re.I)
NAMED: Final = re.compile(r"\salt\b", re.I)
LINKED: Final = re.compile(r"\shref\s*=\s*[\"']?+\s*+(?!(?!https?:|mailto:|tel:)[a-z][a-z\d+.-]*:)", re.I)
TELLING: Final = re.compile(r"\s(class|dir|id|lang|title)\b", re.I)  # what the sanitiser leaves of a span
SUMMARY: Final = re.compile(r"\s*(<)summary\b", re.I)
SIZE: Final = re.compile(r"(\d{1,5})(?:px)?")
BEHIND_THE_HOST: Final = re.compile(r"((?:[a-z][a-z\d+.-]*:)?(?://[^/?#]*)?)(.*)", re.I | re.S)
NO_PART_OF_AN_ADDRESS: Final = re.compile(r'[\x00-\x20"<>\\^`{|}\[\]]')
LINE_BREAKS: Final = re.compile(r"[\t\r\n]")


def repaired(html: str) -> str:
    """Return the HTML with an outline that skips no level, and names and ends where they lack."""
    repairs = Repairs()
    return TAG.sub(repairs.of, html)


class Repairs:
    """What was opened so far, and what it has to be closed by."""

    def __init__(self) -> None:
        self.levels: list[int] = []  # of the headings above, as they were written
        self.ends: dict[str, list[str]] = {"a": [], "span": [], "summary": []}
        self.first = -1  # where the summary of the last <details> stands, if it has one
        self.in_summary = False

    def of(self, tag: re.Match[str]) -> str:
        """Return what a tag is to be."""
        end, name, rest = tag[1], tag[2].lower(), tag[3]
        if name == "p":  # a summary is a line
            return "" if self.in_summary else tag[0]
        if name[0] == "h":
            return self.heading(end, int(name[1]), rest)
        if end:
            ends = self.ends.get(name)
            self.in_summary = self.in_summary and name != "summary"
            return ends.pop() if ends else tag[0]
        match name:
            case "img":
                return tag[0] if NAMED.search(rest) else f"<img alt{rest}>"
            case "input":  # the box of a task: its state alone says nothing to who hears it
                return f"<input aria-label=Task{rest}>"
            case "details":
                summary = SUMMARY.match(tag.string, tag.end())
                self.first = summary.start(1) if summary else -1
                return tag[0] if summary else f"{tag[0]}<summary>…</summary>"
        return self.opened(tag, name, rest)

    def heading(self, end: str, level: int, rest: str) -> str:
        """Return a heading one deeper at most than the one above; the title of the page is the only h1."""
        if not end:
            while self.levels and self.levels[-1] >= level:
                self.levels.pop()
            self.levels.append(level)
        return f"<{end}h{min(1 + max(len(self.levels), 1), 6)}{rest}>"

    def opened(self, tag: re.Match[str], name: str, rest: str) -> str:
        """Return a link, a span or a summary, or what it is instead where it is none."""
        start, end = tag[0], f"</{name}>"
        if name == "a" and not LINKED.search(rest):
            start, end = f"<span{rest}>", "</span>"
        elif name == "span" and not TELLING.search(rest):  # says nothing, and may hold what no span may
            start = end = ""
        elif name == "summary":
            self.in_summary = tag.start() == self.first
            start, end = (start, end) if self.in_summary else ("<p>", "</p>")
        self.ends[name].append(end)
        return start


def address(url: str) -> str:
    """Return the URL without what may stand in none, as browsers read it."""
    given = BEHIND_THE_HOST.fullmatch(LINE_BREAKS.sub("", url.strip()))
    if not given:
        return url
    path, mark, fragment = given[2].partition("#")
    path, fragment = (NO_PART_OF_AN_ADDRESS.sub(quoted, part) for part in (path, fragment))
    return given[1] + path + mark + fragment.replace("#", "%23")


def quoted(char: re.Match[str]) -> str:
    """Return a character as it is written in a URL."""
    return f"%{ord(char[0]):02X}"


def size(value: str) -> str | None:
    """Return a width or height of a picture as a number of pixels, None if it is none."""
    given = SIZE.fullmatch(value.strip())
    return given[1] if given else None
