"""The index on SQLite: an FTS5 table over `reader_terms`, kept by triggers.

Terms come folded and stemmed, so its tokenizer only parts them at the spaces. Every term is quoted.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from django.db import DatabaseError, connections

from reader.search.query import Alternative, Clause

BEGINNING: Final = 5  # characters; of what begins with more, FTS5 has no list (reader/migrations/0005)
CONTINUED: Final = 60  # terms that begin so
LAST: Final = 0x10FFFF  # of all characters
COUNTED: Final = 100  # articles with a word; more are as good as a hundred
WIDTH: Final = 2**64
Known = dict[str, list[str]]  # beginning → terms
COLUMNS: Final = ("title", "names", "summary", "body", "keys")


def places(clauses: list[Clause]) -> list[int]:
    """Return the ids of the terms that any of the clauses finds."""
    one = (
        "SELECT * FROM (SELECT rowid FROM reader_found WHERE reader_found MATCH %s "
        "ORDER BY rowid DESC LIMIT %s)"
    )
    known = continued({end for clause in clauses for group in clause.groups for end in map(open_end, group)})
    with connections["reader"].cursor() as cursor:
        cursor.execute(
            " UNION ".join([one] * len(clauses)),
            [value for clause in clauses for value in (match(clause, known), clause.limit)],
        )
        return [row[0] for row in cursor.fetchall()]


def match(clause: Clause, known: Known) -> str:
    """Return the clause in FTS5's own words."""
    wanted = " AND ".join(either(group, known) for group in clause.groups)
    return f"({wanted}) NOT {either(clause.none, known)}" if clause.none else wanted


def either(alternatives: Iterable[Alternative], known: Known) -> str:
    """Return what any of the alternatives fits."""
    return f"({' OR '.join(said(one, known) for one in alternatives)})"


def said(alternative: Alternative, known: Known) -> str:
    """Return an alternative, quoted. No term has a quote in it."""
    terms = known.get(open_end(alternative), [])
    if 0 < len(terms) < CONTINUED:
        return " OR ".join(f'"{term}"' for term in terms)
    return f'"{" ".join(alternative.terms)}"' + " *" * alternative.goes_on


def open_end(alternative: Alternative) -> str:
    """Return the one term of an alternative that goes on, if FTS5 has no list of it; else nothing.

    Before it answers, it would write down all places of all that begins so, however many there are. Term
    by term it reads only as far as places are asked for.
    """
    *before, last = alternative.terms
    return last if alternative.goes_on and not before and len(last) > BEGINNING else ""


def continued(beginnings: set[str]) -> Known:
    """Return the terms that begin so: all, or at least CONTINUED of them. One SELECT, if any is asked for.

    Each is one step along the index. `>` would make FTS5 go through every place of the term before; no
    term has a character below the space.
    """
    asked, beyond = sorted(beginnings - {""}), f"start || char({LAST})"
    step = "(SELECT term FROM reader_found_places WHERE term >= {} LIMIT 1)"
    terms = (
        f"WITH RECURSIVE asked (start) AS (VALUES {', '.join(['(%s)'] * len(asked))}), "
        f"terms (start, term) AS (SELECT start, {step.format('start')} FROM asked UNION ALL "
        f"SELECT start, {step.format('terms.term || char(1)')} FROM terms WHERE term < {beyond}) "
        f"SELECT start, term FROM terms WHERE term < {beyond} LIMIT %s"
    )
    found: Known = {start: [] for start in asked}
    if asked:
        with connections["reader"].cursor() as cursor:
            cursor.execute(terms, [*asked, CONTINUED * len(asked)])
            for start, term in cursor.fetchall():
                found[start].append(term)
    return found


def frequencies(keys: Iterable[str]) -> dict[str, int]:
    """Return how many articles have each of the keys, of those that any has. Counts to a hundred."""
    count = "(SELECT count(*) FROM (SELECT 1 FROM reader_found WHERE reader_found MATCH %s LIMIT %s))"
    asked = list(keys)
    with connections["reader"].cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join([count] * len(asked)),
            [value for key in asked for value in (f'"{key}"', COUNTED)],
        )
        counted = cursor.fetchone()
    return {key: number for key, number in zip(asked, counted, strict=True) if number}


def is_whole() -> bool:
    """Tell whether the index holds what the table says, and nothing else. Reads all of both, writes nothing.

    FTS5's own check would keep every writer waiting while it goes on, and passes over its totals, which it
    needs to forget a row. One statement sees both sides at the same moment; what each says is summed up, so
    memory stays small.
    """
    statement = (
        'SELECT TRUE, doc, term, col, "offset", NULL, NULL FROM reader_found_places '
        f"UNION ALL SELECT FALSE, id, {', '.join(COLUMNS)} FROM reader_terms "
        "UNION ALL SELECT NULL, block, NULL, NULL, NULL, NULL, NULL FROM reader_found_data WHERE id = 1"
    )
    total, sizes, noted = 0, Counter[str](), Counter[str]()
    try:
        with connections["reader"].cursor() as cursor:
            cursor.execute(statement)
            while rows := cursor.fetchmany(1000):
                for indexed, place, *said in rows:
                    if indexed is None:
                        noted.update(dict(zip(("", *COLUMNS), varints(place), strict=False)))
                    else:
                        total += weight(indexed, place, said)
                        sizes.update(() if indexed else size(said))
    except DatabaseError:  # it is malformed
        return False
    return total % WIDTH == 0 and sizes == noted


def is_malformed(error: Exception) -> bool:
    """Tell whether the error says that a table of FTS5 is malformed, not the whole file."""
    return getattr(error.__cause__, "sqlite_errorcode", 0) == sqlite3.SQLITE_CORRUPT_VTAB


def weight(indexed: bool, place: int, said: list[Any]) -> int:
    """Return a number for what a row says: one of the index takes away what the same in the table adds."""
    if indexed:
        return -hash((place, *said[:3]))
    return sum(
        hash((place, term, column, position))
        for column, terms in zip(COLUMNS, said, strict=True)
        for position, term in enumerate(terms.split(" ") if terms else ())
    )


def size(said: list[str]) -> dict[str, int]:
    """Return how many terms a row of the table has in each column; and itself, under no name."""
    counted = {column: len(terms.split(" ")) for column, terms in zip(COLUMNS, said, strict=True) if terms}
    return {"": 1, **counted}


def varints(block: bytes) -> list[int]:
    """Return the numbers in a record of FTS5, seven bits in a byte (sqlite.org/fileformat2.html, 2.1)."""
    numbers, number = [], 0
    for byte in block:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            numbers.append(number)
            number = 0
    return numbers


def rebuild() -> None:
    """Make the index anew from the table. Whoever writes meanwhile waits."""
    with connections["reader"].cursor() as cursor:
        cursor.execute("INSERT INTO reader_found (reader_found) VALUES ('rebuild')")
