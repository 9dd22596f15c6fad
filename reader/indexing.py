"""From an article to what it is found by. Pure, as `reader.rendering` is."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Final, NamedTuple

from django.conf import settings

from reader.index import Spelling, Terms
from reader.models import Article
from reader.terms import UNSPACED, fold, stem, stemmer, words

# An index row of PostgreSQL (tsvector) holds 16,383 positions and 1 MB, and what exceeds it raises: these
# stay below. A word behind the last position is still found, by its key.
POSITIONS: Final = 14_000
BODY_BYTES: Final = 250_000
KEYS_BYTES: Final = 150_000
TITLE_KEY: Final = 300  # characters
SPELLINGS: Final = 2000  # words of an article that may be offered to who mistypes them
SPELLED: Final = re.compile(rf"(?<!['’\w])[^\W\d_{UNSPACED}]{{4,30}}(?!['’\w])")
HASHED: Final = 47  # bits of an id that tell the articles of a day apart
LONGEST_SLUG: Final = 200  # characters
NO_SLUG: Final = re.compile(r"[^\w-]")
KINDS: Final = ("tag", "author", "year")  # of facts
REST: Final = 7  # letters of a word that a slip is looked for in


class FoundBy(NamedTuple):
    """What an article is found by, made before anything is locked."""

    terms: Terms | None  # None: it is not to be found
    spellings: tuple[str, ...]  # the words that can be mistyped


def found_by(article: Article) -> FoundBy:
    """Return what the article is found by."""
    terms = terms_of(article)
    return FoundBy(terms, spellings_of(article) if terms else ())


def terms_of(article: Article) -> Terms | None:
    """Return what the article is found by; None if it is not to be found."""
    if article.gone_at or article.unlisted or article.published_at is None:
        return None
    name = stemmer(article.language)
    read = {
        "title": words(article.title),
        "names": words(" · ".join(names(article))),
        "summary": words(article.summary),
        "body": words(article.text),
    }
    stemmed = {word: stem(word, name) for word in {word for found in read.values() for word in found}}
    stems = {field: [stemmed[word] for word in found] for field, found in read.items()}
    return Terms(
        id=place(article),
        article=article,
        language=name,
        title=" ".join(stems["title"]),
        names=" ".join(stems["names"]),
        summary=" ".join(stems["summary"]),
        body=cut(stems["body"][:POSITIONS], BODY_BYTES),
        keys=cut(keys_of(article, read, stems), KEYS_BYTES),
    )


def keys_of(article: Article, read: Mapping[str, list[str]], stems: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield what says where an article has a word: facts, its title, terms there and above the text."""
    yield from facts_of(article)
    yield title_key(stems["title"])
    yield from (f"^{term}" for term in dict.fromkeys(stems["title"]))
    yield from (f"~{term}" for term in dict.fromkeys(stems["title"] + stems["names"] + stems["summary"]))
    yield from (f"={word}" for word in dict.fromkeys(word for found in read.values() for word in found))


def place(article: Article) -> int:
    """Return the id of an article's terms: the newer the day, the higher; within a day, by chance."""
    assert article.published_at is not None
    day = (article.published_at - datetime(1970, 1, 1, tzinfo=UTC)).days
    return min(max(day, 0), 2**15) << HASHED | article.post_id.int % 2**HASHED


def names(article: Article) -> Iterator[str]:
    """Yield what an article is filed under."""
    yield from (tag["name"] for tag in article.tags)
    yield from (author["name"] for author in article.authors)
    if article.series:
        yield article.series["name"]


def facts_of(article: Article) -> Iterator[str]:
    """Yield the keys that results are narrowed by."""
    yield from (fact("tag", tag["slug"]) for tag in article.tags)
    yield from (fact("author", author["slug"]) for author in article.authors)
    if article.published_at:
        yield fact("year", str(year(article.published_at)))


def month(moment: datetime) -> int:
    """Return the month of a moment on the site's own clock, with its year: 202611."""
    there = moment.astimezone(zoneinfo.ZoneInfo(settings.TIME_ZONE))
    return there.year * 100 + there.month


def year(moment: datetime) -> int:
    """Return the year of a moment on the site's own clock, as it is shown."""
    return month(moment) // 100


def fact(kind: str, value: str) -> str:
    """Return the key of a fact, well-formed whatever is asked for: no word has a slash, no slug a dot."""
    return f"{kind}/{NO_SLUG.sub('.', value[:LONGEST_SLUG].lower())}"


def title_key(stems: list[str]) -> str:
    """Return the key of a whole title."""
    return ("^^" + "_".join(stems))[:TITLE_KEY]


def cut(terms: Iterable[str], size: int) -> str:
    """Return the terms as one text of at most so many bytes."""
    text = " ".join(terms)
    if len(text.encode()) <= size:
        return text
    return text.encode()[:size].decode(errors="ignore").rpartition(" ")[0]


def spellings_of(article: Article) -> tuple[str, ...]:
    """Return the words of an article that can be mistyped, each once."""
    text = " ".join([article.title, *names(article), article.summary, article.text]).casefold()
    return tuple(islice(dict.fromkeys(SPELLED.findall(unicodedata.normalize("NFC", text))), SPELLINGS))


def rests(folded: str) -> set[str]:
    """Return the beginning of a word, and what remains of it without one of its letters."""
    start = folded[:REST]
    return {start, *(start[:gap] + start[gap + 1 :] for gap in range(len(start)))}


def spelled(words: Iterable[str]) -> list[Spelling]:
    """Return the rows that these words ask for, in one order, so that two writers cannot deadlock."""
    return [Spelling(word=word, rest=rest) for word in sorted(words) for rest in sorted(rests(fold(word)))]
