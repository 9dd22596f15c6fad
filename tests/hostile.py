"""Strings that have broken other programs, of our own writing."""

SCRIPTS = [
    "<script>alert(1)</script>", "<ScRiPt src=//evil.example/x.js></sCrIpT>", "<script\n>alert(1)</script\n>", "<<script>alert(1)//<</script>",
    "<img src=x onerror=alert(1)>", "<img src='x' onerror='alert(1)'", "<img/src=x/onerror=alert(1)>", "<image href=x onerror=alert(1)>",
    "<svg onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<svg><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>", "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>", "<iframe srcdoc='<script>alert(1)</script>'>", "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>", "<form action=javascript:alert(1)><button>x</button></form>", "<button formaction=javascript:alert(1)>x",
    "<input autofocus onfocus=alert(1)>", "<details open ontoggle=alert(1)>x</details>", "<body onload=alert(1)>", "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", "<link rel=stylesheet href=//evil.example/x.css>",
    "<style>*{background:url(//evil.example)}</style>", "<p style='background:url(javascript:alert(1))'>x</p>", "<a href=javascript:alert(1)>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>", "<a href='java\tscript:alert(1)'>x</a>", "<a href=' javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>", "<a href=vbscript:msgbox(1)>x</a>", "<a href=x onmouseover=alert(1)>x</a>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<template><script>alert(1)</script></template>",
    "<select><style></select><img src=x onerror=alert(1)></style>", "<textarea></textarea><img src=x onerror=alert(1)>", "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>", "<?xml version='1.0'?><script>alert(1)</script>", "<video><source onerror=alert(1)></video>",
    "<marquee onstart=alert(1)>x</marquee>", "<isindex action=javascript:alert(1)>", "<xss onclick=alert(1) tabindex=1>x</xss>",
]  # fmt: skip
MARKDOWN = [
    "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](&#106;avascript:alert(1))", "[x]( javascript:alert(1) )", "[x](<javascript:alert(1)>)",
    "![x](javascript:alert(1))", "[x][1]\n\n[1]: javascript:alert(1)", "<javascript:alert(1)>", "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](x.png){onerror=alert(1)}", "# x {onclick=alert(1)}", "x\n{: onclick=alert(1) style=color:red }", "```{onclick=alert(1) .x}\na\n```",
    "```python onclick=alert(1)\na\n```", "~~~<script>alert(1)</script>\na\n~~~", "x[^1]\n\n[^1]: <script>alert(1)</script>", "[^\"><script>]: x",
    "|<script>alert(1)</script>|b|\n|-|-|\n|a|<img src=x onerror=alert(1)>|", "[x](\"onclick=alert(1) )", "[a](x \"t\\\" onclick=alert(1) x=\\\"\")",
    "> [!NOTE]\n> <script>alert(1)</script>", "??? \"<script>alert(1)</script>\"\n    x", "Term\n:   <img src=x onerror=alert(1)>", "- [ ] <input onfocus=alert(1) autofocus>",
    "https://x.example/<script>alert(1)</script>", "`<script>alert(1)</script>`", "<http://x.example/\"onclick=alert(1)>", "[<img src=x onerror=alert(1)>](x)",
]  # fmt: skip
ODDITIES = [
    "{{ 7*7 }}", "{% debug %}", "${7*7}", "' OR 1=1 --", "'; DROP TABLE reader_article; --", "\u202eevil", "\u200b\u200b", "\ufeff", "\u2028\u2029", "👩‍👩‍👧‍👦",
    "a" * 190, "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮", "ﷺ" * 20, "../../../etc/passwd", "con", "NULL", "undefined", "1e400", "0x7f", "<>&\"'", "%00", "%s%n", "\t\n \t", "﷽",
]  # fmt: skip
ALL = [*SCRIPTS, *MARKDOWN, *ODDITIES]
