"""Slips of authors that checkers and listeners mind: mended, and nothing that runs let through by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.markup import Unrenderable, render
from cms.markup.repairs import address, repaired
from tests.soon import soon


@pytest.mark.parametrize(
    ("written", "levels"),
    [
        ("### A\n\n### B", [2, 2]),
        ("# A\n\n### B\n\n###### C\n\n## D", [2, 3, 4, 3]),
        ("#### A\n\n## B\n\n#### C", [2, 2, 3]),
        ("## A\n\n<h5>B</h5>\n\n## C", [2, 2]),
        ("## A\n\n<h5 id='b'>B</h5>\n\n## C", [2, 3, 2]),
    ],
)
def test_an_outline_skips_no_level(written, levels):
    assert [heading.level for heading in render(written).contents] == levels


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ('<img src="a.png">', 'alt=""'),
        ('<img src="a.png" alt="A cat">', 'alt="A cat"'),
        ('<img src="a.png" width="300px" height="50%">', 'width="300"'),
        ('<a name="x">y</a>', "<span>y</span>"),
        ('<a href="/b">y</a> <a>z</a>', '<a href="/b" rel="noopener noreferrer">y</a> <span>z</span>'),
        ("<details><span>\n\nText\n\n</span></details>", "<summary>…</summary>"),
        ("<details><summary>A</summary>Text</details>", "<summary>A</summary>Text"),
        ("[a](https://x.example/?c=##rust)", 'href="https://x.example/?c=#%23rust"'),
        ("[a](<https://x.example/?t=[name] b>)", 'href="https://x.example/?t=%5Bname%5D%20b"'),
        ('<a href="https://x.example/a\nb">y</a>', 'href="https://x.example/ab"'),
        ("<details><summary><span style='x'><p>A</p></span></summary>B</details>", "<summary>A</summary>B"),
        ('<a href="mail-to:a@example.org">y</a>', "<span>y</span>"),
        ("- [ ] open", '<input aria-label="Task"'),
        ("`<img>` and `<a>`", "&lt;img&gt;"),
    ],
)
def test_what_lacks_something_gets_it(written, shown):
    assert shown in render(written).html


def test_a_span_that_says_nothing_goes_and_one_that_does_stays():
    assert repaired('<span>a<span class="k">b</span>c</span>') == 'a<span class="k">b</span>c'


@pytest.mark.parametrize(
    "url",
    ["https://example.org/a?b=c&d=%20#e", "/posts/日本/", "#a", "", "mailto:a@example.org", "//[::1]/x"],
)
def test_an_address_that_is_one_stays_as_it_is(url):
    assert address(url) == url


@given(
    st.lists(
        st.sampled_from(
            [
                "<a",
                "<span",
                " href=x",
                ">",
                "</a>",
                "</span>",
                "<h4>",
                "</h2>",
                "<summary>",
                "<details>",
                "<img",
                "\n\n",
                "'",
                '"',
                "x",
            ]
        )
    ).map("".join)
)
def test_any_mixture_of_tags_is_shown_or_refused(text):
    try:
        shown = render(text).html
    except Unrenderable:
        return
    assert "<h1" not in shown


@pytest.mark.parametrize(
    "piece",
    ["<summary>", "<summary><p>", "<details> ", "<a ", "<a>", "<span>", "<h2>", "</a>", "<img ", "<p>"],
)
def test_however_often_a_tag_comes_it_takes_no_time(piece):
    soon(1, repaired, piece * (200_000 // len(piece)))
