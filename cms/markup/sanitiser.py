"""The sanitiser: the last thing that touches HTML. What it lets through is safe to show as it is.

Everything is allowed by name: the HTML that the renderer makes, and the plain formatting that
GitHub lets people write as raw HTML.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final
from urllib.parse import urljoin

import nh3
from django.utils.encoding import iri_to_uri
from pygments.token import STANDARD_TYPES

from cms.markup.code import LANGUAGES
from cms.markup.pictures import SIZES, SRCSET, TYPES
from cms.markup.repairs import address, repaired, size

# fmt: off
TAGS: Final = {
    "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "cite", "code", "dd", "del",
    "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5",
    "h6", "hr", "i", "img", "input", "ins", "kbd", "li", "mark", "ol", "p", "picture", "pre", "q", "rp", "rt",
    "ruby", "s", "samp", "small", "source", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "time", "tr", "u", "ul", "var", "wbr",
}
GONE_WITH_CONTENT: Final = {
    "iframe", "math", "noembed", "noframes", "noscript", "object", "script", "style", "svg", "template",
    "title", "xmp",
}
# Of these an HTML parser takes all that follows, up to the end tag.
SWALLOWS: Final = re.compile(
    rf"<(/?)({'|'.join([*sorted(GONE_WITH_CONTENT), 'plaintext', 'textarea'])})\b", re.I
)
# fmt: on
ALERTS: Final = {"note", "tip", "important", "warning", "caution"}
DIRECTIONS: Final = {"ltr", "rtl", "auto"}
SIDES: Final = {"left", "right", "center"}
# An id that begins with a colon is the page's own (templates/reader/base.html).
ID: Final = re.compile(r"[^\s:][^\s]*")
VERSIONS: Final = re.compile(rf"{SRCSET}(?:, {SRCSET})*")  # nh3 takes no list of addresses for what it is
BLANKS: Final = re.compile(r"[\x00-\x20]")
ELSEWHERE: Final = re.compile(r"[/\\]{2}|[A-Za-z][A-Za-z0-9+.-]*:")


def of_the_text(tag: str, attribute: str, value: str) -> str | None:
    """Return the value of an attribute, or None to drop it. Never raise: nh3 would keep the attribute."""
    if attribute == "id" and not ID.fullmatch(value):
        return None
    if attribute == "srcset" and not VERSIONS.fullmatch(value):
        return None
    if attribute in ("href", "src"):
        return address(value)
    if attribute in ("width", "height"):
        return size(value)
    return value


def on_this_site(url: str) -> str | None:
    """Return a URL without a scheme, or None if some browser could read a scheme or a host into it.

    Browsers take a backslash for a slash, and skip line ends, tabs and what surrounds a URL.
    """
    return None if ELSEWHERE.match(BLANKS.sub("", url)) else url


OPTIONS: Final[dict[str, Any]] = {
    "tags": TAGS,
    "clean_content_tags": GONE_WITH_CONTENT,
    "attributes": {
        "*": {"id", "lang", "title"},
        "a": {"href"},
        "details": {"open"},
        "img": {"src", "alt", "width", "height"},
        "li": {"value"},
        "ol": {"start", "reversed"},
        "source": {"srcset"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
        "time": {"datetime"},
    },
    "tag_attribute_values": {
        "bdi": {"dir": DIRECTIONS},
        "bdo": {"dir": DIRECTIONS},
        "div": {"role": {"region"}, "tabindex": {"0"}, "aria-label": {"Table"}, "dir": DIRECTIONS},
        "img": {"decoding": {"async"}},
        "input": {"aria-label": {"Task"}, "checked": {"", "checked"}, "disabled": {"", "disabled"}},
        "p": {"dir": DIRECTIONS},
        "source": {"sizes": {SIZES}, "type": set(TYPES.values())},
        "span": {"dir": DIRECTIONS},
        "td": {"align": SIDES},
        "th": {"align": SIDES, "scope": {"col", "row"}},
    },
    # One for each tag: nh3 adds several in an order that differs from process to process.
    "set_tag_attribute_values": {
        "img": {"loading": "lazy"},
        "input": {"type": "checkbox"},
        "pre": {"tabindex": "0"},  # it scrolls, by the keyboard as well
    },
    # Never "class" in `attributes` as well: nh3 would panic with a BaseException.
    "allowed_classes": {
        "a": {"footnote-ref", "footnote-backref"},
        "code": {f"language-{language}" for language in LANGUAGES},
        "div": {"highlight", "footnote", "scroll", "admonition", *ALERTS},
        "li": {"task-list-item"},
        "p": {"admonition-title"},
        "span": {name for name in STANDARD_TYPES.values() if name},
        "ul": {"task-list"},
    },
    "attribute_filter": of_the_text,
    "url_schemes": {"http", "https", "mailto", "tel"},
    "url_relative": on_this_site,
    "link_rel": "noopener noreferrer",
}
CLEANER: Final = nh3.Cleaner(**OPTIONS)


def clean(html: str) -> str:
    """Return the HTML without anything that could run, fetch in secret, or change the page around it."""
    return CLEANER.clean(repaired(closed(html)))


def absolute(html: str, address: str) -> str:
    """Return clean HTML with every link and picture as seen from outside the page at this address.

    It is cleaned once more: nothing but the sanitiser rewrites HTML (docs/adr/0006).
    """

    def seen_from_outside(url: str) -> str | None:
        kept = on_this_site(url)
        return kept if kept is None else iri_to_uri(urljoin(address, kept))

    choice = {"picture", "source"}  # of versions of a picture: outside, the picture itself does
    return nh3.Cleaner(**{**OPTIONS, "tags": TAGS - choice, "url_relative": seen_from_outside}).clean(html)


def closed(html: str) -> str:
    """Return the HTML with tags as text that would swallow all that follows, since they are never closed."""
    opened: Counter[str] = Counter()
    for end, name in SWALLOWS.findall(html):
        opened[name.lower()] = max(0, opened[name.lower()] + (-1 if end else 1))
    return SWALLOWS.sub(lambda tag: f"&lt;{tag[0][1:]}" if opened[tag[2].lower()] else tag[0], html)
