"""Search: what somebody typed to posts, the best first. Any text is accepted. Only reads.

The two modules `sqlite` and `postgresql` are the two indexes; all else is the same on both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

from django.db import connections
from django.db.models.functions import Left
from django.utils.safestring import SafeString

from reader import queries
from reader.models import Article
from reader.search import postgresql, spelling, sqlite
from reader.search.marks import marked, piece
from reader.search.query import READ, Clause, Query, clauses, either, parse
from reader.search.ranking import Candidate, ranked
from reader.terms import fold

PER_PAGE: Final = 10
JUDGED: Final = 10_000  # characters of a text's terms that its rank is made of
LANGUAGES: Final = 5  # stemmers that a query is read by
FEW: Final = 3  # posts; with fewer, something else may have been meant
SHOWN: Final = ("post_id", "slug", "title", "summary", "text", "language", "words", "published_at", "authors")
NARROWED: Final = 8  # values of each kind that a search can be narrowed by


@dataclass(frozen=True, slots=True)
class Hit:
    """One post that was found."""

    article: Article
    title: SafeString
    piece: SafeString  # of its text, with marks; empty: the summary says more


@dataclass(frozen=True, slots=True)
class Narrower:
    """What a search can be narrowed by."""

    kind: str  # tag, author or year
    value: str
    name: str
    count: int  # of the posts that were judged


@dataclass(slots=True)
class Results:
    """What a search came to."""

    text: str  # as it was typed
    facts: dict[str, str] = field(default_factory=dict)  # kind → value that it was narrowed by
    names: dict[str, str] = field(default_factory=dict)  # kind → what that value is called
    number: int = 1  # of the page
    hits: list[Hit] = field(default_factory=list)
    count: int = 0
    more: bool = False  # there may be more than `count`
    instead: str = ""  # nothing was found; these are the posts for this text
    meant: str = ""  # few were found; this text would find others
    partly: bool = False  # no post has all the words; these have some
    narrowers: list[Narrower] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was asked for: there is no word in the text, and no fact."""
        return not (parse(self.text).asked or self.facts)


def search(
    text: str, facts: dict[str, str] | None = None, *, number: int = 1, per_page: int = PER_PAGE
) -> Results:
    """Return a page of the posts for what was typed, narrowed by {"tag": slug, "author": slug, "year": …}."""
    results = Results(text[:READ], facts=facts or {}, number=number)
    query, names = parse(results.text), languages()
    found, full = find(clauses(query, results.facts, names))
    if len(found) < FEW and query.asked and (typed := meant(results.text, query)):
        other = parse(typed)
        if found:
            results.meant = typed
        else:
            found, full = find(clauses(other, results.facts, names))
            query, results.instead = other, typed
    if not found and len(query.words) > 1:
        found, full = find(either(query, results.facts, names))
        results.partly = bool(found)
    order = ranked(query, (row.candidate for row in found))
    results.count, results.more = len(order), full
    results.hits = list(hits(query, order[(number - 1) * per_page : number * per_page]))
    results.narrowers = list(narrowers(found, results.facts))
    results.names = {kind: name_of(found, kind, value) for kind, value in results.facts.items()}
    return results


def engine() -> ModuleType:
    """Return the module that knows the index of the reader's database."""
    return sqlite if connections["reader"].vendor == "sqlite" else postgresql


def is_whole() -> bool:
    """Tell whether the index holds what it is made of, and nothing else. Reads all of it, writes nothing."""
    return bool(engine().is_whole())


def is_malformed(error: Exception) -> bool:
    """Tell whether it is the index that the database complains of."""
    return bool(engine().is_malformed(error))


def rebuild() -> None:
    """Make the index anew from what it is made of."""
    engine().rebuild()


def languages() -> list[str]:
    """Return the names of the stemmers that posts are read by: one step along an index for each."""
    names = (
        "WITH RECURSIVE names (name) AS (SELECT min(language) FROM reader_terms UNION ALL "
        "SELECT (SELECT min(language) FROM reader_terms WHERE language > name) FROM names "
        "WHERE name IS NOT NULL) SELECT name FROM names WHERE name IS NOT NULL LIMIT %s"
    )
    with connections["reader"].cursor() as cursor:
        cursor.execute(names, [LANGUAGES])
        return [row[0] for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Found:
    """A post that was found, as far as its rank and what narrows the search ask."""

    candidate: Candidate
    tags: list[dict[str, Any]]
    authors: list[dict[str, Any]]
    month: int


def find(asked: list[Clause]) -> tuple[list[Found], bool]:
    """Return the posts that the clauses find, and whether there may be more. Two SELECTs."""
    places = engine().places(asked) if asked else []
    rows = (
        queries.listed()
        .filter(terms__in=places)
        .annotate(beginning=Left("terms__body", JUDGED))
        .values_list(
            *("terms__pk", "terms__language", "terms__title", "terms__names", "terms__summary"),
            *("beginning", "published_at", "tags", "authors", "month"),
        )
    )
    found = [Found(Candidate(*row[:7]), *row[7:]) for row in rows]
    return found, bool(asked) and len(places) >= asked[-1].limit


def hits(query: Query, places: list[int]) -> Iterator[Hit]:
    """Yield the posts at these places, in their order. One SELECT."""
    articles = queries.listed().filter(terms__in=places).select_related("terms")
    shown = articles.only(*SHOWN, "terms__id", "terms__language")
    by_place = {article.terms.pk: article for article in shown}
    for article in (by_place[place] for place in places if place in by_place):
        name = article.terms.language
        yield Hit(article, marked(article.title, query, name), piece(article.text, query, name))


def meant(text: str, query: Query) -> str:
    """Return what was probably meant; empty if nothing else was. Three SELECTs."""
    asked = {asked.words[0] for asked in query.asked if asked.spelled}
    known = frequencies(asked)
    offered = spelling.near(spelling.doubted(query, known))
    known |= frequencies({fold(other) for others in offered.values() for other in others})
    words = spelling.best(offered, known)
    return spelling.corrected(text, words) if words else ""


def frequencies(words: Iterable[str]) -> dict[str, int]:
    """Return how many public posts have each of the words, of those that any has."""
    keys = {f"={word}": word for word in words}
    counted = engine().frequencies(keys) if keys else {}
    return {keys[key]: number for key, number in counted.items()}


def name_of(found: list[Found], kind: str, value: str) -> str:
    """Return what a fact is called by the posts of which it is true."""
    named = [one for row in found[:1] for one in (row.tags if kind == "tag" else row.authors)]
    return next((str(one["name"]) for one in named if one["slug"] == value), value)


def narrowers(found: list[Found], facts: dict[str, str]) -> Iterator[Narrower]:
    """Yield what would part the posts that were found, the most frequent first; years by the calendar."""
    counted: dict[str, Counter[tuple[str, str]]] = {
        "tag": Counter((tag["slug"], tag["name"]) for row in found for tag in row.tags),
        "author": Counter((author["slug"], author["name"]) for row in found for author in row.authors),
        "year": Counter((str(row.month // 100),) * 2 for row in found if row.month),
    }
    for kind, values in counted.items():
        if kind in facts:
            continue
        usual = sorted(values.items(), key=lambda item: (-item[1], item[0]))[:NARROWED]
        if kind == "year":
            usual.sort(reverse=True)
        yield from (
            Narrower(kind, value, name, count)
            for (value, name), count in usual
            if count < len(found) or len(values) > 1
        )
