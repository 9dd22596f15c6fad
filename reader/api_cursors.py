"""Where the next page of the API begins: signed, and of use only for the list that it was made for."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from django.core.signing import BadSignature, Signer

from reader.api_parameters import Asked, written

FORMAT: Final = 1  # raised when positions mean something else: then those of before are refused
FREE: Final = ("cursor", "limit", "fields", "include", "count")  # may change from page to page


class Position(NamedTuple):
    """A place between two items of a list."""

    key: list[Any]  # of the item beside it, as JSON values
    back: bool = False  # the page lies before it


def signer(path: str, asked: Asked) -> Signer:
    """Return what signs for this list: its address, filters and order."""
    kept = {name: value for name, value in asked.items() if name not in FREE}
    return Signer(salt=f"reader.api {FORMAT} {path}?{written(kept)}")


def sealed(position: Position, path: str, asked: Asked) -> str:
    """Return the cursor of a place; always the same for the same one."""
    return signer(path, asked).sign_object([position.back, *position.key], compress=False)


def opened(cursor: str, path: str, asked: Asked) -> Position:
    """Return the place. Raise ValueError if it was forged, or made for another list or format."""
    try:
        back, *key = signer(path, asked).unsign_object(cursor)
    except (BadSignature, ValueError, TypeError):
        raise ValueError(
            "was not made by this site for these filters and this order: begin again without one"
        ) from None
    return Position(key, back)
