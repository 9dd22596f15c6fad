"""The sanitiser: whatever a body holds, what comes out cannot run, fetch in secret, or pose as the page."""

import re
from html.parser import HTMLParser

import pytest

from cms import checks
from cms.markup import Unrenderable, render, rendered
from cms.markup.sanitiser import clean

# fmt: off
HARMLESS = {
    "a", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "figcaption", "figure", "h2", "hr",
    "i", "img", "input", "li", "ol", "p", "pre", "span", "strong", "sub", "summary", "sup", "table",
    "tbody", "td", "th", "thead", "tr", "u", "ul",
}
# fmt: on
PAYLOADS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil></sCrIpT>",
    "<script",
    "<<script>alert(1)//<</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror\n=\nalert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</svg>",
    "<math><mtext><img src=x onerror=alert(1)>",
    "<math><mi><style><img src=x onerror=alert(1)></style></mi></math>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><input type=submit>",
    "<input autofocus onfocus=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#x0a;script:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='jav   ascript:alert(1)'>x</a>",
    "<a href=data:text/html,<script>alert(1)</script>>x</a>",
    "<a href=vbscript:x>x</a>",
    "<a href=//evil.example>x</a>",
    "<a href='/\\evil.example'>x</a>",
    "<a href='\\\\evil.example'>x</a>",
    "<a href='/\t/evil.example'>x</a>",
    "<base href=//evil>",
    "<link rel=stylesheet href=//evil>",
    "<meta http-equiv=refresh content=0;url=//evil>",
    "<style>*{display:none}</style>",
    "<p style=position:fixed>x</p>",
    "<p class='masthead notice'>x</p>",
    "<div onclick=x>y</div>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea><script>alert(1)</script></textarea>",
    "<template><script>alert(1)</script></template>",
    "<img name=cookie><form name=body>",
    "<p id=':main'>x</p>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    "<table><td background=javascript:alert(1)>x",
    "<video src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](data:text/html,x)",
    "[x](//evil.example)",
    "![x](javascript:alert(1))",
    "![x](x 'y\" onerror=alert(1) z=\"')",
    "<javascript:alert(1)>",
    "[x]\n\n[x]: javascript:alert(1)",
    "[^1]\n\n[^1]: <script>alert(1)</script> [x](javascript:alert(1))",
    "# x {onclick=alert(1) style=color:red}",
    "x {: onmouseover=alert(1) }",
    "[x](/y){: onclick=alert(1) }",
    "*x*{onclick=alert(1)}",
    "- x\n{: style=color:red onclick=alert(1) }",
    "```html {onclick=alert(1)}\n<script>alert(1)</script>\n```",
    "```{.x onclick=alert(1) style=color:red}\nx\n```",
    '```"><script>alert(1)</script>\nx\n```',
    '> [!NOTE" onclick=alert(1)]\n> x',
    '??? note "<script>alert(1)</script>"\n    x',
    '??? " onclick=alert(1)\n    x',
    "| <script>alert(1)</script> |\n|---|\n| [x](javascript:alert(1)) |",
    "Term <script>\n:   <script>",
    '<http://x" onclick=alert(1)>',
    'http://x"onclick=alert(1)',
    "\x02wzxhzdk:0\x03",
    "klzzwxh:0000",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?<script>alert(1)</script>?>",
    "`<script>`",
    "<a title='</a><script>alert(1)</script>'>x</a>",
]


class Inspector(HTMLParser):
    """Collects what must not be there."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        values = {name: value or "" for name, value in attrs}
        if tag not in HARMLESS or (tag == "input" and values.get("type") != "checkbox"):
            self.found.append(tag)
        self.found += [
            name for name in values if name.startswith("on") or name in ("style", "name", "background")
        ]
        for address in (values.get("href", ""), values.get("src", "")):
            plain = re.sub(r"[\x00-\x20]", "", address).replace("\\", "/")
            if plain.startswith("//") or re.match(r"(?!https?:|mailto:|tel:)[a-z][a-z0-9+.-]*:", plain, re.I):
                self.found.append(address)
        self.found += [mark for mark in values.get("class", "").split() if mark in ("masthead", "notice")]
        self.found += [mark for mark in [values.get("id", "")] if mark.startswith(":")]


@pytest.mark.parametrize("around", ["{}", "a {} b", "- x\n\n  {}", "<div>{}</div>", "| {} |\n|---|\n| {} |"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_dangerous_comes_out(payload, around):
    try:
        html = render(around.replace("{}", payload)).html
    except Unrenderable:
        return
    assert Inspector(html).found == []


def test_the_inspector_finds_what_it_looks_for():
    assert Inspector(
        "<script onload=x><a href='java\tscript:x' style=x class=masthead id=':main'><input>"
    ).found


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://example.org/" rel="noopener noreferrer">x</a>',
        '<a href="mailto:ada@example.org" rel="noopener noreferrer">x</a>',
        '<a href="tel:+441234" rel="noopener noreferrer">x</a>',
        '<a href="/posts/a/#b" rel="noopener noreferrer">x</a>',
        '<a href="#fn:1" class="footnote-ref" rel="noopener noreferrer">x</a>',
        '<p id="a" lang="he" dir="rtl">x <kbd>Ctrl</kbd> <mark>y</mark> <ruby>漢<rt>kan</rt></ruby></p>',
        '<details open=""><summary>x</summary>y</details>',
        '<figure><img src="/a.png" alt="b" width="3" loading="lazy"><figcaption>c</figcaption></figure>',
        '<code class="language-c++">x</code>',
    ],
)
def test_what_people_format_with_is_kept(html):
    assert clean(html) == html


def test_elements_that_are_dropped_leave_their_text_unless_it_is_no_text():
    assert clean("<center>a</center><font>b</font>") == "ab"
    assert clean("<style>a</style><script>b</script><svg><text>c</text></svg><title>d</title>e") == "e"


def test_classes_are_only_those_that_the_renderer_gives():
    assert clean('<div class="note copy highlight">x</div>') == '<div class="note highlight">x</div>'
    assert clean('<span class="k page">x</span>') == '<span class="k">x</span>'


def test_the_system_check_is_silent_while_the_sanitiser_works(monkeypatch):
    assert checks.sanitiser_works() == []
    monkeypatch.setattr("cms.markup.clean", lambda html: html)
    rendered.cache_clear()
    [error] = checks.sanitiser_works()
    assert error.id == "imprint.E001"
    rendered.cache_clear()
