"""GitHub's habits: what people type there means the same here. markdown-it-py knows how GitHub reads it."""

import random
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from cms.markup import render

ORACLE = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
# fmt: off
BLOCKS = {
    "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "pre",
    "table", "td", "th", "tr", "ul",
}
# fmt: on


class Shape(HTMLParser):
    """Blocks, how they nest, and their text: without what the two renderers may differ in."""

    def __init__(self, html):
        super().__init__()
        self.parts = []
        self.text = ""
        self.verbatim = False
        self.feed(html)
        self.close()
        self.flush()

    def flush(self):
        text = self.text.strip("\n") if self.verbatim else " ".join(self.text.split())
        self.parts += [text] if text else []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        if tag in BLOCKS:
            self.flush()
            start = dict(attrs).get("start", "1") if tag == "ol" else "1"
            self.parts.append(f"<{tag.rstrip('123456')} {start}>")  # a body with an h1 goes down by one
            self.verbatim = self.verbatim or tag == "pre"
        elif tag in ("p", "div"):
            self.flush()
        elif tag in ("em", "strong", "a", "img", "del") or (tag == "code" and not self.verbatim):
            self.text += f"<{tag}>"

    def handle_endtag(self, tag):
        if tag in BLOCKS or tag in ("p", "div"):
            self.flush()
        if tag in BLOCKS - {"hr"}:
            self.parts.append(f"</{tag.rstrip('123456')}>")
            self.verbatim = self.verbatim and tag != "pre"

    def handle_data(self, data):
        self.text += data


def agrees(source):
    return Shape(render(source).html).parts == Shape(ORACLE.render(source)).parts


@pytest.mark.parametrize(
    "source",
    [
        "- a\n  - b\n    - c\n  - d\n- e",
        "1. a\n   - b\n   - c\n2. d",
        "* a\n\n  b\n\n* c",
        "text\n- a\n- b",
        "text\n1. a\n2. b",
        "text\n2. not a list",
        "||||\n||||\n||||",
        "a | b\n- | text",
        "text\n[a]: /b\n[a]",
        "[a]: /b\n[c]: /d\n'title'\ntext [a] [c]",
        "| a | b |\n|---|---|\n[a]: b\n| 1 | 2 |",
        "text\n| a | b |\n|---|---|\n| 1 | 2 |\ntext",
        "text\n```\ncode\n```\ntext",
        "text\n> quote\nlazy\n\ntext",
        "text\n## heading\ntext",
        "- a\n  ```py\n  x = 1\n\n    y\n  ```\n- b",
        "- a\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |\n- b",
        "3. a\n4. b",
        "1) a\n2) b\n\n1. c",
        "- a\n+ b\n* c",
        "- a\n- \n- c",
        "-\n  a\n-\n  b",
        "- a\nlazy\n  - b",
        "- a\n\n      code\n",
        "-     code\n",
        "10. a\n    - b",
        "-\ta\n\t- b\n\n\t\tcode",
        "> - a\n>   - b\n>\n> > deep\n\n> apart",
        "> a\n\n> b",
        "> a\n> - b\n>   - c\n> - d\n> 1. e",
        "- - a\n  - b\n- c",
        "- # heading\n  text\n- ***\n",
        "a\nb\n===\n\nc\n---\n",
        "#hashtag\n\n# C# #\n\n## C#",
        "***\n---\n_ _ _",
        "    code\n\n\n      more\n\ntext",
        "~~~\n```\n~~~\n\n````\n```\n````",
        "```\nopen\n\n- to the end",
        "<div>\n\n- *a*\n\n</div>\n\n<pre>\n- b\n\n*c*\n</pre>",
        "- <b>a</b>\n\n  <!-- x\n\n  y -->\n- c",
        "a\n-b\n+c\n1.d\n\\- e",
        "[a]: /b\n[c]: /d\n\n- [a] [c]\n- [a][c]",
    ],
)
def test_it_is_read_as_on_github(source):
    assert agrees(source)


@pytest.mark.parametrize("fence", ["```", "~~~~", "- ```", "> ```", "1. - ~~~"])
def test_what_is_fenced_stays_as_it_is(fence):
    code = "- a\n  - b\n\n\tc\\\n# d\n: e\n<b>\n[^1]: f\n> g\n | h |\n|---|"
    indent = fence.replace("-", " ").replace("1.", "  ")[: -len(fence.split(" ")[-1])]
    mark = fence.split(" ")[-1]
    lines = [f"{indent}{line}" for line in [*code.split("\n"), mark]]
    rendered = render(f"{fence}\n" + "\n".join(lines))
    inside = rendered.html.partition("<code>")[2].partition("</code>")[0]
    assert inside == code.replace("<", "&lt;").replace(">", "&gt;") + "\n"


def words(dice):
    return " ".join(
        dice.choice(["alpha", "beta", "gamma", "*delta*", "`eps`"]) for _ in range(dice.randint(1, 3))
    )


def some_block(dice, pad, depth):
    """Make a block at that indent: most often a list."""
    kinds = [
        lambda: [words(dice)],
        lambda: [words(dice), words(dice)],
        lambda: ["```", words(dice), "", "  - x", "```"],
        lambda: [f"> {words(dice)}"],
        lambda: [f"> - {words(dice)}", f"> - {words(dice)}"],
        lambda: ["", "| a | b |", "|---|---|", "| 1 | 2 |", ""],
        lambda: [f"## {words(dice)}"],
        lambda: [words(dice), f"- {words(dice)}"],
    ]
    if depth < 4 and dice.random() < 0.55:
        lines = some_list(dice, pad, depth)
    else:
        lines = [pad + line for line in dice.choice(kinds)()]
    return [*lines, ""] if dice.random() < 0.5 else lines


def some_list(dice, pad, depth):
    """Make a list with what people put into lists."""
    ordered, first, mark = dice.random() < 0.4, dice.choice([1, 1, 1, 3, 9, 10]), dice.choice("-*+")
    gap = " " * dice.choice([1, 1, 1, 2, 3])
    lines = []
    for number in range(first, first + dice.randint(1, 4)):
        head = (f"{number}." if ordered else mark) + gap
        lines.append(pad + head + words(dice))
        if dice.random() < 0.2:
            lines.append(dice.choice([pad + " " * len(head), ""]) + words(dice))
        if dice.random() < 0.3:
            lines += [""] if dice.random() < 0.4 else []
            lines += some_block(dice, pad + " " * len(head), depth + 1)
        lines += [""] if dice.random() < 0.25 else []
    return lines


def some_document(dice):
    return "\n".join(line for _ in range(dice.randint(1, 4)) for line in some_block(dice, "", 0))


def test_random_documents_full_of_lists_are_read_as_on_github():
    dice = random.Random(2026)
    documents = [some_document(dice) for _ in range(300)]
    assert sum(map(agrees, documents)) / len(documents) >= 0.99
