"""Real processes on databases of their own: killed, run twice at once, and searched for secrets."""

import re
import signal
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

import pytest

from tests.installation import PATIENCE, answers, free_port, wait_for

pytestmark = pytest.mark.processes

PASSWORD = "correct horse battery"


class Browser:
    """What a person does: opens pages and sends forms, with cookies."""

    def __init__(self, site):
        self.site = site
        self.opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))

    def open(self, path, **form):
        """Return status and text of a page; with a form, of the answer to it."""
        data = urlencode(form).encode() if form else None
        try:
            with self.opener.open(self.site + path, data, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def submit(self, path, **form):
        """Open the page, and send its form with these values in place of its own."""
        _status, page = self.open(path)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        return self.open(path, **{**hidden, **form})


def test_a_web_process_killed_between_commit_and_delivery_loses_nothing(installation):
    post = installation.python(f"""
from django.contrib.auth.models import User
User.objects.create_superuser("ada", "", {PASSWORD!r})
say(str(commands.create_draft(draft=Draft(title="Hello", body="A draft."), actor=None, now=now)))
""")
    with installation.served("tests.stalled_wsgi:application") as (site, kill), ThreadPoolExecutor() as pool:
        person = Browser(site)
        person.submit("/admin/login/?next=/admin/", username="ada", password=PASSWORD)
        status, desk = person.open(f"/admin/writer/post/{post}/change/")
        assert (status, 'name="_publish"' in desk) == (200, True)
        words = {"title": "Hello", "slug": "hello", "body": "The *public* words.", "language": "en"}
        change = f"/admin/writer/post/{post}/change/"
        answer = pool.submit(person.submit, change, **words, _publish="Save and publish")
        wait_for(lambda: answer.done() or (installation.folder / "stalled").exists(), "the commit")
        kill()
        assert isinstance(answer.exception(PATIENCE), OSError | HTTPException)  # nobody was told anything

    assert installation.python("""
say([Post.objects.get().state, OutboxEvent.objects.pending().count(), OutboxEvent.objects.get().attempts])
""") == ["live", 1, 0]
    with installation.served("cms.wsgi:application") as (site, _kill):
        reader = Browser(site)
        assert reader.open("/posts/hello/")[0] == 404
        assert installation.manage("relay") == "relay: 1 events delivered, 0 failed.\n"
        status, page = reader.open("/posts/hello/")
        assert (status, "<em>public</em>" in page) == (200, True)
    assert installation.manage("reconcile").endswith("1 posts compared, no drift, 0 repaired.\n")


def test_two_schedulers_at_once_publish_each_post_exactly_once(installation):
    installation.python("""
long_ago = now - timedelta(days=2)
for number in range(200):
    draft = Draft(title=f"Number {number}", body="Some words.")
    post = commands.create_draft(draft=draft, actor=None, now=long_ago)
    at = now - timedelta(days=1, seconds=number)
    commands.schedule(post, publish_at=at, zone="UTC", actor=None, now=long_ago)
""")
    outputs = installation.at_once(["publish_due"], ["publish_due"])
    found = [
        re.fullmatch(r"publish_due: (\d+) published, 0 withdrawn, 0 refused\.\n", text) for text in outputs
    ]
    assert all(found), outputs
    assert sum(int(match[1]) for match in found) == 200
    assert installation.manage("publish_due") == "publish_due: 0 published, 0 withdrawn, 0 refused.\n"
    events, posts, pending, live, pages = installation.python("""
rows = OutboxEvent.objects.all()
say([rows.count(), rows.values("post_id").distinct().count(), rows.pending().count(),
     Post.objects.in_state("live").count(), Page.objects.filter(status=200).count()])
""")
    assert (events, posts, pending) == (200, 200, 0)
    assert (live, pages) == (200, 200)


def test_two_relays_at_once_deliver_everything(installation):
    installation.python("""
from cms import events
events.happened.receivers = []  # nobody listens
for number in range(50):
    draft = Draft(title=f"Number {number}", body="Some words.")
    commands.publish(commands.create_draft(draft=draft, actor=None, now=now), actor=None, now=now)
""")
    assert installation.python("say([OutboxEvent.objects.pending().count(), Page.objects.count()])") == [
        50,
        0,
    ]
    outputs = installation.at_once(["relay"], ["relay"])
    assert all(text.endswith("delivered, 0 failed.\n") for text in outputs), outputs
    assert installation.python("""
say([OutboxEvent.objects.pending().count(), Page.objects.filter(status=200).count(), Article.objects.count()])
""") == [0, 50, 50]
    assert installation.manage("reconcile").endswith("50 posts compared, no drift, 0 repaired.\n")


@pytest.mark.parametrize("options", [[], ["--check"], ["--force", "--trust-writer", "--deep"]])
def test_an_empty_database_in_the_writer_s_place_takes_nothing_down(installation, options):
    installation.python("""
draft = Draft(title="Hello", body="Some words.")
commands.publish(commands.create_draft(draft=draft, actor=None, now=now), actor=None, now=now)
""")
    right = dict(installation.environment)
    installation.environment["DATABASE_URL"] = f"sqlite:///{installation.folder}/empty.sqlite3"
    process = installation.fork("manage.py", "reconcile", *options)
    _said, complaints = process.communicate(timeout=PATIENCE)
    assert (process.returncode, "the writer's database is empty" in complaints) == (5, True)
    installation.environment = right
    assert "1 posts compared, no drift" in installation.manage("reconcile", "--deep")


SECRET = "unspoken"  # in every word that no reader may see
WRITE_SECRETS = f"""
from django.test import Client
give = {{"actor": None, "now": now}}
def words(secret):
    return Draft(
        title=f"Title {{secret}}", slug=f"slug-{{secret}}", summary=f"Summary {{secret}}",
        body=f"# Heading {{secret}}\\n\\nBody {{secret}}.",
        tags=(commands.find_or_add_tag(f"Tag {{secret}}"),),
        authors=(commands.find_or_add_author(f"Author {{secret}}"),),
    )
def write(secret):
    return commands.create_draft(draft=words(secret), **give)
def publish(secret):
    post = write(secret)
    commands.publish(post, **give)
    return post
def change(post, secret):
    opened = Post.objects.get(pk=post).lock_version
    commands.save_draft(post, draft=words(secret), lock_version=opened, **give)
tomorrow = now + timedelta(days=1)
write("{SECRET}-draft")
commands.schedule(write("{SECRET}-scheduled"), publish_at=tomorrow, zone="UTC", **give)
commands.trash(write("{SECRET}-trashed"), **give)
publish("public")
changed = publish("overt")
change(changed, "{SECRET}-changed")
commands.schedule(changed, publish_at=tomorrow, zone="UTC", **give)
commands.add_aliases(changed, paths=["/was/here/"], **give)
author = Post.objects.get(pk=changed).live.byline.get().author_id
commands.rename_author(author, name="Author renamed", **give)  # tells readers of the post anew
discarded = publish("common")
change(discarded, "{SECRET}-discarded")
commands.discard_changes(discarded, **give)
change(discarded, "republished")
commands.publish(discarded, **give)
withdrawn = publish("withdrawn")
change(withdrawn, "{SECRET}-withdrawn")
commands.unpublish(withdrawn, **give)
for path in ("/", "/tags/", "/tags/tag-public/", "/tags/tag-{SECRET}-draft/", "/posts/slug-{SECRET}-draft/"):
    Client(headers={{"host": "localhost"}}).get(path)
"""
READ_EVERYTHING = """
import gzip
from django.db import connections
texts = []
with connections["reader"].cursor() as cursor:
    for table in connections["reader"].introspection.table_names(cursor):
        cursor.execute(f'SELECT * FROM "{table}"')
        for value in [value for row in cursor.fetchall() for value in row]:
            if isinstance(value, bytes | memoryview):
                packed = bytes(value)
                page = packed[:2] == b"\\x1f\\x8b"  # else it is the search index
                value = (gzip.decompress(packed) if page else packed).decode(errors="replace")
            texts.append(str(value))
say("\\n".join(texts))
"""


def test_the_readers_database_holds_no_word_of_a_draft(installation):
    installation.python(WRITE_SECRETS)
    stored = installation.python(READ_EVERYTHING).casefold()
    for word in ("title", "slug-", "summary", "heading", "body", "tag", "author"):
        assert re.search(rf"{word}.?public", stored), f"{word} of a public post should be found"
    assert "body overt" in stored
    assert "author renamed" in stored
    assert "body republished" in stored
    assert "title withdrawn" not in stored
    assert "body withdrawn" not in stored
    assert SECRET not in stored
    for file in installation.folder.glob("reader.sqlite3*"):
        assert SECRET not in file.read_bytes().decode("latin-1").casefold(), file
    installation.manage("reconcile")
    assert SECRET not in installation.python(READ_EVERYTHING).casefold()


# make run


def test_start_brings_the_site_up_and_takes_it_down_again(installation):
    port = free_port()
    installation.environment |= {"PORT": str(port), "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
    with installation.going_on("start") as (running, said):
        wait_for(lambda: running.poll() is not None or answers(port), "the site to come up")
        assert running.poll() is None, said()
        page = build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/").read().decode()
        assert f'<link rel="canonical" href="http://localhost:{port}/">' in page
        wait_for(lambda: "worker" in said(), "the worker to start")
        assert "Ctrl-C stops it." in said()
        wait_for(
            lambda: Browser(f"http://127.0.0.1:{port}").open("/readyz")[0] == 200, "the site to be ready"
        )
        assert "no drift" in installation.manage("reconcile", "--check")  # one SITE_URL for all
        second = installation.start("manage.py", "start")
        assert "Another program may be there" in second.communicate(timeout=PATIENCE)[1]
        assert second.returncode == 1
        running.send_signal(signal.SIGINT)
        assert running.wait(PATIENCE) == 130
        assert not answers(port)
