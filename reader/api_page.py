"""The page that explains the API to people: what it says of itself, with examples that are answered."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from cms import markup
from reader import api_filters, queries
from reader.api_allowed import ARTICLES
from reader.api_articles import columns, documents
from reader.api_parameters import read
from reader.api_schema import openapi
from reader.pages import Page
from reader.problems import problem
from reader.rendering import finished, html

PATH: Final = "/api/"
ASKED: Final = "/api/v1/articles/?"
EXAMPLES: Final = (  # what each means, and its address; answered on every blog, also on an empty one
    ("The newest post, shortly", ASKED + "limit=1&fields=title,url,published_at&include=tags"),
    (
        "The posts of a year, oldest first, with their texts",
        ASKED + "published_after=2026-01-01&published_before=2027-01-01&order=published_at&include=markdown",
    ),
    (
        "Posts with one of two tags and without a third, and how many there are",
        ASKED + "tag=rust&tag=python&tag_not=draft&count=true",
    ),
    ("Posts in English that were changed since", ASKED + "lang=en&modified_after=2026-01-01"),
    ("What somebody may be looking for", "/api/v1/search/?q=hello&limit=5"),
    ("All tags, with their numbers", "/api/v1/tags/"),
    ("How much was written when", "/api/v1/archive/"),
    ("What has changed, from the beginning", "/api/v1/changes/?limit=10"),
    ("The site itself", "/api/v1/site/"),
)
FAULTY: Final = "/api/v1/articles/?limit=0&page=2"


def page() -> Page:
    """Return the page."""
    edition = queries.edition()
    context: dict[str, Any] = {
        "canonical": settings.SITE_URL + PATH,
        "examples": [{"means": means, "path": path} for means, path in EXAMPLES],
        "sample": sample(EXAMPLES[0][1]),
        "faulty": {"path": FAULTY, "answer": shown(refusal(FAULTY))},
        "operations": operations(),
        "rate": settings.API_RATE,
    }
    return finished(PATH, html("reader/api.html", **context), last_modified=edition.raised_at)


def sample(address: str) -> str:
    """Return the results for an address of articles, as they are now, in lines."""
    asked, _faults = read(urlsplit(address).query, ARTICLES)
    newest, _places = api_filters.page(asked, None, columns(asked))
    return shown({"results": documents(newest.rows, asked)}, end=",\n  …\n}")


def refusal(address: str) -> dict[str, Any]:
    """Return the problem that an address of articles is."""
    _asked, faults = read(urlsplit(address).query, ARTICLES)
    return problem(400, " ".join(fault for _name, fault in faults), faults)


def shown(document: dict[str, Any], end: str = "\n}") -> str:
    """Return a document in lines, with this as its end."""
    return json.dumps(document, ensure_ascii=False, indent=2).removesuffix("\n}") + end


@lru_cache(maxsize=1)
def operations() -> list[dict[str, Any]]:
    """Return what the page says of each operation."""
    return [told(path, said["get"]) for path, said in openapi()["paths"].items()]


def told(path: str, said: dict[str, Any]) -> dict[str, Any]:
    """Return what the page says of an operation."""
    parameters = [plainly(one) for one in said["parameters"] if one["in"] != "header"]
    return {
        "name": said["operationId"],
        "summary": said["summary"],
        "path": path,
        "html": markup.render(said["description"]).html,
        "parameters": parameters,
    }


def plainly(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return what the page says of a parameter."""
    schema, said = parameter["schema"], [parameter["description"]]
    if choices := schema.get("enum"):
        said.append(f"One of {quoted(choices)}.")
    if choices := schema.get("items", {}).get("enum"):
        said.append(f"Some of {quoted(choices)}, parted by commas.")
    if default := schema.get("default"):
        said.append(f"Unless you say: {quoted([default])}.")
    return {
        "name": parameter["name"],
        "needed": parameter.get("required", False),
        "html": markup.render(" ".join(said)).html,
    }


def quoted(names: list[Any]) -> str:
    """Return the names as code, parted by commas."""
    return ", ".join(f"`{name}`" for name in names)
