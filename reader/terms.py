"""What a text is found by: its words, folded and stemmed. Pure; index and queries use the same functions.

A term is a word without case, accents and ending. Scripts that are written without spaces are cut into
overlapping pairs of characters, the last of which stands alone once more, so that one is enough to ask for.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import Stemmer

LONGEST: Final = 40  # characters of a word; what is longer is no word
# Thai, Lao, Burmese, Khmer, kana, Han, and Hangul, whose endings grow together with the word.
UNSPACED: Final = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    r"\U00020000-\U0003ffff"
)
MARKS: Final = r"\u0300-\u036f\u0900-\u0963\u0966-\u0dff"  # belong to the letter before them
LETTER: Final = rf"[^\W_{UNSPACED}]"
WORD: Final = rf"{LETTER}(?:{LETTER}|[{MARKS}])*"
TOKEN: Final = re.compile(rf"(?P<run>[{UNSPACED}]+)|(?P<word>{WORD}(?:['’]{WORD})*(?:\+\+|#)?)")  # c++, c#
# Accents, but not the breve that makes й another letter than и; points of Hebrew and Arabic; tatweel.
ACCENTS: Final = re.compile("(?<!и)\u0306|[\u0300-\u0305\u0307-\u036f\u0591-\u05c7\u0640\u064b-\u065f]")
LETTERS: Final = str.maketrans({
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'",
})  # fmt: skip
STEMMERS: Final = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish",
    "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
THREAD: Final = threading.local()


def stemmer(language: str) -> str:
    """Return the name of the stemmer for a language tag; empty if there is none."""
    return STEMMERS.get(language.partition("-")[0].lower(), "")


def fold(text: str) -> str:
    """Return the text without case and accents."""
    plain = unicodedata.normalize("NFKD", text).casefold().translate(LETTERS)  # in this order: ™ becomes tm
    return unicodedata.normalize("NFC", ACCENTS.sub("", plain))


def pieces(folded: str) -> Iterator[list[str]]:
    """Yield the words of a folded text, and as one list the pairs of a run that is written without spaces."""
    for run, word in TOKEN.findall(folded):
        yield pairs(run) if run else [part[:LONGEST] for part in parts(word)]


def words(text: str) -> list[str]:
    """Return the words of a text in their order, folded."""
    return [word for piece in pieces(fold(text)) for word in piece]


def pairs(run: str) -> list[str]:
    """Return the overlapping pairs of characters, and the last character."""
    return [run[place : place + 2] for place in range(len(run))]


def parts(word: str) -> list[str]:
    """Return `don't` as one word, `l'homme` as two."""
    if word.isalnum():  # as nearly all are
        return [word]
    head, apostrophe, tail = word.replace("’", "'").partition("'")
    if not apostrophe:
        return [word]
    tail = tail.replace("'", "")
    return [head, tail] if len(head) <= 2 < len(tail) else [head + tail]


class Narrow(dict[int, str]):
    """Folds characters one by one, so that what is found in the folded text stands there in the text, too."""

    def __missing__(self, code: int) -> str:
        """Return the character folded, if it stays one."""
        folded = fold(chr(code))
        self[code] = folded if len(folded) == 1 else chr(code)
        return self[code]


NARROW: Final = Narrow()


@lru_cache(maxsize=1)
def unspaced() -> re.Pattern[str]:
    """Return what tells a script that is written without spaces."""
    return re.compile(rf"[{UNSPACED}]")


def stem(word: str, name: str) -> str:
    """Return a folded word without its ending, by the stemmer of that name; as it is if there is none."""
    if not name or not word.isalpha() or unspaced().match(word):
        return word
    stemmers = THREAD.__dict__.setdefault("stemmers", {})  # they keep state while they work
    if name not in stemmers:
        stemmers[name] = Stemmer.Stemmer(name)
    return str(stemmers[name].stemWord(word)) or word


def stems(text: str, name: str) -> list[str]:
    """Return the terms of a text in their order."""
    return [stem(word, name) for word in words(text)]
