"""The index on SQLite: an FTS5 table over `reader_terms`, kept by triggers.

Terms come folded and stemmed, so its tokenizer only parts them at the spaces. Every term is quoted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from django.db import DatabaseError, connections

from reader.search.query import Alternative, Clause

WIDTH: Final = 2**64
COLUMNS: Final = ("title", "names", "summary", "body", "keys")


def places(clauses: list[Clause]) -> list[int]:
    """Return the ids of the terms that any of the clauses finds."""
    one = (
        "SELECT * FROM (SELECT rowid FROM reader_found WHERE reader_found MATCH %s "
        "ORDER BY rowid DESC LIMIT %s)"
    )
    with connections["reader"].cursor() as cursor:
        cursor.execute(
            " UNION ".join([one] * len(clauses)),
            [value for clause in clauses for value in (match(clause), clause.limit)],
        )
        return [row[0] for row in cursor.fetchall()]


def match(clause: Clause) -> str:
    """Return the clause in FTS5's own words."""
    wanted = " AND ".join(f"({' OR '.join(map(said, group))})" for group in clause.groups)
    return f"({wanted}) NOT ({' OR '.join(map(said, clause.none))})" if clause.none else wanted


def said(alternative: Alternative) -> str:
    """Return an alternative, quoted. No term has a quote in it."""
    return f'"{" ".join(alternative.terms)}"' + " *" * alternative.goes_on


def frequencies(keys: Iterable[str]) -> dict[str, int]:
    """Return how many articles have each of the keys, of those that any has."""
    asked = list(keys)
    marks = ", ".join(["%s"] * len(asked))
    with connections["reader"].cursor() as cursor:
        cursor.execute(f"SELECT term, doc FROM reader_found_terms WHERE term IN ({marks})", asked)
        return dict(cursor.fetchall())


def is_whole() -> bool:
    """Tell whether the index holds what the table says, and nothing else. Reads all of both, writes nothing.

    FTS5's own check would keep every writer waiting while it goes on. One statement sees both sides at the
    same moment; what each says is summed up, so memory stays small.
    """
    statement = (
        'SELECT TRUE, doc, term, col, "offset", NULL, NULL FROM reader_found_places '
        f"UNION ALL SELECT FALSE, id, {', '.join(COLUMNS)} FROM reader_terms"
    )
    total = 0
    try:
        with connections["reader"].cursor() as cursor:
            cursor.execute(statement)
            while rows := cursor.fetchmany(1000):
                total += sum(map(weight, rows))
    except DatabaseError:  # it is malformed
        return False
    return total % WIDTH == 0


def is_malformed(error: Exception) -> bool:
    """Tell whether the error says that a table of FTS5 is malformed, not the whole file."""
    return getattr(error.__cause__, "sqlite_errorcode", 0) == sqlite3.SQLITE_CORRUPT_VTAB


def weight(row: tuple[Any, ...]) -> int:
    """Return a number for what a row says: one of the index takes away what the same in the table adds."""
    indexed, place, *said = row
    if indexed:
        return -hash((place, *said[:3]))
    return sum(
        hash((place, term, column, position))
        for column, terms in zip(COLUMNS, said, strict=True)
        for position, term in enumerate(terms.split(" ") if terms else ())
    )


def rebuild() -> None:
    """Make the index anew from the table. Whoever writes meanwhile waits."""
    with connections["reader"].cursor() as cursor:
        cursor.execute("INSERT INTO reader_found (reader_found) VALUES ('rebuild')")
