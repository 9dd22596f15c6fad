"""Markdown to what a reader gets: safe HTML, plain text, contents. Pure; preview and projector share it."""

from __future__ import annotations

import hashlib
import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.extensions.toc import slugify_unicode
from markdown.treeprocessors import Treeprocessor

from cms.markup_clean import clean
from cms.markup_guard import LONGEST, Unrenderable, guarded
from cms.markup_habits import HabitsExtension

__all__ = ["LONGEST", "RENDERER", "Heading", "Rendered", "Unrenderable", "render", "summary"]

# Scripts that put no space between words: each character is counted as one.
UNSPACED: Final = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
BLOCKS: Final = {
    *HEADINGS,
    *[
        "address",
        "blockquote",
        "br",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "summary",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ],
}


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
    text: str  # what a person would read aloud, with alternative texts; blocks apart by newlines
    contents: tuple[Heading, ...]
    words: int


def fingerprint() -> str:
    """Return what tells this renderer from others: its own code, and the versions of what it is made of."""
    seen = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("markup*.py")):
        seen.update(file.read_bytes())
    seen.update(
        " ".join(version(name) for name in ("markdown", "pymdown-extensions", "pygments", "nh3")).encode()
    )
    return seen.hexdigest()[:16]


RENDERER: Final = fingerprint()


@lru_cache(maxsize=8)  # a publish renders to check, its projection to show
def render(source: str) -> Rendered:
    """Return what readers get for this Markdown. Raise Unrenderable for a text that is refused."""
    text = guarded(source)
    try:
        html = clean(converter().convert(text))
    except RecursionError as error:
        raise Unrenderable("The text nests too deeply to be rendered. Nest quotes and lists less.") from error
    return read(html)


def summary(text: str, *, length: int = 200) -> str:
    """Return how a plain text begins, in at most so many characters, cut between words if it has any."""
    flat = " ".join(text.split())
    if len(flat) <= length:
        return flat
    cut = flat[: length - 1]
    if " " in cut[length // 2 :] and not flat[length - 1].isspace():
        cut = cut.rpartition(" ")[0]
    return cut.rstrip(" ,;:.–—-") + "…"


class Structure(Treeprocessor):
    """Fits the text into its page: the page's title is the only h1, and wide tables scroll by themselves."""

    def run(self, root: Element) -> None:
        """Change the tree in place."""
        if root.find(".//h1") is not None:
            for element in root.iter():
                if element.tag in HEADINGS:
                    element.tag = f"h{min(HEADINGS[element.tag] + 1, 6)}"
        for parent in list(root.iter()):
            for place, child in enumerate(parent):
                if child.tag == "table" and parent.get("class") != "scroll":
                    box = Element(
                        "div", {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": "Table"}
                    )
                    box.tail, child.tail = child.tail, None
                    box.append(child)
                    parent[place] = box


class StructureExtension(Extension):
    """Registers the tree processor, after inline text is parsed and before the contents number headings."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register."""
        md.treeprocessors.register(Structure(md), "structure", 15)


THREAD: Final = threading.local()


def converter() -> Markdown:
    """Return this thread's converter, ready for a new text: not thread-safe, and 0.1 s in the making."""
    if not hasattr(THREAD, "markdown"):
        THREAD.markdown = new_converter()
    converter: Markdown = THREAD.markdown
    return converter.reset()


def new_converter() -> Markdown:
    """Return a converter with the extensions that the site knows, and no others."""
    return Markdown(
        extensions=[
            HabitsExtension(),
            StructureExtension(),
            "attr_list",
            "def_list",
            "footnotes",
            "sane_lists",
            "tables",
            "toc",
            "pymdownx.details",
            "pymdownx.highlight",
            "pymdownx.magiclink",
            "pymdownx.quotes",
            "pymdownx.superfences",
            "pymdownx.tasklist",
            "pymdownx.tilde",
        ],
        extension_configs={
            "footnotes": {"BACKLINK_TEXT": "↩︎", "UNIQUE_IDS": False},
            "tables": {"use_align_attribute": True},
            "toc": {"slugify": slugify_unicode},
            "pymdownx.highlight": {"guess_lang": False},
            "pymdownx.quotes": {"callouts": True},
            "pymdownx.tilde": {"subscript": False},
        },
    )


class Reader(HTMLParser):
    """Reads finished HTML for its text and its headings; changes nothing."""

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


def read(html: str) -> Rendered:
    """Return the finished HTML with what it says."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    text = re.sub(r"\s*\n\s*", "\n", "".join(reader.text)).strip()
    contents = tuple(heading for heading in reader.headings if heading.title)
    return Rendered(html=html, text=text, contents=contents, words=count_words(text))


def count_words(text: str) -> int:
    """Return how many words a text has; in scripts without spaces, each character counts as one."""
    return len(UNSPACED.findall(text)) + len(UNSPACED.sub(" ", text).split())
