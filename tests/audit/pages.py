"""Every page of a site, and what the Nu HTML checker says of them."""

import html
import json
import re
import subprocess
import xml.etree.ElementTree
from collections import Counter
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import urlopen

import feedparser

TOOLS = Path(__file__).parent / "node_modules"
CHECKER = TOOLS / "vnu-jar" / "build" / "dist" / "vnu.jar"
ALSO = [
    "/search/?q=the",
    "/search/?q=",
    "/search/?q=xyzzy",
    "/search/?q=ruts",
    "/nothing-here/",
    "/readyz",
    "/robots.txt",
    "/sitemap.xml",
]
LINKS = re.compile(r'<(?:a|link|img|source|script|form)\b[^>]*?\b(?:href|src|srcset|action)="([^"]+)')
LOCATIONS = re.compile(r"<loc>([^<]+)</loc>")
KEPT = "/%?&=+;,:@!$'()*~"  # what quoting leaves as it is
NO_PAGES = ("/admin", "/preview")


class Answer:
    """What stands at an address."""

    def __init__(self, address):
        try:
            response = urlopen(address)
        except HTTPError as error:
            response = error
        with response:
            self.address, self.status = response.url, response.status
            self.kind, self.body = response.headers.get_content_type(), response.read()

    @property
    def text(self):
        return self.body.decode()


def crawl(site):
    """Yield path, where it was found, and answer of everything that the site links to or tells in its sitemap."""
    waiting = [(path, "") for path in ("/", *ALSO)]
    seen = {path for path, _source in waiting}
    while waiting:
        path, source = waiting.pop(0)
        answer = Answer(site + path)
        yield path, source, answer
        found = []
        if answer.kind == "text/html":
            found = [html.unescape(link).split(" ")[0] for link in LINKS.findall(answer.text)]
        elif answer.kind.endswith("xml"):
            found = [html.unescape(link) for link in LOCATIONS.findall(answer.text)]
        absolute = {urljoin(answer.address, link).partition("#")[0] for link in found}
        new = {
            quote(link.removeprefix(site), safe=KEPT) or "/"
            for link in absolute
            if link.startswith(f"{site}/")
        }
        new = {path for path in new - seen if not path.startswith(NO_PAGES) and path.count("&") < 2}
        seen |= new
        waiting += [(one, answer.address.removeprefix(site)) for one in sorted(new)]


def everything(site, folder):
    """Keep every page in the folder; return where each stands, and what is wrong without a checker."""
    kept, faults, kinds = {}, [], Counter()
    for path, source, answer in crawl(site):
        kinds[answer.status, answer.kind] += 1
        dead = answer.status != 200 and path not in ("/nothing-here/", "/readyz")
        if dead and not source.startswith("/posts/"):  # what an author has written leads where it leads
            faults.append(f"{path} answers {answer.status}, found at {source}")
        path = answer.address.removeprefix(site) if answer.status == 200 else path
        if path in kept.values():
            continue
        if answer.kind == "text/html":
            file = folder / f"{len(kept)}.html"
            file.write_bytes(answer.body)
            kept[file.name] = path
            faults += blocks(path, answer.text)
        elif answer.status == 200:
            faults += parsed(path, answer)
    return kept, faults, kinds


def blocks(path, text):
    """Return what is wrong with the blocks of data in a page."""
    for block in re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.S):
        try:
            json.loads(block)
        except ValueError as error:
            yield f"{path}: JSON-LD: {error}"


def parsed(path, answer):
    """Return what is wrong with a feed, a sitemap or a document."""
    try:
        if answer.kind in ("application/rss+xml", "application/atom+xml"):
            feed = feedparser.parse(answer.body)
            if feed.bozo:
                yield f"{path}: {feed.bozo_exception}"
        elif answer.kind.endswith("xml"):
            xml.etree.ElementTree.fromstring(answer.body)
        elif answer.kind.endswith("json"):
            json.loads(answer.body)
    except (ValueError, xml.etree.ElementTree.ParseError) as error:
        yield f"{path}: {error}"


def checked(folder, kept):
    """Return what the Nu HTML checker says of every page in the folder: errors, and how often each warning."""
    command = [
        "java",
        "-Xss16m",
        "-jar",
        str(CHECKER),
        "--format",
        "json",
        "--stdout",
        "--exit-zero-always",
        "--skip-non-html",
        str(folder),
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    errors, warnings = [], Counter()
    for message in json.loads(run.stdout)["messages"]:
        where = kept.get(urlsplit(message.get("url", "")).path.rpartition("/")[2], "?")
        if message["type"] == "info":
            warnings[message["message"]] += 1
        else:
            errors.append(f"{where}: {message['message']}: {message.get('extract', '').strip()[:160]!r}")
    return errors, warnings
