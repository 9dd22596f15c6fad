"""The guards: every text is rendered soon or refused soon, in a sentence that its author understands."""

from contextlib import suppress

import pytest

from cms.markup import LONGEST, Unrenderable, render, rendered
from cms.markup.guard import MOST_LINES
from tests.soon import soon

SOON = 4  # seconds of processor time; 2 on a machine that does nothing else


def filled(fragment, *, start="", end=""):
    """Repeat a fragment up to the longest text that is allowed, in characters and in lines."""
    room = LONGEST - len(start) - len(end)
    lines = MOST_LINES - start.count("\n") - end.count("\n")
    return start + fragment * min(room // len(fragment), lines // max(1, fragment.count("\n"))) + end


SMALL = {
    "list in list": "- " * 496 + "a",
    "numbers in numbers": "1. " * 400 + "a",
    "quotes": ">" * 1000 + "a",
    "deep list": "\n".join("  " * depth + "- a" for depth in range(300)),
    "brackets": "[" * 3200,
    "pictures": "![" * 3200,
    "links": "[a](" * 3200,
    "brackets closed in code": "[`]`" * 3200,
    "brackets closed by escapes": "![\\]" * 3200,
    "CDATA": "<![CDATA[" * 800,
    "one footnote": "x[^1] " * 1600 + "\n\n[^1]: a",
    "open footnotes": "[^a\n" * 4000,
    "empty items": "-\n" * 9000,
    "definitions": "=\n:   a\n" * 3000,
    "formatting": "".join(f"<b id=a{n}>" for n in range(2000)) + "<p>a" * 2000,
    "wide table of short rows": "|" + "a|" * 500 + "\n|" + "-|" * 500 + "\n" + "|a\n" * 9000,
    "pipes among code": ("`a`|" * 1000 + "\n\n") * 40,
    "references in a table": "| a |\n|-|\n" + "[a]: b\nc\n" * 5000,
    "marks": filled("[^1]: a\n\n" + "*a*b" * 5 + "***``"),
    "ticks": " ".join("`" * length for length in range(1, 600)),
}
# fmt: off
FRAGMENTS = [
    "*", "_", "~", "`", "*a ", "**a", "_a*", "`a ", "[", "![", "[a](", "[a](<", '[a](x "', "[]", "[a]",
    "[^1]", "[^", "[^^", "https://a.b<br>", "<b>https://a.b", "\\<", "<title>", "<svg>\n", "{a=b ", "{: #a", "](", "<", "<a ", "</a", "<!--", "<?", "<!A", "<div>", "<div>\n", "<div>\n\n", "<b>", "<p>",
    "<table><tr><td>", "<select>", "<a href='", "<span>a</span>", "<!-- a -->\n", "&", "&#", "&#x41;",
    "\\", "\\[", "{: a", "a {: #b .c }\n", "#", "# a\n", "a\n=\n", "=\n", "---\n", "-\n", "- a\n",
    "1. a\n", "- a\n+ b\n", "- a\n\n  b\n\n", "- a\n  - b\n    - c\n", "> a\n", "> a\n\n",
    "> [!NOTE]\n> a\n\n", "[][][a]: b\n[a]: b\n<select>", "<a@b.c><a@b.c>[a]: b\n[a]: b\n", '[a]: b\n"c"\n',
    "[a]: b\nc\n", "> [a]: b\n> c\n", "- a\n+ b\n- [x] _a*_a*[a]: b\n]]>", "-\n- a\n+ b\n](a)](a)](a)](a)](a)",
    '[^1]: a\n??? a\n    b\n[a](x "______', "> - a\n", ">", "```\n", "```py\nx\n```\n", "    a\n\n", "|", "|a|b|\n|-|-|\n",
    "a|b\n", "[a]: b\n", "[^1]: a\n", "[^1]: a\n\n", ":   a\n", "a\n:   b\n", "??? a\n", "??? a\n    b\n",
    "http://", "http://a.b ", "www.", "a@", "a@b.c ", "a.", "a", "a ", "a\n", "a\n\n", " ", "\t", "\xa0",
    "\u2028", "漢", "a\u0301", "- [ ] a\n",
]
# fmt: on


def done(source):
    """Render, or have it refused."""
    with suppress(Unrenderable):
        rendered.__wrapped__(source, ())


@pytest.mark.parametrize("source", SMALL.values(), ids=SMALL)
def test_small_texts_that_would_take_long_do_not(source):
    soon(SOON, done, source)


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_no_mark_repeated_to_the_limit_takes_long(fragment):
    soon(SOON, done, filled(fragment))


@pytest.mark.parametrize("fragment", ["x[^1] ", "[a] ", "[a][a] ", "![a] "])
def test_no_reference_repeated_to_the_limit_takes_long(fragment):
    soon(SOON, done, filled(fragment, end="\n\n[^1]: note\n\n[a]: /b\n"))


@pytest.mark.parametrize("language", ["python", "rust", "c++", "html", "js", "bash", "yaml", "md", "sql"])
def test_no_code_takes_long(language):
    for fragment in ("(", '"', "a ", "{\n", "/*", "<a ", "\\", "$(", "0."):
        soon(SOON, done, filled(fragment, start=f"```{language}\n"))


def test_the_longest_text_is_rendered_and_one_character_more_is_refused():
    paragraph = "Words that a person might write, *some of them* stressed and [linked](/there).\n\n"
    text = filled(paragraph)
    assert render(text).words == 30_000
    with pytest.raises(Unrenderable, match=r"The text has 200,0\d\d characters; at most 200,000"):
        render(text + paragraph)


@pytest.mark.parametrize("character", ["\x00", "\ud800"])
def test_characters_that_no_database_takes_are_refused_by_line(character):
    with pytest.raises(Unrenderable, match=rf"Line 2 .*U\+{ord(character):04X}"):
        render(f"one\ntwo{character}")


def test_characters_that_nobody_sees_are_left_out():
    assert render("a\x02wzxhzdk:0\x03b\x1b\x7f").html == "<p>awzxhzdk:0b</p>"


def test_text_is_composed_and_its_lines_end_alike():
    assert render("e\u0301\r\n\r\nb\rc").html == "<p>é</p>\n<p>b\nc</p>"


def test_people_may_nest_as_deep_as_they_do():
    assert render("\n".join("  " * depth + "- a" for depth in range(20))).html.count("<ul>") == 20
    with pytest.raises(Unrenderable, match=r"Line 21 nests quotes or lists more than 20 deep\."):
        render("\n".join("  " * depth + "- a" for depth in range(21)))
