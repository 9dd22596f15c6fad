"""The sanitiser: the last thing that touches HTML. What it lets through is safe to show as it is.

Everything is allowed by name, nothing by pattern. Sources: the HTML that the renderer itself
makes, and the plain formatting that GitHub lets people write as raw HTML.
"""

from __future__ import annotations

from typing import Final

import nh3
from pygments.token import STANDARD_TYPES

# fmt: off
TEXT: Final = {
    "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "cite", "code", "dd", "del", "details", "dfn",
    "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "input", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp",
    "small", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
    "time", "tr", "u", "ul", "var", "wbr", "caption",
}
# fmt: on
GONE_WITH_CONTENT: Final = {"script", "style", "svg", "math", "template", "iframe", "object"}
COLOURS: Final = {name for name in STANDARD_TYPES.values() if name}
ALERTS: Final = {"note", "tip", "important", "warning", "caution"}
CLEANER: Final = nh3.Cleaner(
    tags=TEXT,
    clean_content_tags=GONE_WITH_CONTENT,
    attributes={
        "*": {"id", "lang", "title"},
        "a": {"href"},
        "blockquote": {"cite"},
        "del": {"cite", "datetime"},
        "details": {"open"},
        "img": {"src", "alt", "width", "height"},
        "ins": {"cite", "datetime"},
        "li": {"value"},
        "ol": {"start", "reversed"},
        "q": {"cite"},
        "td": {"colspan", "rowspan"},
        "th": {"colspan", "rowspan"},
        "time": {"datetime"},
    },
    tag_attribute_values={
        "div": {
            "role": {"region"},
            "tabindex": {"0"},
            "aria-label": {"Table"},
            "dir": {"ltr", "rtl", "auto"},
        },
        "input": {"checked": {"", "checked"}},
        "p": {"dir": {"ltr", "rtl", "auto"}},
        "span": {"dir": {"ltr", "rtl", "auto"}},
        "td": {"align": {"left", "right", "center"}},
        "th": {"align": {"left", "right", "center"}, "scope": {"col", "row"}},
    },
    set_tag_attribute_values={
        "img": {"loading": "lazy", "decoding": "async"},
        "input": {"type": "checkbox", "disabled": ""},
    },
    allowed_classes={
        "a": {"footnote-ref", "footnote-backref"},
        "div": {"highlight", "footnote", "scroll", "admonition", *ALERTS},
        "li": {"task-list-item"},
        "p": {"admonition-title"},
        "span": COLOURS,
        "ul": {"task-list"},
    },
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer",
)


def clean(html: str) -> str:
    """Return the HTML without anything that could run, fetch in secret, or change the page around it."""
    return CLEANER.clean(html)
