"""References as GitHub reads them: `[text][id]` stands together, and a label may hold code."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from markdown import Extension, Markdown
from markdown.inlinepatterns import (
    IMAGE_REFERENCE_RE,
    REFERENCE_RE,
    ImageReferenceInlineProcessor,
    ReferenceInlineProcessor,
    ShortImageReferenceInlineProcessor,
    ShortReferenceInlineProcessor,
)
from markdown.util import ETX, INLINE_PLACEHOLDER_RE, STX

ESCAPED: Final = re.compile(f"{STX}(\\d+){ETX}")


class Label(ReferenceInlineProcessor):
    """Finds a definition by the label as it was written."""

    RE_LINK = re.compile(r"\[([^\]]*)\]")  # the library allows a space before it, and so joins [a] [b]

    def evalId(self, data: str, index: int, text: str) -> tuple[str | None, int, bool]:
        """Return the id of the reference."""
        id_, end, handled = super().evalId(data, index, text)
        return id_ and INLINE_PLACEHOLDER_RE.sub(self.written, id_), end, handled

    def written(self, found: re.Match[str]) -> str:
        """Return what the author wrote for what was parsed before, in lower case as ids are."""
        assert self.md
        node = self.md.treeprocessors["inline"].stashed_nodes.get(found[1], "")
        if isinstance(node, str):
            return ESCAPED.sub(lambda mark: f"\\{chr(int(mark[1]))}", node).lower()
        return unescape(f"`{''.join(node.itertext())}`").lower()


class Reference(Label, ReferenceInlineProcessor):
    """[text][id]"""


class ShortReference(Label, ShortReferenceInlineProcessor):
    """[id]"""


class ImageReference(Label, ImageReferenceInlineProcessor):
    """![text][id]"""


class ShortImageReference(Label, ShortImageReferenceInlineProcessor):
    """![id]"""


class InlineExtension(Extension):
    """Puts these in the places of the library's own."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register."""
        md.inlinePatterns.register(Reference(REFERENCE_RE, md), "reference", 170)
        md.inlinePatterns.register(ImageReference(IMAGE_REFERENCE_RE, md), "image_reference", 140)
        md.inlinePatterns.register(ShortReference(REFERENCE_RE, md), "short_reference", 130)
        md.inlinePatterns.register(ShortImageReference(IMAGE_REFERENCE_RE, md), "short_image_ref", 125)
