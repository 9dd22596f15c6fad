"""What somebody may have meant. Offers only words that a public post has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from reader.index import Spelling
from reader.indexing import rests
from reader.search.query import Query
from reader.terms import TOKEN, fold

SHORTEST: Final = 4  # letters; a shorter word is what it is
DOUBTED: Final = 3  # posts; a word that as many have is no slip
NEAR: Final = 2000  # words that are compared in one search
CLOSEST: Final = 5  # words that are looked up in the index

Frequencies = Mapping[str, int]  # of words, folded


def doubted(query: Query, frequencies: Frequencies) -> list[str]:
    """Return the words of a query that may be slips."""
    asked = (asked.words[0] for asked in query.asked if asked.spelled)
    return [word for word in asked if len(word) >= SHORTEST and frequencies.get(word, 0) < DOUBTED]


def near(words: list[str]) -> dict[str, list[str]]:
    """Return for each word those that it is a few slips away from, the closest first. One SELECT."""
    if not words:
        return {}
    shared = defaultdict(list)
    every = {rest for word in words for rest in rests(word)}
    for rest, other in Spelling.objects.filter(rest__in=every).values_list("rest", "word")[:NEAR]:
        shared[rest].append(other)
    found = {}
    for word in words:
        measured = {(distance(word, fold(other)), other) for rest in rests(word) for other in shared[rest]}
        found[word] = [other for slips, other in sorted(measured) if 0 < slips <= allowed(word)][:CLOSEST]
    return found


def best(offered: dict[str, list[str]], frequencies: Frequencies) -> dict[str, str]:
    """Return for each word the one that was meant: of the nearest that are not as rare the most used."""
    meant = {}
    for word, others in offered.items():
        usual = [other for other in others if frequencies.get(fold(other), 0) > 3 * frequencies.get(word, 0)]
        if usual:
            ranks = [(distance(word, fold(one)), -min(frequencies[fold(one)], 100), one) for one in usual]
            meant[word] = min(ranks)[2]
    return meant


def corrected(text: str, meant: dict[str, str]) -> str:
    """Return what was typed, with what was meant in its place."""
    return TOKEN.sub(lambda match: meant.get(fold(match[0]), match[0]), text)


def allowed(word: str) -> int:
    """Return how many slips a word of this length may have."""
    return 1 if len(word) < 6 else 2 if len(word) < 11 else 3


def distance(one: str, other: str) -> int:
    """Return how many slips lie between two words: a letter too many, too few, wrong, or two swapped."""
    if abs(len(one) - len(other)) > 3:
        return 4
    last: list[int] = []
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, right in enumerate(other, 1):
            slips = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and (left, one[i - 2]) == (other[j - 2], right):
                slips = min(slips, last[j - 2] + 1)
            row.append(slips)
    return row[-1]
