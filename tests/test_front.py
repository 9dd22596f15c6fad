"""What readers get through nginx: never anything old, and what it has while the site is down."""

import gzip
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from cms import schedule
from reader import front
from reader.projector import raise_edition
from tests import nginx
from tests.conftest import NOON
from tests.installation import PRELUDE, free_port
from tests.missing import missing
from writer import commands, delivery
from writer.models import OutboxEvent

WORDINGS = int(os.environ.get("WORDINGS", "10"))
AUTHOR = """
import logging, traceback
logging.disable()  # nobody reads it, and then writing it would stop the author
from writer.links import url_of
from writer.models import PreviewLink
def publish(slug, **words):
    draft = Draft(title=slug.title(), slug=slug, **{"body": "Some *first* words.", **words})
    post = commands.create_draft(draft=draft, actor=None, now=now)
    commands.publish(post, actor=None, now=now)
def change(known, **words):
    post = Post.objects.get(slug=known)
    draft = Draft(**{"title": post.title, "slug": post.slug, "body": post.body, **words})
    commands.save_draft(post.pk, draft=draft, lock_version=post.lock_version, actor=None, now=now)
    commands.publish(post.pk, actor=None, now=now)
def unpublish(slug):
    commands.unpublish(Post.objects.get(slug=slug).pk, actor=None, now=now)
def preview(title):
    post = commands.create_draft(draft=Draft(title=title, body="A *secret* draft."), actor=None, now=now)
    commands.share(post, actor=None, now=now)
    return url_of(PreviewLink.objects.get(post=post))
for line in sys.stdin:
    try:
        said = eval(line)
    except Exception:
        said = traceback.format_exc()
    print(json.dumps(said), flush=True)
"""


class Front:
    """The site behind nginx, as readers see it, and an author in another process."""

    def __init__(self, port, kill, author):
        self.port, self.kill, self.author = port, kill, author

    def do(self, command):
        """Give a command; when this returns, it was acknowledged. Return what it returned."""
        print(command, file=self.author.stdin, flush=True)
        said = json.loads(self.author.stdout.readline())
        assert "Traceback" not in (said or ""), said
        return said

    def ask(self, path, method="GET", body=None, **headers):
        """Return status, headers and body of one answer."""
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            said = {"Host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
            connection.request(method, path, body=body, headers=said)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def kept(self, path, **headers):
        """Ask twice; return the second answer, which nginx gives if it keeps any."""
        self.ask(path, **headers)
        return self.ask(path, **headers)


def needed():
    """Skip, loudly, where there is no nginx; fail where nothing may be skipped."""
    if not nginx.program():
        missing("NO NGINX WAS FOUND, so nothing was tested in front. `make browser` gets one.")


@pytest.fixture
def site(installation, tmp_path):
    """A site with nginx in front."""
    needed()
    folder = tmp_path / "front"
    folder.mkdir()
    cached = tmp_path / "nginx"
    cached.mkdir()
    installation.environment |= {"FRONT_DIR": str(folder)}
    with installation.served("cms.wsgi:application") as (address, kill):
        places = {"site": address.rpartition(":")[2], "data": installation.folder, "front": folder}
        places["last"] = free_port()
        author = installation.start("-c", PRELUDE + AUTHOR, stdin=subprocess.PIPE)
        with nginx.running(cached, **places) as (port, _process):
            yield Front(port, kill, author)
            author.communicate()
    assert "[crit]" not in (cached / "error.log").read_text()


@pytest.fixture
def folder(settings, tmp_path):
    """Where the front is told."""
    settings.FRONT_DIR = str(tmp_path)
    return tmp_path


@pytest.fixture
def leads_to(folder):
    """Where the link leads."""
    return lambda: (folder / front.LINK).resolve(strict=True).name


@pytest.mark.django_db(databases=["default", "reader"], transaction=True)
def test_the_link_is_moved_before_a_publication_is_acknowledged(published, leads_to):
    published("One")
    first = leads_to()
    published("Two")
    assert leads_to() != first
    assert front.is_told(front.present())


@pytest.mark.django_db(databases=["default", "reader"], transaction=True)
def test_a_front_that_cannot_be_told_is_told_by_the_relay(draft, author, folder, leads_to):
    post_id = draft("One")
    folder.rename(folder.with_name("away"))
    commands.publish(post_id, actor=author, now=NOON)
    assert "FileNotFoundError" in OutboxEvent.objects.pending().get().last_error
    folder.with_name("away").rename(folder)
    assert delivery.relay(now=NOON, patient=False) == (1, 0)
    assert front.is_told(front.present())


def test_what_a_killed_process_left_behind_is_made_good_by_the_next_sweep(published, leads_to):
    published("One")
    raise_edition()  # and the process is killed: nothing is done after this transaction
    schedule.relay()
    told = leads_to()
    assert told.endswith(front.present())
    schedule.relay()
    assert leads_to() == told  # nothing was forgotten without need


def test_a_new_start_forgets_what_other_code_made(folder, leads_to):
    front.move("start")
    before = leads_to()
    front.begin()
    assert leads_to() != before


def test_a_moving_link_never_leads_nowhere_and_few_folders_are_left(folder, leads_to):
    front.move("start")
    with ThreadPoolExecutor(4) as pool:
        moves = [pool.submit(front.move, "start") for _ in range(200)]
        seen = set()
        while not all(move.done() for move in moves):
            seen.add(leads_to())
        assert all(move.exception() is None for move in moves)
    assert leads_to()
    assert len(list(folder.iterdir())) <= front.LEFT + 4


def test_a_clock_that_is_put_back_does_not_take_the_newest_folder(folder, leads_to, monkeypatch):
    for _ in range(front.LEFT + 1):
        front.move("start")
    monkeypatch.setattr(front.time, "time_ns", lambda: 1)
    front.move("start")
    assert leads_to() == "1-start"


def test_without_a_folder_nothing_is_told(settings, published):
    settings.FRONT_DIR = ""
    published("One")
    front.begin()
    front.follow()
    front.forget()


@pytest.mark.processes
def test_what_is_published_withdrawn_and_moved_is_seen_at_once(site):
    for number in range(3):
        site.do(f"publish('post-{number}')")
        assert f"Post-{number}" in site.ask("/")[2].decode()
    assert site.kept("/")[1]["X-Cache"] == "HIT"
    assert b"<em>first" in site.kept("/posts/post-0/")[2]

    site.do("change('post-0', body='Some *other* words.')")
    assert b"<em>other" in site.ask("/posts/post-0/")[2]
    site.do("change('post-1', slug='moved')")
    status, headers, _body = site.kept("/posts/post-1/?from=feed")
    assert (status, headers["Location"], headers["X-Cache"]) == (301, "/posts/moved/?from=feed", "HIT")
    assert site.ask("/posts/post-1/")[1]["Location"] == "/posts/moved/"
    assert site.ask("/posts/moved/")[0] == 200
    site.do("unpublish('post-2')")
    assert site.ask("/posts/post-2/")[0] == 410
    assert b"Post-2" not in site.ask("/")[2]


@pytest.mark.processes
def test_no_reader_is_shown_less_than_was_acknowledged_before_he_asked(site):
    site.do("publish('post', body='Wording 0.')")
    acknowledged, done, old, seen = 0, False, [], set()

    def read(coding):
        while not done:
            before = acknowledged
            _status, headers, body = site.ask("/posts/post/", Accept_Encoding=coding)
            text = gzip.decompress(body) if headers["Content-Encoding"] else body
            shown = int(re.search(rb"Wording (\d+)", text)[1])
            seen.add(headers["X-Cache"])
            if shown < before:
                old.append((shown, before))

    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read, coding) for coding in ("gzip", "gzip", "gzip", "identity")]
        try:
            for number in range(1, WORDINGS + 1):
                site.do(f"change('post', body='Wording {number}.')")
                acknowledged = number
        finally:
            done = True
        for reader in readers:
            reader.result()
    assert not old
    seen |= {site.ask("/posts/post/")[1]["X-Cache"] for _time in range(3)}  # else too busy to keep any
    assert seen >= {"HIT", "MISS"}


@pytest.mark.processes
def test_whatever_was_asked_for_still_answers_when_the_site_is_killed(site, tmp_path):
    static = tmp_path / "static" / "reader"
    static.mkdir(parents=True)
    (static / "x.0123456789ab.css").write_text("p {}")
    for slug in ("asked", "twice", "never", "old", "gone"):
        site.do(f"publish({slug!r})")
    site.do("change('old', slug='new')")
    asked = ["/", "/posts/asked/", "/posts/twice/", "/posts/old/", "/feed.xml", "/api/v1/articles/asked/"]
    before = {path: site.ask(path, Accept_Encoding="gzip") for path in asked}
    site.kept("/posts/twice/", Accept_Encoding="gzip")
    site.ask("/posts/gone/", Accept_Encoding="gzip")
    site.kill()

    for purged in (False, True):
        for path, (status, headers, body) in before.items():
            now_status, now_headers, now_body = site.ask(path, Accept_Encoding="gzip")
            assert (now_status, now_body) == (status, body), path
            assert (now_headers["ETag"], now_headers["Location"]) == (headers["ETag"], headers["Location"])
        if not purged:  # the worker, which lives on
            site.do("unpublish('gone')")
    status, headers, body = site.ask("/posts/never/")
    assert (status, headers["Retry-After"], headers["Cache-Control"]) == (503, "10", "no-store")
    assert b"cannot be shown just now" in body
    assert bears_policies(headers)
    status, headers, body = site.ask("/static/reader/x.0123456789ab.css")
    assert (status, body) == (200, b"p {}")
    assert "immutable" in headers["Cache-Control"]
    assert bears_policies(headers)


def bears_policies(headers):
    """Tell whether an answer has what every one has, each once."""
    named = [
        "Content-Security-Policy",
        "X-Content-Type-Options",
        "Referrer-Policy",
        "Permissions-Policy",
        "X-Frame-Options",
    ]
    return all(len(headers.get_all(name, [])) == 1 for name in named)


@pytest.mark.processes
def test_what_is_kept_is_public_and_the_same_as_without_a_front(site):
    site.do("publish('hello')")
    secret = urlsplit(site.do("preview('Secret')")).path
    etag = site.ask("/posts/hello/")[1]["ETag"]
    for path in ("/", "/posts/hello/", "/feed.xml", "/tags/", "/robots.txt", "/api/v1/articles/"):
        for coding in ("gzip, deflate, br", "identity", "gzip;q=0", "br"):
            first, kept = site.ask(path, Accept_Encoding=coding), site.kept(path, Accept_Encoding=coding)
            assert kept[1]["X-Cache"] == "HIT"
            assert (first[0], first[2]) == (kept[0], kept[2])
            assert (kept[1]["Content-Encoding"] == "gzip") == coding.startswith("gzip,")
            assert bears_policies(kept[1])
            assert not kept[1]["Set-Cookie"]
    assert site.ask("/posts/hello/", If_None_Match=f'"x", W/{etag}')[0] == 304
    status, headers, body = site.ask("/posts/hello/", "HEAD")
    assert (status, headers["ETag"], body, headers["X-Cache"]) == (200, etag, b"", "HIT")
    assert site.ask("/posts/hello/?utm_source=a")[1]["X-Cache"] == "HIT"
    assert site.ask("/posts/hello/", Cookie="sessionid=x", Range="bytes=0-9")[0] == 200

    for path in ("/nope/", "/posts/secret/", "/admin/login/", "/admin/", "/healthz", secret):
        _status, headers, body = site.kept(path)
        assert headers["X-Cache"] != "HIT", path
        assert (b"<em>secret" in body) == (path == secret)
    assert site.kept("/posts/hello/", Cookie="sessionid=x")[1]["X-Cache"] == "HIT"
    assert site.ask("/search/?q=hello")[1]["X-Cache"] == "MISS"  # once asked is not kept
    assert site.kept("/search/?q=hello")[1]["X-Cache"] == "HIT"
    assert site.ask("/", "POST", body="x")[0] == 405
    assert site.ask("/", "POST", body="x" * 2_000_000)[0] == 413
    assert site.kept("/", Host="evil.example")[0] == 400
    assert site.ask("/metrics")[0] == 200
