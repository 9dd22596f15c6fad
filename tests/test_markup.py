"""Markdown to what a reader gets: HTML, text, contents, words."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

from cms.markup import RENDERER, Heading, Rendered, render, rendered, summary


def anew(source):
    """Render, though it was rendered before."""
    return rendered.__wrapped__(source, ())


def html(source):
    return render(source).html


def test_a_text_becomes_paragraphs_and_nothing_becomes_nothing():
    assert html("Hello *world*.") == "<p>Hello <em>world</em>.</p>"
    assert render("") == render(" \n\n ") == Rendered(html="", text="", contents=(), words=0)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("~~gone~~", "<p><del>gone</del></p>"),
        ("H~2~O", "<p>H~2~O</p>"),
        ('"quotes" -- stay', '<p>"quotes" -- stay</p>'),
        ("a  \nb", "<p>a<br>\nb</p>"),
        ("a\\\nb", "<p>a<br>\nb</p>"),
        ("Term\n:   what it is", "<dl>\n<dt>Term</dt>\n<dd>what it is</dd>\n</dl>"),
        ("*[HTML]: Hyper Text\n\nHTML", "<p>*[HTML]: Hyper Text</p>\n<p>HTML</p>"),
        ("[[page]] --8<-- [TOC]", "<p>[[page]] --8&lt;-- [TOC]</p>"),
    ],
)
def test_the_extensions_are_those_of_the_site_and_no_others(source, expected):
    assert html(source) == expected


def test_bare_addresses_are_links():
    assert '<a href="https://example.org/a" rel="noopener noreferrer">https://example.org/a</a>.' in html(
        "See https://example.org/a."
    )
    assert "<a" not in html("`https://example.org` and github#12 and @somebody")


def test_headings_name_themselves_as_on_github():
    rendered = render("## Größe & `Code`\n\n### 日本語\n\n## Größe & Code\n\n## Own {#mine}")
    assert rendered.contents == (
        Heading("größe-code", 2, "Größe & Code"),
        Heading("日本語", 3, "日本語"),
        Heading("größe-code_1", 2, "Größe & Code"),
        Heading("mine", 2, "Own"),
    )
    assert '<h3 id="日本語">' in rendered.html


def test_a_body_with_an_h1_goes_down_by_one_level():
    assert [heading.level for heading in render("# One\n\n## Two\n\n### Three").contents] == [2, 3, 4]
    assert [heading.level for heading in render("## Two\n\n### Three").contents] == [2, 3]


def test_ids_of_a_text_never_are_those_of_the_page():
    assert 'id=":' not in html('## main {#:main}\n\n<p id=":main">x</p>\n\n## :main')


def test_footnotes_are_numbered_as_they_are_cited():
    out = html("Later[^b] and[^a] again[^b].\n\n[^a]: First.\n[^b]: Second.")
    assert out.index('id="fn:b"') < out.index('id="fn:a"')
    assert '<sup id="fnref2:b"><a class="footnote-ref" href="#fn:b"' in out
    assert 'href="#fnref2:b"' in out


def test_a_footnote_without_text_leads_back_all_the_same():
    assert 'href="#fnref:1"' in html("Nothing[^2] to say[^1].\n\n[^1]:\n\n[^2]: x")


def test_tables_scroll_by_themselves_and_keep_their_alignment():
    out = html("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert out.startswith('<div aria-label="Table" class="scroll" role="region" tabindex="0"><table>')
    assert '<td align="right">2</td>' in out


def test_code_says_its_language_and_is_coloured():
    assert html("```rust\nfn main() {}\n```").startswith(
        '<div class="highlight"><pre tabindex="0"><code class="language-rust"><span class="k">fn</span>'
    )


@pytest.mark.parametrize("info", ["rust,ignore", "{.rust}", "Rust", 'rust title="x"'])
def test_a_language_is_found_in_what_people_write_after_a_fence(info):
    assert '<code class="language-rust"><span' in html(f"```{info}\nfn\n```")


def test_code_in_no_known_language_stays_as_it_is():
    block = '<div class="highlight"><pre tabindex="0"><code>a &lt; b\n\n\tc\n</code></pre></div>'
    assert html("```\na < b\n\n\tc\n```") == html("```nonsense\na < b\n\n\tc\n```") == block


def test_tasks_are_boxes_that_nobody_can_tick():
    out = html("- [x] done\n- [ ] open")
    assert (
        '<li class="task-list-item"><input aria-label="Task" disabled="" checked="" type="checkbox"> done</li>'
        in out
    )
    assert '<li class="task-list-item"><input aria-label="Task" disabled="" type="checkbox"> open</li>' in out


@pytest.mark.parametrize("kind", ["note", "tip", "important", "warning", "caution"])
def test_alerts_are_those_of_github(kind):
    assert html(f"> [!{kind.upper()}]\n> Read me.") == (
        f'<div class="admonition {kind}">\n<p class="admonition-title">{kind.title()}</p>\n'
        "<p>Read me.</p>\n</div>"
    )


def test_folds_hold_markdown_in_either_spelling():
    for source in ('??? note "More"\n    *x*', "<details>\n<summary>More</summary>\n\n*x*\n\n</details>"):
        out = html(source)
        assert out.startswith("<details>")
        assert out.index("<summary>More</summary>") < out.index("<em>x</em>") < out.index("</details>")


def test_pictures_wait_until_they_are_seen():
    out = html("![A cat](cat.jpg)")
    assert all(part in out for part in ('alt="A cat"', 'src="cat.jpg"', 'loading="lazy"', 'decoding="async"'))


def test_a_picture_on_its_own_is_a_figure_and_a_slanted_line_below_it_the_caption():
    html = render("![a](/a.png)\n\n*How it looked*\n\n*Not a caption.*").html
    assert "<figure>" in html.split("<img")[0]
    assert "<figcaption><em>How it looked</em></figcaption>\n</figure>" in html.replace("\n\n", "\n")
    assert "<p><em>Not a caption.</em></p>" in html


@pytest.mark.parametrize(
    "source",
    ["Look ![a](/a.png) here.", "![a](/a.png) ![b](/b.png)", "![a](/a.png)*x*", "*x*", "![a](/a.png){"],
)
def test_a_picture_among_words_stays_among_them(source):
    html = render(source).html
    assert "figure" not in html
    assert "figcaption" not in html


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("text <title> is a tag\n\nnext", "<p>text &lt;title&gt; is a tag</p>\n<p>next</p>"),
        ("- a <template> b\n\n## H", '<ul>\n<li>a &lt;template&gt; b</li>\n</ul>\n<h2 id="h">H</h2>'),
        ("a <script>alert(1)</script> b", "<p>a  b</p>"),
        ("Use \\<script> now\n\nnext", "<p>Use &lt;script&gt; now</p>\n<p>next</p>"),
        ("Vec\\<u8> and \\<details>\n\nnext", "<p>Vec&lt;u8&gt; and &lt;details&gt;</p>\n<p>next</p>"),
        (
            "\\&amp; \\& \\^ \\: \\' \\$ \\% \\, \\/ \\; \\= \\? \\@ \\a",
            "<p>&amp;amp; &amp; ^ : ' $ % , / ; = ? @ \\a</p>",
        ),
        ('The reply is\n{"ok": true}', '<p>The reply is\n{"ok": true}</p>'),
        ("## The set {a, b}", '<h2 id="the-set-a-b">The set {a, b}</h2>'),
        ("*x*{y} `f`{bar} and {baz} end", "<p><em>x</em>{y} <code>f</code>{bar} and {baz} end</p>"),
        ("# H {#id}\n\ntext\n{: #foo title='a b'}", '<h2 id="id">H</h2>\n<p id="foo" title="a b">text</p>'),
        ('[a]: /x "y"\nprose\n[b]: /x "y"', '<p>prose\n[b]: /x "y"</p>'),
    ],
)
def test_nothing_that_is_written_is_swallowed(source, expected):
    assert html(source) == expected


@pytest.mark.parametrize(
    ("source", "address", "shown"),
    [
        ("https://a.b/c<br>next", "https://a.b/c", "https://a.b/c</a><br>next"),
        ("<b>https://a.b/c</b>", "https://a.b/c", "https://a.b/c</a></b>"),
        ("www.a.b<br>x", "http://www.a.b", "www.a.b</a><br>x"),
        ('<a href="/x">https://a.b</a>', "/x", "https://a.b</a>"),
        ("https://a.b/x\\_y z", "https://a.b/x_y", "https://a.b/x_y</a> z"),
    ],
)
def test_a_bare_address_ends_where_a_tag_begins(source, address, shown):
    out = html(source)
    assert out.count("<a ") == 1
    assert f'href="{address}"' in out
    assert shown in out


def test_references_may_hold_code_and_stand_side_by_side():
    out = html("[`Vec<T>`] [b] [c][`Vec<T>`]\n\n[`Vec<T>`]: /vec\n[b]: /b")
    assert [part.split('"')[0] for part in out.split('href="')[1:]] == ["/vec", "/b", "/vec"]


def test_text_has_the_words_without_the_markup():
    rendered = render(
        "# A *title*\n\nOne & two\n\n- ![A cat](c.png) x\n\n```\ncode\n```\n\n|a|b|\n|-|-|\n|1|2|"
    )
    assert rendered.text == "A title\nOne & two\nA cat x\ncode\na\nb\n1\n2"


@pytest.mark.parametrize(
    ("source", "words"),
    [("one two *three*", 3), ("`a` — b", 3), ("漢字です", 4), ("Django と Python", 3), ("한국어 문장", 2)],
)
def test_words_are_counted_in_scripts_with_and_without_spaces(source, words):
    assert render(source).words == words


def test_a_summary_is_cut_between_words():
    assert summary("A short one.") == "A short one."
    assert summary("one two three four", length=12) == "one two…"
    assert summary("one two, three", length=10) == "one two…"
    assert summary("漢" * 300, length=10) == "漢" * 9 + "…"
    assert all(len(summary("word " * n, length=50)) <= 50 for n in range(1, 40))


def test_what_was_rendered_before_makes_no_difference():
    documents = [
        "x[^1]\n\n[^1]: a",
        "[a]\n\n[a]: /x",
        "[a] x[^1] # A\n\n# A",
        "```py\nx\n```",
        "- [ ] a",
        "# A",
    ]
    alone = [anew(document) for document in documents]
    assert [anew(document) for document in reversed(documents)][::-1] == alone


def test_a_refused_text_leaves_nothing_for_the_next():
    expected = anew("- a [b]")
    with pytest.raises(ValueError, match="brackets"):
        anew("[b]: /secret\n\n- " + "x [" * 3000)
    assert anew("- a [b]") == expected


def test_threads_do_not_meet():
    documents = [f"# T{n}\n\nx[^{n}]\n\n[^{n}]: note {n}" for n in range(24)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(anew, documents)) == [anew(d) for d in documents]


def test_every_process_gives_the_same_bytes():
    source = '- [x] a\n\n<img src="x" alt="y">\n\n![z](w)\n\n|a|\n|-|\n|b|'
    program = f"from cms.markup import render; print(render({source!r}).html, end='')"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program], cwd=settings.BASE_DIR, capture_output=True, check=True
        ).stdout
        for _ in range(4)
    }
    assert outputs == {html(source).encode()}


def test_the_renderer_has_a_short_name():
    assert len(RENDERER) == 16
    assert RENDERER.isalnum()
