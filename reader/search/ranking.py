"""Which of the posts that were found comes first. Pure, so that both databases agree."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Final, NamedTuple

from reader.search.query import Query, words_of
from reader.terms import stem

WEIGHTS: Final = {"title": 8.0, "names": 5.0, "summary": 3.0}
WHOLE_TITLE: Final = 30.0
IN_TITLE: Final = 10.0  # side by side, in this order
BEGINS: Final = 0.6  # of the weight, where the word only begins so


class Candidate(NamedTuple):
    """What a post is judged by: terms, parted by spaces."""

    place: int
    language: str
    title: str
    names: str
    summary: str
    body: str  # its beginning
    published_at: datetime


class Wanted(NamedTuple):
    """What was asked for, in the terms of one language."""

    words: list[tuple[str, bool]]  # and whether others that begin so will do
    title: list[str]  # as a whole


def ranked(query: Query, candidates: Iterable[Candidate]) -> list[int]:
    """Return the places of the candidates, the best first; of equals, the newest."""
    in_language = cache(lambda name: wanted(query, name))
    judged = [(candidate, *judge(in_language(candidate.language), candidate)) for candidate in candidates]
    by_word = zip(*(marks for _one, marks, _bonus in judged), strict=True)
    said = [sum(mark > 1 for mark in marks) for marks in by_word]
    rarity = [1 + math.log((len(judged) + 1) / (often + 1)) for often in said]
    scored = [
        (sum(map(operator.mul, marks, rarity)) + bonus, candidate.published_at, candidate.place)
        for candidate, marks, bonus in judged
    ]
    return [place for _score, _at, place in sorted(scored, reverse=True)]


def wanted(query: Query, language: str) -> Wanted:
    """Return what was asked for in the terms of a language."""
    words = [(stem(asked.words[0], language), asked.goes_on) for asked in words_of(query)]
    return Wanted(words, [stem(word, language) for word in query.words])


def judge(asked: Wanted, candidate: Candidate) -> tuple[list[float], float]:
    """Return what each of the words weighs in a candidate, and what its title adds."""
    fields = {field: getattr(candidate, field).split() for field in WEIGHTS}
    body = f" {candidate.body} "
    marks = []
    for term, goes_on in asked.words:
        above = [weight * fit(term, goes_on, fields[field]) for field, weight in WEIGHTS.items()]
        often = body.count(f" {term} ")
        marks.append(max(above) + (math.log2(1 + often) / 3 if often else 0.0))
    return marks, title_bonus(asked.title, fields["title"])


def fit(term: str, goes_on: bool, terms: list[str]) -> float:
    """Return how well a word fits what stands in a field, from 0 to 1."""
    if term in terms:
        return 1.0
    return BEGINS if goes_on and any(other.startswith(term) for other in terms) else 0.0


def title_bonus(asked: list[str], title: list[str]) -> float:
    """Return what it is worth that the title is, or has in this order, what was asked for."""
    if not asked:
        return 0.0
    if asked == title:
        return WHOLE_TITLE
    joined = f" {' '.join(title)} "
    return IN_TITLE * len(asked) / len(title) if f" {' '.join(asked)} " in joined else 0.0
