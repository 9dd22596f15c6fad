"""Links as GitHub reads them: `[a] [b]` are two references, and a label may hold code. In bounded time.

The library reads on from every bracket to its partner, or to the end of the paragraph. What it
reads is counted for each document, and the guard says when it is enough.
"""

from __future__ import annotations

import re
import string
from html import unescape
from typing import Any, Final

from markdown import Extension, Markdown
from markdown.inlinepatterns import (
    ESCAPE_RE,
    IMAGE_LINK_RE,
    LINK_RE,
    EscapeInlineProcessor,
    ImageInlineProcessor,
    ImageReferenceInlineProcessor,
    LinkInlineProcessor,
    ReferenceInlineProcessor,
    ShortImageReferenceInlineProcessor,
    ShortReferenceInlineProcessor,
)
from markdown.treeprocessors import InlineProcessor
from markdown.util import AMP_SUBSTITUTE, ETX, HTML_PLACEHOLDER_RE, INLINE_PLACEHOLDER_RE, STX
from pymdownx.magiclink import RE_LINK, MagiclinkPattern

from cms.markup.guard import check_reading

ESCAPED: Final = re.compile(f"{STX}(\\d+){ETX}")
LAST_PLACEHOLDER: Final = re.compile(f"{INLINE_PLACEHOLDER_RE.pattern}$")
NO_SPACE: Final = re.compile(r"\S*")


class Counted(LinkInlineProcessor):
    """A link whose reading is counted."""

    def __init__(self, pattern: str, links: LinksExtension) -> None:
        super().__init__(pattern, links.md)
        self.links = links

    def getText(self, data: str, index: int) -> tuple[str, int, bool]:
        """Return what is between the square brackets."""
        text, end, handled = super().getText(data, index)
        self.links.count(end - index)
        return text, end, handled

    def getLink(self, data: str, index: int) -> tuple[str, str | None, int, bool]:
        """Return what is between the round brackets."""
        href, title, end, handled = super().getLink(data, index)
        self.links.count(end - index)
        return href, title, end, handled


class Labelled(Counted, ReferenceInlineProcessor):
    """A reference that finds its definition by the label as it was written."""

    RE_LINK = re.compile(r"\[([^\]]*)\]")  # the library allows a space before it

    def evalId(self, data: str, index: int, text: str) -> tuple[str | None, int, bool]:
        """Return the id of the reference."""
        label, end, handled = super().evalId(data, index, text)
        return label and INLINE_PLACEHOLDER_RE.sub(self.written, label), end, handled

    def written(self, found: re.Match[str]) -> str:
        """Return what the author wrote for what has been parsed before, in lower case as ids are."""
        node = self.links.inline.stashed_nodes.get(found[1], "")
        if isinstance(node, str):
            return ESCAPED.sub(lambda mark: f"\\{chr(int(mark[1]))}", node).lower()
        return unescape(f"`{''.join(node.itertext())}`").lower()


class Link(Counted):
    """[text](address)"""


class Image(Counted, ImageInlineProcessor):
    """![text](address)"""


class Reference(Labelled):
    """[text][label]"""


class ImageReference(Labelled, ImageReferenceInlineProcessor):
    """![text][label]"""


class ShortReference(Labelled, ShortReferenceInlineProcessor):
    """[label]"""


class ShortImageReference(Labelled, ShortImageReferenceInlineProcessor):
    """![label]"""


class BareLink(MagiclinkPattern):
    """https://address, up to the next tag, and not in a link"""

    def __init__(self, links: LinksExtension, config: dict[str, Any]) -> None:
        super().__init__(RE_LINK, links.md)
        self.links = links
        self.config = config

    def handleMatch(self, m: re.Match[str], data: str) -> Any:
        """Return the link."""
        behind = LAST_PLACEHOLDER.search(data, max(0, m.start() - 30), m.start())
        if behind and self.tag(behind).lower().startswith("<a"):
            return None, None, None
        reach = NO_SPACE.match(data, m.end())
        for found in INLINE_PLACEHOLDER_RE.finditer(data, m.end(), reach.end() if reach else 0):
            if self.tag(found):
                data = data[: found.start()]
                break
        return super().handleMatch(m, data)

    def tag(self, found: re.Match[str]) -> str:
        """Return the raw tag that a placeholder stands for; empty if it stands for something else."""
        node = self.links.inline.stashed_nodes.get(found[1], "")
        stored = HTML_PLACEHOLDER_RE.fullmatch(node) if isinstance(node, str) else None
        return str(self.links.md.htmlStash.rawHtmlBlocks[int(stored[1])]) if stored else ""


class Escape(EscapeInlineProcessor):
    """\\& and, as in CommonMark, a backslash before any other ASCII punctuation"""

    def handleMatch(self, m: re.Match[str], data: str) -> Any:  # type: ignore[override]
        """Return the character; an ampersand so that it begins no entity."""
        if m[1] == "&":
            return f"{AMP_SUBSTITUTE}amp;", m.start(), m.end()
        return super().handleMatch(m, data)


class LinksExtension(Extension):
    """Puts these in the places of the library's own."""

    md: Markdown
    inline: InlineProcessor
    read = 0  # characters, in this document

    def extendMarkdown(self, md: Markdown) -> None:
        """Register."""
        md.registerExtension(self)
        self.md = md
        inline = md.treeprocessors["inline"]
        assert isinstance(inline, InlineProcessor)
        self.inline = inline
        md.ESCAPED_CHARS = list(string.punctuation)
        md.inlinePatterns.register(Escape(ESCAPE_RE, md), "escape", 180)
        library = md.inlinePatterns["magic-link"]
        assert isinstance(library, MagiclinkPattern)
        md.inlinePatterns.register(BareLink(self, library.config), "magic-link", 85)
        md.inlinePatterns.register(Reference(LINK_RE, self), "reference", 170)
        md.inlinePatterns.register(Link(LINK_RE, self), "link", 160)
        md.inlinePatterns.register(Image(IMAGE_LINK_RE, self), "image_link", 150)
        md.inlinePatterns.register(ImageReference(IMAGE_LINK_RE, self), "image_reference", 140)
        md.inlinePatterns.register(ShortReference(LINK_RE, self), "short_reference", 130)
        md.inlinePatterns.register(ShortImageReference(IMAGE_LINK_RE, self), "short_image_ref", 125)

    def reset(self) -> None:
        """Begin a new document."""
        self.read = 0

    def count(self, characters: int) -> None:
        """Add to what was read. Raise Unrenderable when it is enough."""
        self.read += characters
        check_reading(self.read)
