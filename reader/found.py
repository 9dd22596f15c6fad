"""The page of a search. Made for each request and kept nowhere: what is typed has no end."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlencode

from reader import queries
from reader.indexing import KINDS
from reader.pages import Page
from reader.rendering import finished, html
from reader.search import PER_PAGE, Results, search

PATH: Final = "/search/"
LAST: Final = 99  # pages; far more than are judged
NAMES: Final = {"tag": "Tag", "author": "Author", "year": "Year"}


def is_text(query_string: str) -> bool:
    """Tell whether the query of an address is text: UTF-8 without NUL."""
    try:
        return "\x00" not in unquote_to_bytes(query_string).decode()
    except UnicodeDecodeError:
        return False


def page(asked: Mapping[str, str]) -> Page | None:
    """Return the page for what was asked: q, tag, author, year, page; None where there is no such page."""
    number = (
        int(given)
        if (given := asked.get("page", "1")).isascii() and given.isdigit() and len(given) < 3
        else 0
    )
    facts = {kind: value for kind in KINDS if (value := asked.get(kind, "").strip())}
    if not 1 <= number <= LAST:
        return None
    edition = queries.edition()
    results = search(asked.get("q", ""), facts, number=number)
    if number > 1 and not results.hits:
        return None
    return finished(PATH, html("reader/search.html", **context(results)), last_modified=edition.raised_at)


def context(results: Results) -> dict[str, Any]:
    """Return what the template asks for: the results, and every address that leads on from them."""
    text, facts, number = results.text, results.facts, results.number
    kinds = groupby(results.narrowers, key=lambda narrower: narrower.kind)
    return {
        "results": results,
        "facts": [
            (kind, NAMES[kind], value, results.names[kind], address(text, {**facts, kind: ""}))
            for kind, value in facts.items()
        ],
        "narrowers": [
            (NAMES[kind], [(one, address(text, {**facts, kind: one.value})) for one in those])
            for kind, those in kinds
        ],
        "instead": address(results.instead, facts),
        "meant": address(results.meant, facts),
        "all": address(text, {}),
        "before": address(text, facts, number - 1) if number > 1 else "",
        "after": address(text, facts, number + 1) if number * PER_PAGE < results.count else "",
    }


def address(text: str, facts: Mapping[str, str], number: int = 1) -> str:
    """Return the address of a page of a search."""
    asked = {"q": text, **facts, "page": str(number) if number > 1 else ""}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{PATH}?{query}" if query else PATH
