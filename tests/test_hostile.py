"""Nothing that anybody types becomes anything that runs.

HOSTILE_DIR may name a folder with more lines to try: xss-payload-list.txt and blns.json.
"""

import json
import os
from html.parser import HTMLParser
from pathlib import Path

import pytest

from reader.models import Article
from reader.pages import Page
from tests.hostile import ALL, SCRIPTS
from writer import commands
from writer.models import Post
from writer.refusals import Refused

ADDRESSES = {
    "href",
    "src",
    "action",
    "formaction",
    "xlink:href",
    "data",
    "cite",
    "poster",
    "srcset",
    "background",
}
FORBIDDEN = {
    "iframe",
    "object",
    "embed",
    "svg",
    "math",
    "form",
    "base",
    "frame",
    "frameset",
    "applet",
    "link",
    "meta",
    "style",
    "script",
    "video",
    "audio",
}


DATA = {"type": "application/ld+json"}  # of a script element that never runs


class Inspector(HTMLParser):
    """Reads a page as a browser would, and notes whatever could run."""

    def __init__(self, *, whole_page):
        super().__init__()
        self.whole_page = whole_page
        self.faults = []
        self.in_data = False

    def handle_starttag(self, tag, attrs):
        values = {name: (value or "") for name, value in attrs}
        own = values.get("src", "").startswith("/static/") or values == DATA
        if tag == "script" and not (self.whole_page and own):
            self.faults.append((tag, values))
        self.in_data = values == DATA
        if not self.whole_page and tag in FORBIDDEN:
            self.faults.append((tag, values))
        for name, value in values.items():
            scheme = "".join(value.split()).lower().replace("\x00", "")
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.faults.append((tag, name, value))
            if name in ADDRESSES and scheme.startswith(("javascript:", "vbscript:", "data:")):
                self.faults.append((tag, name, value))

    def handle_data(self, data):
        if self.in_data:  # what is no JSON would have broken out of it
            json.loads(data)
        self.in_data = False


def faults(html, *, whole_page=True):
    inspector = Inspector(whole_page=whole_page)
    inspector.feed(html)
    inspector.close()
    return inspector.faults


def lines():
    """Return the lines to try: our own, and those of HOSTILE_DIR."""
    more = []
    if folder := os.environ.get("HOSTILE_DIR"):
        more += (Path(folder) / "xss-payload-list.txt").read_text(errors="replace").splitlines()
        more += json.loads((Path(folder) / "blns.json").read_text())
    return [*ALL, *more]


def test_the_inspector_sees_what_it_should():
    for line in SCRIPTS[:6]:
        assert faults(f"<p>{line}", whole_page=False) or not line.endswith(">")


def storable(line):
    return "\x00" not in line and not any("\ud800" <= char <= "\udfff" for char in line)


def tag_of(line):
    """Return the line as the name of a tag, where commas part names."""
    return line.replace(",", " ").strip()[:100]


def test_hostile_text_in_every_field_is_harmless_on_every_page(published, client):
    tried, refused = [line for line in lines() if line.strip() and storable(line)], 0
    for line in tried:
        words = {"title": line[:200], "summary": line[:500], "body": f"{line}\n\nText with {line} in it."}
        try:
            published(**words, tags=[tag_of(line)], authors=[line[:200]])
        except Refused:
            refused += 1  # in words; nothing else may be raised
    assert Article.objects.count() + refused == len(tried)
    assert refused < len(tried) / 100
    for page in Page.objects.filter(status=200).iterator():
        assert faults(page.identity.decode()) == [], page.path
    for html in Article.objects.values_list("html", flat=True).iterator():
        assert faults(html, whole_page=False) == []


def test_lists_of_hostile_titles_are_harmless(published, client):
    for line in ALL:
        if line.strip():
            published(line[:200], tags=[tag_of(line)], body="Text.")
    path, pages = "/", 0
    for number in range(1, 20):
        path = "/" if number == 1 else f"/page/{number}/"
        answer = client.get(path)
        if answer.status_code == 404:
            break
        pages += 1
        assert faults(answer.content.decode()) == []
    assert pages > 5
    assert faults(client.get("/tags/").content.decode()) == []
    for slug in set(Article.objects.values_list("taggings__slug", flat=True)):
        assert faults(client.get(f"/tags/{slug}/").content.decode()) == []


def test_the_desk_shows_hostile_text_as_text(draft, admin_client):
    for line in ALL[::3]:
        post_id = draft(line[:200], body=line, summary=line[:500], tags=[tag_of(line) or "x"])
        html = admin_client.get(f"/admin/writer/post/{post_id}/change/").content.decode()
        assert not [fault for fault in faults(html) if "alert" in str(fault) or "evil" in str(fault)]
    for path in ("post/", "tag/", "author/"):
        html = admin_client.get(f"/admin/writer/{path}").content.decode()
        assert not [fault for fault in faults(html) if "alert" in str(fault) or "evil" in str(fault)]


@pytest.mark.parametrize("text", ["a\x00b", "ok\ud83d"])
def test_what_cannot_be_stored_is_refused_in_every_field(give, both, text):
    for field in ("title", "summary", "body", "slug", "language"):
        with pytest.raises(Refused, match="cannot be stored"):
            give(commands.create_draft, draft=commands.Draft(**{field: text}))
    for command in (commands.find_or_add_tag, commands.find_or_add_author):
        with pytest.raises(Refused):
            command(text)
    assert not Post.objects.exists()
