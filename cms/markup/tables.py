"""Tables as GitHub reads them, in bounded time.

The library takes any two lines of as many pipes for a table, fills every row up to the width of
its head, and looks for each pipe among all the code in its line. That is counted for each
document, and the guard says when it is enough.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions.tables import TableExtension, TableProcessor

from cms.markup.guard import check_cells

LOOKS: Final = 100  # for a pipe among code; they take as long as one cell


class Tables(TableProcessor):
    """Tables whose cells are counted."""

    def __init__(self, extension: TablesExtension, md: Markdown) -> None:
        super().__init__(md.parser, extension.getConfigs())
        self.extension = extension

    def test(self, parent: Element, block: str) -> bool:
        """Tell whether the block is a table: each cell of its second line is a rule."""
        self.count(block.split("\n", 2)[:2], columns=0)
        return super().test(parent, block) and all("-" in cell for cell in self.separator)

    def run(self, parent: Element, blocks: list[str]) -> None:
        """Make the table."""
        self.count(blocks[0].split("\n"), columns=len(self.separator))
        super().run(parent, blocks)

    def count(self, rows: list[str], *, columns: int) -> None:
        """Add to what was counted. Raise Unrenderable when it is enough."""
        looks = sum(row.count("|") * row.count("`") for row in rows)
        self.extension.cells += len(rows) * columns + looks // LOOKS
        check_cells(self.extension.cells)


class TablesExtension(TableExtension):
    """Puts these in the place of the library's own."""

    cells = 0  # in this document

    def extendMarkdown(self, md: Markdown) -> None:
        """Register."""
        super().extendMarkdown(md)
        md.registerExtension(self)
        md.parser.blockprocessors.register(Tables(self, md), "table", 75)

    def reset(self) -> None:
        """Begin a new document."""
        self.cells = 0
