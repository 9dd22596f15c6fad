"""The readers of the chaos test: what they ask for, and what must hold whenever they are answered."""

import re
import sqlite3
import time
from collections import Counter
from contextlib import closing
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import NamedTuple

import psycopg

from tests.chaos_publisher import PLACES, STEADY, WORD
from tests.installation import PATIENCE

ALWAYS = ("/", "/tags/", *(f"/posts/{STEADY}-{number}/" for number in range(4)))  # never anything but 200
ARTICLES = [f"/posts/place-{number}/" for number in range(PLACES)]
OTHERS = ["/page/2/", "/posts/a-note/", *(f"/old/{number}/" for number in range(40))]
TAGS = [f"/tags/tag-{number}/" for number in range(12)]
AROUND = re.compile('<section class="around"|<nav class="beside"')
PLAIN = (200, 301, 404, 410)
ROWS = {
    "articles": "SELECT post_id, version FROM reader_article",
    "pages": "SELECT path, version FROM reader_page WHERE post_id IS NOT NULL",
    "editions": "SELECT id, number FROM reader_edition",
}
HALVES = """
    SELECT article.slug, article.version, page.version FROM reader_article article
    JOIN reader_page page ON page.path = '/posts/' || article.slug || '/'
    WHERE article.gone_at IS NULL AND page.version < article.version
"""


class Answer(NamedTuple):
    """What the web server said."""

    status: int
    headers: dict
    text: str


class Allowed:
    """The words that the publishers let readers see."""

    def __init__(self, files):
        self.words, self.known = set(), dict.fromkeys(files, 0)  # characters that were read; all are ASCII

    def covers(self, words):
        """Tell whether all of these words may be read; look up what was allowed since the last time."""
        if not words <= self.words:
            for file, known in self.known.items():
                with file.open() as text:
                    text.seek(known)
                    new = text.read()
                whole = new[: new.rfind("\n") + 1]
                self.words.update(whole.splitlines())
                self.known[file] += len(whole)
        return words <= self.words


def read(web, files, stopped, seed):
    """Ask for pages until told to stop; return how many answers there were of each status."""
    random, allowed, newest, statuses = Random(seed), Allowed(files), {}, Counter()
    while not stopped.is_set():
        path = random.choice(random.choice([ALWAYS, ARTICLES, OTHERS, TAGS]))
        before = web.condition()
        try:
            answer = get(web.port, path)
        except (OSError, HTTPException) as failure:
            if web.was_up_since(before):
                raise AssertionError(f"{path} was not answered though the server was up") from failure
            time.sleep(0.05)
            continue
        statuses[answer.status] += 1
        check(path, answer, allowed)
        check_age(path, answer, newest)
        time.sleep(random.uniform(0, 0.06))
    return statuses


def is_alive(port):
    """Tell whether the server answers; that its port is open says little, for granian first tries whether it could be."""
    try:
        return get(port, "/healthz").status == 200
    except (OSError, HTTPException):
        return False


def get(port, path):
    """Return the answer to one request."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())


def check(path, answer, allowed):
    """Check one answer by itself."""
    assert answer.status in PLAIN, f"{path}: {answer}"
    assert answer.status == 200 or path not in ALWAYS, f"{path}: {answer}"
    words = set(WORD.findall(answer.text))
    assert allowed.covers(words), f"{path} shows words of a draft: {words - allowed.words}"
    if answer.status == 200:
        assert answer.text, f"{path} is empty"
        own = set(WORD.findall(AROUND.split(answer.text)[0]))  # behind it, other posts are named
        assert len(own) == 1 or not path.startswith("/posts/"), f"{path} mixes {own}"
    elif answer.status == 301:
        assert answer.headers["location"].startswith("/"), f"{path}: {answer}"


def check_age(path, answer, newest):
    """Check that what stands at a path is never replaced by something older; its age is its version's, in seconds."""
    if path.startswith(("/posts/", "/old/")) and (stamp := answer.headers.get("last-modified")):
        at = parsedate_to_datetime(stamp)
        assert at >= newest.get(path, at), f"{path} went back to what it was at {at}"
        newest[path] = at


def watch(site, stopped):
    """Look into the reader's database until told to stop.

    Versions never fall, no article is lost, and none is newer than what is read at its address.
    """
    seen = {name: {} for name in ROWS}
    while not stopped.is_set():
        with closing(connect(site)) as connection:
            for name, query in ROWS.items():
                rows = dict(connection.execute(query).fetchall())
                fallen = [key for key, version in rows.items() if version < seen[name].get(key, version)]
                assert not fallen, f"{name} went back: {fallen}"
                assert name == "pages" or rows.keys() >= seen[name].keys(), f"{name} were lost"
                seen[name] |= rows
            assert not (halves := connection.execute(HALVES).fetchall()), f"Half projected: {halves}"
        time.sleep(0.1)


def connect(site):
    """Open the reader's database, to look only."""
    if url := site.environment.get("READER_DATABASE_URL"):
        return psycopg.connect(url, autocommit=True, options="-c default_transaction_read_only=on")
    file = site.folder / "reader.sqlite3"
    return sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=PATIENCE)
