"""What differs between two texts, word by word. Pure; knows no post."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from diff_match_patch import diff_match_patch
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

Kind = Literal["same", "gone", "new"]
KINDS: Final[dict[int, Kind]] = {0: "same", -1: "gone", 1: "new"}
PATIENCE: Final = 0.5  # s for the lines of two texts, and as much for their words
MOST: Final = 150_000  # parts to begin with at all; 200,000 characters of English on both sides are 130,000
# A word of a script that puts no spaces between them is one character.
ALONE: Final = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
WORD: Final = re.compile(rf"\s+|[{ALONE}]|[^\W{ALONE}]+|.", re.S)
LONG: Final = 1500  # characters that are the same on both sides, of which only the ends are shown


class Segment(NamedTuple):
    """Words that are on both sides, only on the first, or only on the second."""

    kind: Kind
    text: str


class Block(NamedTuple):
    """Lines that are the same, or that were replaced."""

    segments: list[Segment]

    @property
    def changed(self) -> bool:
        """Tell whether the sides differ here."""
        return any(segment.kind != "same" for segment in self.segments)

    @property
    def both(self) -> SafeString:
        """Return what was there and what is, marked, as HTML."""
        return marked(self.segments)

    @property
    def before(self) -> SafeString:
        """Return the first side, what is gone from it marked, as HTML."""
        return marked([segment for segment in self.segments if segment.kind != "new"])

    @property
    def after(self) -> SafeString:
        """Return the second side, what is new in it marked, as HTML."""
        return marked([segment for segment in self.segments if segment.kind != "gone"])

    @property
    def ends(self) -> tuple[str, str, str]:
        """Return the text of a block that is the same: where it is long, its ends apart from its middle."""
        text = self.segments[0].text
        if len(text) < LONG:
            return text, "", ""
        return text[: LONG // 5], text[LONG // 5 : -LONG // 5], text[-LONG // 5 :]


class Difference(NamedTuple):
    """Two texts, block by block."""

    blocks: list[Block]
    coarse: bool  # too long and too different for words: somewhere whole lines are compared

    @property
    def changed(self) -> bool:
        """Tell whether the texts differ."""
        return any(block.changed for block in self.blocks)


class Bounded(diff_match_patch):
    """Myers' algorithm with a time after which it settles for less."""

    def diff_halfMatch(self, text1: str, text2: str) -> None:
        """Skip a short cut whose time has no bound: a text of one word, 100,000 times, takes minutes."""


def difference(old: str, new: str) -> Difference:
    """Return what differs. Takes 2 s at most for 200,000 characters, whatever they are."""
    lines, done = compared(old.splitlines(keepends=True), new.splitlines(keepends=True), PATIENCE)
    until, coarse = time.monotonic() + PATIENCE, not done
    blocks = []
    for segments in hunks(lines):
        gone, added = (side(segments, kind) for kind in ("gone", "new"))
        if gone and added:
            left = until - time.monotonic()
            refined, done = compared(WORD.findall(gone), WORD.findall(added), left)
            coarse = coarse or not done
            segments = refined if done else segments
        blocks.append(Block(segments))
    return Difference(blocks, coarse)


def side(segments: list[Segment], kind: Kind) -> str:
    """Return the text of this kind."""
    return "".join(segment.text for segment in segments if segment.kind == kind)


def hunks(segments: list[Segment]) -> Iterator[list[Segment]]:
    """Yield what is the same, and what replaces each other, in their order."""
    hunk: list[Segment] = []
    for segment in segments:
        if segment.kind == "same":
            if hunk:
                yield hunk
            hunk = []
            yield [segment]
        else:
            hunk.append(segment)
    if hunk:
        yield hunk


def compared(old: list[str], new: list[str], patience: float) -> tuple[list[Segment], bool]:
    """Return what differs between two lists of parts, and whether there was time to find the least.

    The library compares characters, so each part is given one.
    """
    if len(old) + len(new) > MOST:
        return [Segment("gone", "".join(old)), Segment("new", "".join(new))], False
    codes: dict[str, str] = {}
    parts: dict[str, str] = {}
    for part in (*old, *new):
        if part not in codes:
            code = chr(len(codes) + 1 + (0x800 if len(codes) >= 0xD7FF else 0))  # past the surrogates
            codes[part], parts[code] = code, part
    engine: Any = Bounded()
    first, second = ("".join(map(codes.__getitem__, side)) for side in (old, new))
    until = time.time() + patience
    found = engine.diff_main(first, second, False, until)
    done = time.time() < until
    if done:
        engine.diff_cleanupSemantic(found)
    return [Segment(KINDS[kind], "".join(map(parts.__getitem__, text))) for kind, text in found], done


def marked(segments: list[Segment]) -> SafeString:
    """Return the segments as HTML. An end of line that came or went by itself is made visible."""
    tags = {"same": ("", ""), "gone": ("<del>", "</del>"), "new": ("<ins>", "</ins>")}
    found = []
    for kind, text in segments:
        shown = text if kind == "same" or text.strip() else text.replace("\n", "↵\n")
        before, after = tags[kind]
        found.append(f"{before}{escape(shown)}{after}")
    return mark_safe("".join(found))
