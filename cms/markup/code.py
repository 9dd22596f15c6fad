"""A block of code as HTML, coloured where its language is known."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Final

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name

LANGUAGES: Final = {alias for _name, aliases, *_rest in get_all_lexers() for alias in aliases}
NAME: Final = re.compile(r"[{\s]*\.?([\w+#-]+)")  # rust, {.rust}, rust,ignore
FORMATTER: Final = HtmlFormatter(nowrap=True)
OPENING: Final = '<div class="highlight"><pre>'
LONGEST_COLOURED: Final = 50_000  # characters


def code(text: str, info: str = "") -> str:
    """Return the block as HTML. `info` is what follows the fence: a language, and what is ignored."""
    found = NAME.match(info)
    language = found[1].lower() if found else ""
    if language not in LANGUAGES:
        return f"{OPENING}<code>{escape(text, quote=False)}</code></pre></div>"
    body = coloured(text, language) if len(text) <= LONGEST_COLOURED else escape(text, quote=False)
    return f'{OPENING}<code class="language-{language}">{body}</code></pre></div>'


def coloured(text: str, language: str) -> str:
    """Return the text with a class for each token."""
    return highlight(text, lexer(language), FORMATTER)


@lru_cache(maxsize=32)
def lexer(language: str) -> Lexer:
    """Return the lexer of a language. It holds no state between texts."""
    return get_lexer_by_name(language, stripnl=False)
