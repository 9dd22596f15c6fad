"""From what somebody typed to what the index is asked. Pure; no text is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from reader.indexing import fact, title_key
from reader.terms import fold, pieces, stem, unspaced

READ: Final = 1000  # characters; what comes after is not read
AT_MOST: Final = 32  # words
PREFIX_FROM: Final = 3  # letters; the last word may go on from here, and from 2 if a star says so
QUOTES: Final = str.maketrans("“”„‟«»＂", '"' * 7)
CHUNK: Final = re.compile(r'(?P<no>(?<!\S)-)?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Asked:
    """Words that stand side by side: mostly one. Folded."""

    words: tuple[str, ...]
    goes_on: bool = False  # the last is only a beginning

    @property
    def spelled(self) -> bool:
        """Tell whether it is one word that could be mistyped."""
        return len(self.words) == 1 and self.words[0].isalpha() and not unspaced().match(self.words[0])


@dataclass(frozen=True, slots=True)
class Query:
    """What a text asks for: all of some words, and none of others."""

    asked: tuple[Asked, ...]
    refused: tuple[Asked, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Return all the words asked for, in their order."""
        return tuple(word for asked in self.asked for word in asked.words)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Terms that stand side by side in the index, or one key."""

    terms: tuple[str, ...]
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """What an engine is asked: of each group one alternative, none of the others, the newest first."""

    groups: tuple[tuple[Alternative, ...], ...]
    none: tuple[Alternative, ...]
    limit: int


def parse(text: str) -> Query:
    """Return what the text asks for; nothing if there is no word in it."""
    asked: list[Asked] = []
    refused: list[Asked] = []
    for chunk in CHUNK.finditer(text[:READ].translate(QUOTES)):
        said = chunk["phrase"] if chunk["word"] is None else chunk["word"]
        no = chunk["no"] and not said.startswith("-")  # --release is what it looks like
        last = chunk.end() >= len(text.rstrip()) and chunk["word"] is not None and not no
        (refused if no else asked).extend(sequences(said, last=last))
    if not asked:  # nothing but what is not wanted: then it was no minus
        asked, refused = refused, []
    return Query(tuple(limited(asked)), tuple(limited(refused)))


def sequences(said: str, *, last: bool) -> Iterator[Asked]:
    """Yield the words of a chunk as they must stand side by side. Pairs of characters overlap anyway."""
    starred = said.endswith("*")
    side_by_side: list[str] = []
    for piece in pieces(fold(said)):
        if not unspaced().match(piece[0]):
            side_by_side += piece
            continue
        if side_by_side:
            yield Asked(tuple(side_by_side))
            side_by_side = []
        yield Asked(tuple(piece[:-1] or piece), goes_on=len(piece) == 1)
    if side_by_side:
        enough = len(side_by_side[-1]) >= (2 if starred else PREFIX_FROM)
        yield Asked(tuple(side_by_side), goes_on=(starred or last) and enough)


def limited(found: list[Asked]) -> Iterator[Asked]:
    """Yield the first AT_MOST words."""
    left = AT_MOST
    for asked in found:
        if left <= 0:
            return
        yield replace(asked, words=asked.words[:left])
        left -= len(asked.words)


def clauses(query: Query, facts: Mapping[str, str], languages: Iterable[str]) -> list[Clause]:
    """Return what finds the best: posts of that title, with all words in it, above the text, anywhere.

    Each takes only so many, the newest: a word that every post has costs no more than a rare one.
    """
    names = tuple(languages) or ("",)
    narrowed = tuple((Alternative((fact(kind, value),)),) for kind, value in facts.items())
    none = tuple(alternative for asked in query.refused for alternative in anywhere(asked, names))
    if not query.asked:
        return [Clause(narrowed, none, 80)] if narrowed else []
    title = tuple(
        dict.fromkeys(Alternative((title_key([stem(word, name) for word in query.words]),)) for name in names)
    )
    groups = tuple(anywhere(asked, names) for asked in query.asked)
    in_title = tuple(keyed("^", asked, names) for asked in words_of(query))
    above = tuple(keyed("~", asked, names) for asked in words_of(query))
    return [
        Clause((title, *narrowed), none, 20),
        Clause((*in_title, *narrowed, *groups), none, 80),
        Clause((*above, *narrowed, *groups), none, 60),
        Clause((*groups, *narrowed), none, 80),
    ]


def either(query: Query, facts: Mapping[str, str], languages: Iterable[str]) -> list[Clause]:
    """Return what finds posts that have some of the words: first those that have them above the text."""
    names = tuple(languages) or ("",)
    narrowed = tuple((Alternative((fact(kind, value),)),) for kind, value in facts.items())
    none = tuple(alternative for asked in query.refused for alternative in anywhere(asked, names))
    asked = tuple(words_of(query))
    above = tuple(dict.fromkeys(found for one in asked for found in keyed("~", one, names)))
    any_place = tuple(dict.fromkeys(found for one in asked for found in anywhere(one, names)))
    return [Clause((above, *narrowed), none, 80), Clause((any_place, *narrowed), none, 80)]


def words_of(query: Query) -> Iterator[Asked]:
    """Yield each word asked for by itself."""
    for asked in query.asked:
        *before, last = asked.words
        yield from (Asked((word,)) for word in before)
        yield Asked((last,), asked.goes_on)


def anywhere(asked: Asked, names: tuple[str, ...]) -> tuple[Alternative, ...]:
    """Return the ways in which words can stand in a text: as they are, or with other endings."""
    *before, last = asked.words
    found = []
    for name in names:
        stemmed = [stem(word, name) for word in before]
        found.append(Alternative((*stemmed, stem(last, name))))
        if asked.goes_on and before:  # what a single word begins, its key tells
            found.append(Alternative((*stemmed, last), goes_on=True))
    if not before:
        found.append(Alternative((f"={last}",), asked.goes_on))
    return tuple(dict.fromkeys(found))


def keyed(mark: str, asked: Asked, names: tuple[str, ...]) -> tuple[Alternative, ...]:
    """Return the keys that say of a single word where it stands."""
    (word,) = asked.words
    found = [Alternative((mark + stem(word, name),)) for name in names]
    if asked.goes_on:
        found.append(Alternative((mark + word,), goes_on=True))
    return tuple(dict.fromkeys(found))
