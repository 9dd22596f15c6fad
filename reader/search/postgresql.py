"""The index on PostgreSQL: a generated column of `reader_terms` that is a tsvector, and a GIN index.

It needs no extension. Terms come folded and stemmed, so no dictionary is asked; every term is quoted.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db import connections

from reader.search.query import Alternative, Clause

EXAMINED: Final = (
    1000  # rows, the newest, that are read to see whether words stand side by side: GIN cannot tell
)


def places(clauses: list[Clause]) -> list[int]:
    """Return the ids of the terms that any of the clauses finds."""
    one = (
        "(SELECT id FROM (SELECT id, found FROM reader_terms WHERE found @@ %s::tsquery "
        "ORDER BY id DESC LIMIT %s) AS newest WHERE found @@ %s::tsquery ORDER BY id DESC LIMIT %s)"
    )
    values = [value for clause in clauses for value in parameters(clause)]
    with connections["reader"].cursor() as cursor:
        cursor.execute(" UNION ".join([one] * len(clauses)), values)
        return [row[0] for row in cursor.fetchall()]


def parameters(clause: Clause) -> tuple[str, int, str, int]:
    """Return what is asked of GIN, how many rows of it are examined, and what is asked of these."""
    near, exact = match(clause, side_by_side=" & "), match(clause, side_by_side=" <-> ")
    return near, clause.limit if near == exact else EXAMINED, exact, clause.limit


def match(clause: Clause, *, side_by_side: str) -> str:
    """Return the clause as a tsquery."""
    groups = [either(group, side_by_side) for group in clause.groups]
    if clause.none and side_by_side == " <-> ":
        groups.append(f"!{either(clause.none, side_by_side)}")
    return " & ".join(groups)


def either(alternatives: Iterable[Alternative], side_by_side: str) -> str:
    """Return what any of the alternatives fits."""
    return f"({' | '.join(said(one, side_by_side) for one in alternatives)})"


def said(alternative: Alternative, side_by_side: str) -> str:
    """Return an alternative, quoted. No term has a quote or a backslash in it."""
    terms = [f"'{term}'" for term in alternative.terms]
    return f"({side_by_side.join(terms)}{':*' * alternative.goes_on})"


def frequencies(keys: Iterable[str]) -> dict[str, int]:
    """Return how many articles have each of the keys, of those that any has. Counts to a hundred."""
    count = "(SELECT count(*) FROM (SELECT FROM reader_terms WHERE found @@ %s::tsquery LIMIT 100) AS few)"
    asked = list(keys)
    with connections["reader"].cursor() as cursor:
        cursor.execute("SELECT " + ", ".join([count] * len(asked)), [f"'{key}'" for key in asked])
        counted = cursor.fetchone()
    return {key: number for key, number in zip(asked, counted, strict=True) if number}


def is_whole() -> bool:
    """Tell whether the index holds what the table says: the database sees to it."""
    return True


def is_malformed(error: Exception) -> bool:
    """Tell whether the error is about the index: it is no other than any table's."""
    return False


def rebuild() -> None:
    """Leave the index: it cannot differ."""
