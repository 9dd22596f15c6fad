"""Addresses of the blog that posts come from. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

DATED_PATH: Final = re.compile(r"(?:^|/)(\d{4})/(\d{2})/(\d{2})(?:/|$)")
PAGE_SUFFIXES: Final = (".html", ".htm", ".php", ".aspx", ".xml")


def parts_of(address: str) -> SplitResult:
    """Return the parts of an address; none if it is no address, as http://[your-host]/ is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def last_part(address: str) -> str:
    """Return the last part of an address without its ending: /2014/09/Rust-1.0.html → Rust-1.0."""
    part = unquote(parts_of(address).path).rstrip("/").rpartition("/")[2]
    for suffix in PAGE_SUFFIXES:
        part = part.removesuffix(suffix)
    return part if ":" not in part and "{" not in part else ""  # Jekyll's :title, Eleventy's {{ … }}


def as_path(address: str) -> str:
    """Return an address of the old site as a path of this one, decoded; empty if it is a pattern."""
    path = unquote(parts_of(address).path)
    if not path.strip("/") or ":" in path or "{" in path:
        return ""
    path = "/" + path.strip("/")
    return path if path.lower().endswith(PAGE_SUFFIXES) else path + "/"


def date_in(address: str) -> str:
    """Return the date in an address such as 2014/09/15/Rust-1.0."""
    found = DATED_PATH.search(address)
    return "-".join(found.groups()) if found else ""
