"""What axe finds at a page of each kind, and what Lighthouse gives the three that matter most."""

import json
import os
import re
import shutil
import subprocess

from playwright.sync_api import sync_playwright

from tests.audit.pages import TOOLS
from tests.axe import look
from tests.browser import FLAGS

LIGHTHOUSE = TOOLS / "lighthouse" / "cli" / "index.js"
LEAST = 98
SOON = 1000  # ms until something is painted, on Lighthouse's phone: slow 4G, a quarter of this processor
POLICY = "Content Security Policy"


def one_of_each(kept):
    """Return a path for each kind of page: by its first word, and how deep it is."""
    kinds = {}
    for path in sorted(kept.values(), key=lambda path: (len(path), path)):
        where, _, query = path.partition("?")
        kind = re.sub(r"(?<=/)[^/]+(?=/)", "*", where).replace("*", where.split("/")[1], 1)
        kinds.setdefault((kind, query if where == "/search/" and query.count("=") < 2 else ""), path)
    return [*kinds.values()]


def telling(kept, folder):
    """Return the longest article that has pictures and code."""
    articles = [(folder / name, path) for name, path in kept.items() if path.startswith("/posts/")]
    rich = [
        pair
        for pair in articles
        if {b"<img", b'class="highlight"'}
        <= set(re.findall(rb'<img|class="highlight"', pair[0].read_bytes()))
    ]
    return max(rich or articles, key=lambda pair: pair[0].stat().st_size)[1]


def axe(site, paths):
    """Return what axe finds in light and dark, what is wider than a phone, and what the policies refuse."""
    found = []

    def open_page(browser, path):
        page = browser.new_page()
        page.on("pageerror", lambda error: found.append(f"{path}: {error}"))
        page.on("console", lambda said: POLICY in said.text and found.append(f"{path}: {said.text}"))
        page.goto(site + path)
        return page

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for path in paths:
            page = open_page(browser, path)
            found += look(page, where=path)
            page.close()
        browser.close()
    return found


def lighthouse(address, folder):
    """Return Lighthouse's scores for a page on a phone, 0 to 100, what each is short of, and ms to the first paint."""
    report = folder / "lighthouse.json"
    flags = f"--chrome-flags=--headless=new {' '.join(FLAGS)}"
    subprocess.run(
        ["node", str(LIGHTHOUSE), address, "--quiet", "--output=json", f"--output-path={report}", flags],
        check=True,
        env=os.environ | {"CHROME_PATH": shutil.which("chromium") or ""},
    )
    said = json.loads(report.read_text())
    scores = {name: round(category["score"] * 100) for name, category in said["categories"].items()}
    short = [
        f"{audit['title']} ({audit.get('displayValue', '')})".replace(" ()", "")
        for category in said["categories"].values()
        for audit in (said["audits"][ref["id"]] for ref in category["auditRefs"] if ref["weight"])
        if audit["score"] is not None and audit["score"] < 0.9
    ]
    return scores, short, round(said["audits"]["first-contentful-paint"]["numericValue"])
