"""What finished HTML says: its plain text, headings and length. Reads only: clean HTML stays as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
# fmt: off
BLOCKS: Final = {
    "blockquote", "br", "caption", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1",
    "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "summary", "table", "td", "th", "tr",
    "ul",
}
# fmt: on
# Thai, Lao, Burmese and Khmer, kana, Han: written without spaces, so each character counts as a word. As word
# processors do for Chinese and Japanese; Hangul has spaces (UAX #29 leaves the former to dictionaries).
UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading that the contents can lead to."""

    id: str
    level: int  # 2 to 6; the title of the page is 1
    title: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text, finished for readers."""

    html: str  # safe as it is
    text: str  # what a person would read aloud, with alternative texts and code; each block on its line
    contents: tuple[Heading, ...]
    words: int


def read(html: str) -> Rendered:
    """Return the finished HTML with what it says."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.text).split("\n"))
    text = "\n".join(line for line in lines if line)
    contents = tuple(heading for heading in reader.headings if heading.title)
    return Rendered(html=html, text=text, contents=contents, words=count_words(text))


def count_words(text: str) -> int:
    """Return how many words a text has; in scripts without spaces, each character counts as one."""
    return len(UNSPACED.findall(text)) + len(UNSPACED.sub(" ", text).split())


def summary(text: str, *, length: int = 200) -> str:
    """Return how a plain text begins, in at most so many characters, cut between words if it has any."""
    flat = " ".join(text.split())
    if len(flat) <= length:
        return flat
    cut = flat[: length - 1]
    if " " in cut[length // 2 :] and not flat[length - 1].isspace():
        cut = cut.rpartition(" ")[0]
    return cut.rstrip(" ,;:.–—-") + "…"


def beginning(rendered: Rendered) -> str:
    """Return what stands for a summary: how the text begins, without its headings."""
    titles = {heading.title for heading in rendered.contents}
    return summary("\n".join(line for line in rendered.text.split("\n") if line not in titles))


class Reader(HTMLParser):
    """Reads finished HTML for its text and its headings."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.headings: list[Heading] = []
        self.heading: tuple[str, int] | None = None
        self.title: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where blocks and headings begin, and what pictures show."""
        values = dict(attrs)
        if tag in BLOCKS:
            self.text.append("\n")
        if tag in HEADINGS and (id_ := values.get("id")):
            self.heading = (id_, HEADINGS[tag])
            self.title = []
        if tag == "img" and (alt := values.get("alt")):
            self.handle_data(f" {alt} ")

    def handle_endtag(self, tag: str) -> None:
        """Note where they end."""
        if tag in BLOCKS:
            self.text.append("\n")
        if tag in HEADINGS and self.heading:
            self.headings.append(Heading(*self.heading, " ".join("".join(self.title).split())))
            self.heading = None

    def handle_data(self, data: str) -> None:
        """Take the text."""
        self.text.append(data)
        if self.heading:
            self.title.append(data)
