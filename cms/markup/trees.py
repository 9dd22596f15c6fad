"""What the site adds to Python-Markdown between its steps, on the tree of elements."""

from __future__ import annotations

import re
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from markdown import Extension, Markdown
from markdown.extensions.attr_list import AttrListTreeprocessor
from markdown.extensions.footnotes import FootnoteExtension, FootnoteInlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from cms.events import PictureRef
from cms.markup.guard import check_inline
from cms.markup.pictures import put_in

CITATION: Final = r"\[\^([^\]\[]*)\]"  # the library's reads on over every other bracket
HEADINGS: Final = {f"h{level}": level for level in range(1, 7)}
SCROLL: Final = {"class": "scroll", "role": "region", "tabindex": "0", "aria-label": "Table"}


class InlineGuard(Treeprocessor):
    """Looks at each text that is about to be parsed for inline marks."""

    def run(self, root: Element) -> None:
        """Raise Unrenderable for what would take too long."""
        texts = (text for element in root.iter() for text in (element.text, element.tail))
        check_inline([text for text in texts if text and not isinstance(text, AtomicString)])


class Fit(Treeprocessor):
    """Fits the text into its page: the title is the only h1, wide tables scroll by themselves."""

    pictures: tuple[PictureRef, ...] = ()  # of the library, for this text

    def run(self, root: Element) -> None:
        """Change the tree in place."""
        if root.find(".//h1") is not None:
            lower_headings(root)
        for image in root.iter("img"):
            image.set("decoding", "async")
        for parent in list(root.iter()):
            for place, child in enumerate(parent):
                if child.tag == "table":
                    parent[place] = scrolling(child)
            make_figures(parent)
        put_in(root, self.pictures)


def lower_headings(root: Element) -> None:
    """Lower every heading by one level."""
    for element in root.iter():
        if element.tag in HEADINGS:
            element.tag = f"h{min(HEADINGS[element.tag] + 1, 6)}"


def scrolling(table: Element) -> Element:
    """Return the table in a box that scrolls, and that the keyboard can reach."""
    box = Element("div", SCROLL)
    box.tail, table.tail = table.tail, None
    box.append(table)
    return box


def make_figures(parent: Element) -> None:
    """Make a picture that stands alone a figure, and a slanted line right below it the caption."""
    above = Element("none")
    for child in list(parent):
        if is_only(child, "img"):
            child.tag = "figure"
        elif above.tag == "figure" and is_only(child, "em"):
            child.tag = "figcaption"
            parent.remove(child)
            above.append(child)
        above = child


def is_only(paragraph: Element, tag: str) -> bool:
    """Tell whether the paragraph holds one such element, and nothing else."""
    texts = (paragraph.text, *(child.tail for child in paragraph))
    return (
        paragraph.tag == "p"
        and [child.tag for child in paragraph] == [tag]
        and not any(text and text.strip() for text in texts)
    )


class Footnotes(FootnoteExtension):
    """Footnotes whose citations are found and numbered in linear time; the library takes seconds."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register."""
        super().extendMarkdown(md)
        md.inlinePatterns.register(FootnoteInlineProcessor(CITATION, self), "footnote", 175)

    def makeFootnotesDiv(self, root: Element) -> Element | None:
        """Return the footnotes; the library fails on one without text if it has no way back."""
        div = super().makeFootnotesDiv(root)
        for item, name in zip(div.iterfind("ol/li") if div is not None else (), self.footnotes, strict=True):
            if item.find(".//a[@class='footnote-backref']") is None:
                back = SubElement(SubElement(item, "p"), "a", {"class": "footnote-backref"})
                back.set("href", f"#{self.makeFootnoteRefId(name)}")
                back.text = self.getConfig("BACKLINK_TEXT")
        return div

    def unique_ref(self, reference: str, found: bool = False) -> str:
        """Return the id for a citation: fnref:x, then fnref2:x, fnref3:x."""
        if not found:
            return reference
        count = self.found_refs[reference] = self.found_refs.get(reference, 0) + 1
        return reference if count == 1 else reference.replace("fnref", f"fnref{count}", 1)


class Attributes(AttrListTreeprocessor):
    """{#id .class name=value}, with a colon or without; whatever else stands in braces is text."""

    WORD = r"""(?:[#.][^\s#.="'{}]+|[A-Za-z][\w:-]*=(?:"[^"\n]*"|'[^'\n]*'|[^\s"'{}]+))"""
    BASE_RE = rf"\{{:?[ ]*({WORD}(?:[ ]+{WORD})*)[ ]*\}}"  # type: ignore[misc]
    HEADER_RE = re.compile(rf"[ ]+{BASE_RE}[ ]*$")  # type: ignore[misc]
    BLOCK_RE = re.compile(rf"\n[ ]*{BASE_RE}[ ]*$")  # type: ignore[misc]
    INLINE_RE = re.compile(rf"^{BASE_RE}")  # type: ignore[misc]


class TreesExtension(Extension):
    """Registers these among the library's own: inline text at 20, attributes at 8, names of headings at 5."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register."""
        md.treeprocessors.register(InlineGuard(md), "guard", 21)
        md.treeprocessors.register(Attributes(md), "attr_list", 8)
        md.treeprocessors.register(Fit(md), "fit", 6)
