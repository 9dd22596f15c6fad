"""The piece of a text that shows best why it was found, with the words marked. Escapes first, then marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from reader.search.query import Query
from reader.terms import NARROW, TOKEN, parts, stem, unspaced

LENGTH: Final = 220  # characters of a piece
READ: Final = 40_000  # characters of a text that are looked through
MARKED: Final = 200  # beginnings of words that are looked at

Span = tuple[int, int, str]  # from, to, and the word that was asked for


def marked(text: str, query: Query, language: str) -> SafeString:
    """Return the text, safe, with the words that were asked for marked."""
    return painted(text, list(spans(text, query, language)))


def piece(text: str, query: Query, language: str) -> SafeString:
    """Return the part of a text that has most of the words asked for, marked; empty if it has none."""
    found = list(spans(text[:READ], query, language))
    if not found:
        return mark_safe("")
    first = max(range(len(found)), key=lambda number: (worth(found, number), -number))
    start, stop = around(text, found[first][0])
    inside = [
        (begin - start, end - start, word) for begin, end, word in found if start <= begin and end <= stop
    ]
    before, after = "… " if start else "", " …" if stop < len(text) else ""
    return mark_safe(before) + painted(text[start:stop], inside) + mark_safe(after)


def worth(found: list[Span], first: int) -> tuple[int, int]:
    """Return how many words, and how often, a piece shows that begins a little before this one."""
    limit = found[first][0] + LENGTH * 3 // 4
    shown = [word for begin, _end, word in found[first : first + 40] if begin < limit]
    return len(set(shown)), len(shown)


def around(text: str, at: int) -> tuple[int, int]:
    """Return where a piece that shows this place begins and ends: between words, where there are any."""
    start = max(0, at - LENGTH // 4)
    if start and (space := text.find(" ", start, at)) >= 0:
        start = space + 1
    stop = min(len(text), start + LENGTH)
    if stop < len(text) and (space := text.rfind(" ", at + LENGTH // 4, stop)) >= 0:
        stop = space
    return start, stop


def painted(text: str, found: list[Span]) -> SafeString:
    """Return the text with these parts of it marked."""
    done, html = 0, ""
    for begin, end, _word in found:
        html += f"{escape(text[done:begin])}<mark>{escape(text[begin:end])}</mark>"
        done = end
    return mark_safe(html + escape(text[done:]))


def spans(text: str, query: Query, language: str) -> Iterator[Span]:
    """Yield where the words that were asked for stand, in their order; of very many only the first."""
    narrow = text.translate(NARROW)
    wanted = {stem(word, language) for word in query.words}
    begins = tuple(asked.words[-1] for asked in query.asked if asked.goes_on)
    for match in islice(beginnings(query, language).finditer(narrow), MARKED):
        if match["run"]:
            yield match.start(), match.end(), match["run"]
        elif token := TOKEN.match(narrow, match.start()):
            for part in parts(token[0]):
                if (term := stem(part, language)) in wanted or part.startswith(begins):
                    yield match.start(), token.end(), term
                    break


def beginnings(query: Query, language: str) -> re.Pattern[str]:
    """Return what finds where a word may stand that was asked for: endings change the letter before."""
    runs, words = {"(?!)"}, {"(?!)"}
    for asked in query.asked:
        if unspaced().match(asked.words[0]):
            runs.add("".join(pair[0] for pair in asked.words) + asked.words[-1][1:])
        else:
            for word in asked.words:
                term = stem(word, language)
                words |= {re.escape(word), re.escape(term[:-1] if len(term) > 3 else term)}
    return re.compile(rf"(?P<run>{'|'.join(sorted(runs))})|(?<![^\W_])(?:{'|'.join(sorted(words))})")
