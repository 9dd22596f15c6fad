"""The parameters of each endpoint of the API. What is not in these lists is refused."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from reader.api_articles import FIELDS, INCLUDES, RELATED
from reader.api_parameters import (
    LANGUAGE,
    PER_PAGE,
    SIGNED,
    SLUG,
    Parameter,
    fitting,
    flag,
    ids,
    moment,
    one_of,
    some_of,
    whole,
)

TEXT: Final = r"^[^\u0000]+$"
NEWEST: Final = 2**53 - 1  # that a version can be, so that JSON clients can hold it
ORDERS: Final = ("-published_at", "published_at")


def a_slug(text: str) -> str:
    """Return a slug in the form that slugs are kept in."""
    return unicodedata.normalize("NFC", fitting(SLUG, 200, "must be a slug, as addresses have it")(text))


def slug(name: str, means: str, *, repeated: bool = False) -> Parameter:
    """Return a parameter that takes the slug of something."""
    schema = {"type": "string", "pattern": SLUG, "maxLength": 200}
    return Parameter(name=name, means=means, schema=schema, read=a_slug, repeated=repeated)


def some(name: str, means: str, known: tuple[str, ...]) -> Parameter:
    """Return a parameter that takes some of these names."""
    schema: dict[str, Any] = {
        "type": "array",
        "items": {"type": "string", "enum": list(known)},
        "minItems": 1,
        "maxItems": 2 * len(known),
    }
    return Parameter(name=name, means=means, schema=schema, read=some_of(known))


def at(name: str, means: str) -> Parameter:
    """Return a parameter that takes a moment."""
    schema = {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]}
    said = f"{means} A date, or a date and time with its offset; a date begins at 00:00 UTC."
    return Parameter(name=name, means=said, schema=schema, read=moment)


def a_version(text: str) -> int:
    """Return a version."""
    if not re.fullmatch("[1-9][0-9]{0,15}", text) or int(text) > NEWEST:
        raise ValueError("must be a version, as articles have it")
    return int(text)


AT_LEAST: Final = Parameter(
    name="min_version",
    means="The least `version` of the article that will do. If it has not arrived yet it is waited for, up "
    "to two seconds; then, or if others wait already, the answer is 503.",
    schema={"type": "integer", "minimum": 1, "maximum": NEWEST},
    read=a_version,
)
LIMIT: Final = Parameter(
    name="limit",
    means="How many results a page has at most. It may have fewer though others follow: `next` says so.",
    schema={"type": "integer", "minimum": 1, "maximum": 100, "default": PER_PAGE},
    read=whole,
)
CURSOR: Final = Parameter(
    name="cursor",
    means="Where the page begins: taken from `next` or `previous`, never made by hand. "
    "It holds for the same filters and order only.",
    schema={"type": "string", "pattern": SIGNED, "maxLength": 500},
    read=fitting(SIGNED, 500, "must be taken from next or previous"),
)
COUNT: Final = Parameter(
    name="count",
    means="Whether `meta.count` says how many there are in all. Counting costs, so it is not done unasked; "
    "`meta.more` says that there may be more articles than were counted, which are at most 10,000.",
    schema={"type": "boolean", "default": False},
    read=flag,
)
CHOSEN: Final = some("fields", "Only these fields of an article; its id is always there.", FIELDS)
INCLUDED: Final = some("include", "What is left out unless it is asked for.", INCLUDES)
SHAPE: Final = (CHOSEN, INCLUDED)
PAGED: Final = (LIMIT, CURSOR)

FILTERS: Final = (
    slug("tag", "Articles with this tag; repeated, with any of them.", repeated=True),
    slug("tag_all", "Articles with this tag; repeated, with all of them.", repeated=True),
    slug("tag_not", "Articles without this tag; repeated, without any of them.", repeated=True),
    slug("author", "Articles by this author."),
    slug("series", "Articles of this series."),
    Parameter(
        name="lang",
        means="Articles in this language (BCP 47). `en` also finds `en-GB`.",
        schema={"type": "string", "pattern": LANGUAGE, "maxLength": 35},
        read=fitting(LANGUAGE, 35, "must be a language such as en or pt-BR"),
    ),
    at("published_after", "Articles published later than this."),
    at("published_before", "Articles published earlier than this."),
    at("modified_after", "Articles whose wording is newer than this."),
    at("modified_before", "Articles whose wording is older than this."),
    Parameter(
        name="ids",
        means="Only these of the articles: up to 100 ids, parted by commas.",
        schema={
            "type": "array",
            "items": {"type": "string", "format": "uuid"},
            "minItems": 1,
            "maxItems": 100,
        },
        read=ids,
    ),
    Parameter(
        name="order",
        means="By the time of publication: the newest first, or the oldest.",
        schema={"type": "string", "enum": list(ORDERS), "default": ORDERS[0]},
        read=one_of(ORDERS),
    ),
)
QUERY: Final = Parameter(
    name="q",
    means='What is looked for, as a person types it: words, "phrases", -without, begin*.',
    schema={"type": "string", "pattern": TEXT, "maxLength": 1000},
    read=fitting(TEXT, 1000, "must be a text of 1 to 1000 characters"),
    required=True,
)

ARTICLES: Final = (*FILTERS, *SHAPE, *PAGED, COUNT)
ARTICLE: Final = (CHOSEN, some("include", INCLUDED.means, (*INCLUDES, *RELATED)), AT_LEAST)
CHANGES: Final = (*SHAPE, *PAGED)
SEARCH: Final = (
    QUERY,
    slug("tag", "Articles with this tag."),
    slug("author", "Articles by this author."),
    Parameter(
        name="year",
        means="Articles published in this year.",
        schema={"type": "integer", "minimum": 1, "maximum": 9999},
        read=fitting("^([1-9][0-9]{0,3})$", 4, "must be a year"),
    ),
    *SHAPE,
    *PAGED,
    COUNT,
)
NAMES: Final = (*PAGED, COUNT)
