"""How large and how long a GIF is, from its blocks alone: its decoder would unpack each frame to tell."""

from __future__ import annotations

from typing import Final, NamedTuple

MOST_BLOCKS: Final = 200_000  # 20 MB have 82,000 if each is full, as encoders write them
EXTENSION, FRAME, END = 0x21, 0x2C, 0x3B
COMMENT: Final = 0xFE
LOOP: Final = b"\x0bNETSCAPE2.0"


class Extent(NamedTuple):
    """What a picture's header says of it."""

    width: int  # px
    height: int
    frames: int


class Blocks:
    """A walk over the blocks of a GIF. Raises IndexError where the file ends too early."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 13
        self.left = MOST_BLOCKS
        self.skip_palette(data[10])

    def number(self, offset: int) -> int:
        """Return the 16-bit number so far behind the present place."""
        return self.data[self.place + offset] | self.data[self.place + offset + 1] << 8

    def skip_palette(self, flags: int) -> None:
        """Go on behind the palette that the flags announce, if they do."""
        self.place += 3 << (flags & 7) + 1 if flags & 0x80 else 0

    def skip_byte(self) -> None:
        """Go on behind what is no block, as decoders do. Raise ValueError if there is too much of it."""
        self.place += 1
        self.left -= 1
        if self.left < 0:
            raise ValueError("More than any encoder writes between blocks.")

    def skip_extension(self) -> None:
        """Go on behind an extension. Raise ValueError for an empty one, or a loop without its number.

        Behind these, Pillow takes what comes next for more of the same: it would find other frames.
        """
        label, begin = self.data[self.place + 1], self.place + 2
        second = begin + 1 + self.data[begin] if self.data.startswith(LOOP, begin) else begin
        if label != COMMENT and not self.data[second]:
            raise ValueError("An extension without content.")
        self.place = begin
        self.skip_content()

    def skip_content(self) -> None:
        """Go on behind the pieces of a block, each with its length. Raise ValueError if too many."""
        while length := self.data[self.place]:
            self.place += length + 1
            self.left -= 1
            if self.left < 0:
                raise ValueError("More blocks than any encoder writes.")
        self.place += 1


def extent_of(data: bytes) -> Extent:
    """Return the size of the canvas, grown by frames that reach beyond it, and the number of frames.

    Linear in the number of blocks, which is bounded. Raise IndexError or ValueError if it breaks off.
    """
    blocks = Blocks(data)
    width, height, frames = data[6] | data[7] << 8, data[8] | data[9] << 8, 0
    while blocks.place < len(data) and (mark := data[blocks.place]) != END:
        if mark == EXTENSION:
            blocks.skip_extension()
        elif mark == FRAME:
            frames += 1
            width = max(width, blocks.number(1) + blocks.number(5))
            height = max(height, blocks.number(3) + blocks.number(7))
            flags = data[blocks.place + 9]
            blocks.place += 10
            blocks.skip_palette(flags)
            blocks.place += 1  # the code size
            blocks.skip_content()
        else:
            blocks.skip_byte()
    return Extent(width, height, frames)
