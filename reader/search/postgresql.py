"""The index on PostgreSQL: a generated column of `reader_terms` that is a tsvector, and a GIN index.

It needs no extension. Terms come folded and stemmed, so no dictionary is asked; every term is quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from django.db import connections, transaction

from reader.search.query import Alternative, Clause

EXAMINED: Final = (
    1000  # rows, the newest, that are read to see whether words stand side by side: GIN cannot tell
)
SAMPLE: Final = 64  # rows, the newest, that tell whether a clause finds many
MANY: Final = 4  # of these; then it is quicker to go through the newest than to collect all that GIN has
WALKED: Final = 5000  # rows at most
# Which of the two ways is taken is not left to the planner: it takes every beginning of a word for frequent,
# and goes through the whole table for what no post has (a second at 100,000 posts). What stands in a SELECT
# of its own it cannot look at, so it asks GIN.
COLLECTED: Final = (
    "(WITH every AS MATERIALIZED (SELECT id FROM reader_terms WHERE found @@ (SELECT %s::tsquery)), "
    "newest AS MATERIALIZED (SELECT id FROM every ORDER BY id DESC LIMIT %s) "
    "SELECT id FROM newest JOIN reader_terms USING (id) WHERE found @@ %s::tsquery ORDER BY id DESC LIMIT %s)"
)
PASSED: Final = (
    "(SELECT id FROM (SELECT id, found FROM reader_terms ORDER BY id DESC LIMIT %s) AS newest "
    "WHERE found @@ %s::tsquery ORDER BY id DESC LIMIT %s)"
)

Ask = Callable[[str, Sequence[str | int]], list[tuple[Any, ...]]]  # SQL and its values: rows


def places(clauses: list[Clause]) -> list[int]:
    """Return the ids of the terms that any of the clauses finds."""
    ways: list[str] = []
    values: list[str | int] = []
    with by_index() as ask:
        for clause, often in zip(clauses, sampled(clauses, ask), strict=True):
            near, exact = match(clause, side_by_side=" & "), match(clause, side_by_side=" <-> ")
            if often >= MANY:
                ways.append(PASSED)
                values += [WALKED, exact, clause.limit]
            else:
                ways.append(COLLECTED)
                values += [near, clause.limit if near == exact else EXAMINED, exact, clause.limit]
        return [row[0] for row in ask(" UNION ".join(ways), values)]


def sampled(clauses: list[Clause], ask: Ask) -> list[int]:
    """Return how many of the newest SAMPLE rows each of the clauses finds."""
    count = "count(*) FILTER (WHERE found @@ %s::tsquery)"
    newest = f"(SELECT found FROM reader_terms ORDER BY id DESC LIMIT {SAMPLE}) AS newest"
    exact = [match(clause, side_by_side=" <-> ") for clause in clauses]
    return list(ask(f"SELECT {', '.join([count] * len(clauses))} FROM {newest}", exact)[0])


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
    wanted = list(keys)
    with by_index() as ask:
        counted = ask("SELECT " + ", ".join([count] * len(wanted)), [f"'{key}'" for key in wanted])[0]
    return {key: number for key, number in zip(wanted, counted, strict=True) if number}


@contextmanager
def by_index() -> Iterator[Ask]:
    """Yield what asks the database, which finds by an index as long as this lasts, and never row by row.

    Left to itself it reads the whole table while that is small, and does not reckon that each row's terms
    are stored apart from it: 70 ms for 750 posts, where the index takes one.
    """
    with transaction.atomic(using="reader"), connections["reader"].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

        def ask(sql: str, values: Sequence[str | int]) -> list[tuple[Any, ...]]:
            cursor.execute(sql, values)
            return cursor.fetchall()

        yield ask


def is_whole() -> bool:
    """Tell whether the index holds what the table says: the database sees to it."""
    return True


def is_malformed(error: Exception) -> bool:
    """Tell whether the error is about the index: it is no other than any table's."""
    return False


def rebuild() -> None:
    """Leave the index: it cannot differ."""
