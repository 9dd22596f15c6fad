"""Markdown to what a reader gets: safe HTML, plain text, contents. Pure; preview and projector share it.

A body may use any heading: if it uses `#`, all its headings go down by one, because the title of
the page is the only h1. Ids are those of GitHub; the page keeps its own apart by a colon in front.
"""

from __future__ import annotations

import hashlib
import threading
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from markdown import Markdown
from markdown.extensions.toc import slugify_unicode
from markdown.treeprocessors import InlineProcessor

from cms.events import PictureRef
from cms.markup.guard import LONGEST, Unrenderable, check_html, guarded
from cms.markup.habits import HabitsExtension
from cms.markup.inline import LinksExtension
from cms.markup.pictures import sources
from cms.markup.sanitiser import absolute, clean
from cms.markup.tables import TablesExtension
from cms.markup.text import Heading, Rendered, beginning, read, summary
from cms.markup.trees import Fit, Footnotes, TreesExtension

__all__ = [
    "LONGEST",
    "RENDERER",
    "Heading",
    "Rendered",
    "Unrenderable",
    "absolute",
    "beginning",
    "render",
    "sources",
    "summary",
]

LIBRARIES: Final = ("markdown", "pymdown-extensions", "pygments", "nh3")
THREAD: Final = threading.local()


def fingerprint() -> str:
    """Return what tells this renderer from others: its own code, and the versions of what it is made of."""
    seen = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        seen.update(file.read_bytes())
    seen.update(" ".join(map(version, LIBRARIES)).encode())
    return seen.hexdigest()[:16]


RENDERER: Final = fingerprint()


def render(source: str, pictures: tuple[PictureRef, ...] = ()) -> Rendered:
    """Return what readers get for this Markdown, with these pictures of the library.

    Raise Unrenderable for a text that is refused.
    """
    return rendered(source, pictures)


@lru_cache(maxsize=8)  # a publish renders to check, its projection to show: both by the same arguments
def rendered(source: str, pictures: tuple[PictureRef, ...]) -> Rendered:
    """Return what `render` does."""
    html = convert(guarded(source), pictures)
    check_html(html)
    return read(clean(html))


def convert(text: str, pictures: tuple[PictureRef, ...] = ()) -> str:
    """Return the HTML for a text that the guard let pass; it is not safe yet."""
    markdown = converter()
    fit = markdown.treeprocessors["fit"]
    assert isinstance(fit, Fit)
    fit.pictures = pictures
    del THREAD.markdown  # for good if it stops halfway: it would take this text into the next
    try:
        html = markdown.convert(text)
    except RecursionError as error:
        raise Unrenderable("The text nests too deeply. Put fewer quotes and lists in each other.") from error
    except Unrenderable:
        raise
    except Exception as error:  # a fault of a library is no reason to fail a preview
        raise Unrenderable(f"The renderer stumbled over this text ({type(error).__name__}).") from error
    THREAD.markdown = markdown
    return html


def converter() -> Markdown:
    """Return this thread's converter, ready for a new text: not thread-safe, and 0.1 s in the making."""
    if not hasattr(THREAD, "markdown"):
        THREAD.markdown = new_converter()
    converter: Markdown = THREAD.markdown
    return converter.reset()


def new_converter() -> Markdown:
    """Return a converter with the extensions that the site knows, and no others."""
    converter = Markdown(
        extensions=[
            HabitsExtension(),
            TablesExtension(use_align_attribute=True),  # the sanitiser drops style
            TreesExtension(),
            Footnotes(BACKLINK_TEXT="↩︎", USE_DEFINITION_ORDER=False),
            "def_list",
            "sane_lists",
            "toc",
            "pymdownx.details",
            "pymdownx.magiclink",
            LinksExtension(),  # after those whose patterns it replaces
            "pymdownx.quotes",
            "pymdownx.tasklist",
            "pymdownx.tilde",
        ],
        extension_configs={
            "toc": {"slugify": slugify_unicode, "marker": ""},
            "pymdownx.quotes": {"callouts": True},
            "pymdownx.tilde": {"subscript": False},
        },
    )
    inline = converter.treeprocessors["inline"]
    assert isinstance(inline, InlineProcessor)
    patterns: Any = list(converter.inlinePatterns)  # looked up a thousand times a text: no longer by priority
    inline.inlinePatterns = patterns
    return converter
