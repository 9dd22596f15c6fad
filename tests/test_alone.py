"""Only one process makes a page; whoever makes it, and whatever becomes of him, nobody waits for long."""

import json
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from zlib import crc32

import pytest
from django.conf import settings

from reader import alone, keeping, lists
from reader.editions import Edition
from reader.pages import Page
from tests.installation import ended_well, wait_for
from writer import commands

ASKING = """
import threading, time
from pathlib import Path
from django.conf import settings
from django.db import connections
from django.test import Client
from reader import alone, around, lists

alone.PATIENCE = 30  # s; a machine that does much else needs longer than 0.25
made, answers, lock = [], [], threading.Lock()
def counting(html):
    def counted(template, **context):
        with lock:
            made.append(template)
        time.sleep(0.05)  # whoever asks meanwhile has asked before it is kept
        return html(template, **context)
    return counted
lists.html, around.html = counting(lists.html), counting(around.html)

def ask(path):
    answer = Client(headers={"host": "localhost"}).get(path)
    answers.append([path, answer.status_code, answer["ETag"]])
    connections.close_all()

Client(headers={"host": "localhost"}).get("/nothing/")  # all is imported now
Path(settings.DATA_DIR, NAME).touch()
while not Path(settings.DATA_DIR, "go").exists():
    time.sleep(0.001)
for path in ("/", "/tags/", "/posts/hello/"):
    threads = [threading.Thread(target=ask, args=[path]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
say([made, answers])
"""
HELD = """
import fcntl, sys, time
file = open(sys.argv[1], "ab")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.mark.processes
def test_eight_who_ask_at_once_in_two_processes_cause_one_rendering_of_each_page(installation):
    installation.python("""
post_id = commands.create_draft(draft=Draft(title="Hello", body="Text."), actor=None, now=now)
commands.publish(post_id, actor=None, now=now)
from writer import delivery
delivery.relay(now=now)
""")
    asking = [installation.start("-c", program(f"ready-{number}")) for number in range(2)]
    wait_for(lambda: len(list(installation.folder.glob("ready-*"))) == 2, "both to be ready")
    (installation.folder / "go").touch()
    told = [json.loads(ended_well(process)) for process in asking]
    made = [template for templates, _answers in told for template in templates]
    answers = [tuple(answer) for _templates, given in told for answer in given]
    assert sorted(made) == ["reader/around.html", "reader/list.html", "reader/names.html"]
    assert len(answers) == 24
    assert {status for _path, status, _tag in answers} == {200}
    assert len(set(answers)) == 3  # of each page everybody got the same


def program(name):
    from tests.installation import PRELUDE

    return PRELUDE + f"NAME = {name!r}\n" + ASKING


@pytest.fixture
def held():
    """Let another process make the page, and never be done; return it."""
    processes = []

    def held(path):
        file = Path(settings.DATA_DIR) / "making" / f"{crc32(path.encode()) % alone.FILES:02}"
        file.parent.mkdir(exist_ok=True)
        process = subprocess.Popen([sys.executable, "-c", HELD, file], stdout=subprocess.PIPE)
        processes.append(process)
        assert process.stdout.readline() == b"held\n"
        return process

    yield held
    for process in processes:
        process.kill()
        process.communicate()


def seconds(path):
    """Return how long it takes until the page may be made."""
    begun = time.monotonic()
    with alone.alone(path):
        return time.monotonic() - begun


def test_nobody_waits_for_long_for_one_who_never_ends(held):
    held("/")
    assert alone.PATIENCE <= seconds("/") < alone.PATIENCE + 1


def test_nobody_waits_for_one_who_was_killed(held, monkeypatch):
    monkeypatch.setattr(alone, "PATIENCE", 60)
    process = held("/")
    threading.Timer(0.1, process.kill).start()
    assert seconds("/") < 30


def test_who_waited_goes_on_with_all_who_waited(held, monkeypatch):
    monkeypatch.setattr(alone, "PATIENCE", 60)
    process, inside, waiting = held("/"), threading.Barrier(4, timeout=30), set()
    taken = alone.taken
    monkeypatch.setattr(alone, "taken", lambda file, kind: taken(file, kind) or waiting.add(file) or False)

    def wait():
        with alone.alone("/"):
            inside.wait()  # passed only by all of them at the same time

    threads = [threading.Thread(target=wait) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(waiting) == 4, "all to be waiting")
    process.kill()
    for thread in threads:
        thread.join(30)
    assert not inside.broken


def test_other_pages_are_made_meanwhile(held):
    held("/")
    assert seconds("/tags/") < alone.PATIENCE


def test_without_the_file_every_page_is_made_all_the_same(published, client, settings, tmp_path, caplog):
    published("Hello")
    settings.DATA_DIR = tmp_path / "gone"
    assert "Hello" in client.get("/").content.decode()
    assert "Several processes may make the page /" in caplog.text


def test_a_page_that_was_kept_meanwhile_is_not_made_again(published, client, monkeypatch):
    published("Hello")
    waited = []

    def wait(file):
        if not waited:
            waited.append(file)
            lists.home()  # which somebody else makes

    monkeypatch.setattr(alone, "wait", wait)
    monkeypatch.setattr("reader.views.alone", alone.alone)
    made = []
    kept = lists.kept
    monkeypatch.setattr(lists, "kept", lambda *given, **said: made.append(given[0]) or kept(*given, **said))
    assert client.get("/").status_code == 200
    assert made == ["/"]


def test_what_was_kept_of_past_editions_is_forgotten_after_a_day_and_nothing_else(published, give, client):
    post_id = published("Hello", tags=["old"])
    published("Second")
    for path in ("/", "/tags/old/", "/posts/second/"):
        client.get(path)
    give(commands.unpublish, post_id)  # the list of its tag is no more
    assert client.get("/").status_code == 200
    now, kept = Edition.objects.get().raised_at, set(Page.objects.values_list("path", flat=True))
    assert keeping.forget(before=now - timedelta(days=1)) == 0
    assert keeping.forget(before=now + timedelta(days=1)) == 2
    left = set(Page.objects.values_list("path", flat=True))
    assert {path.lstrip(":") for path in kept - left} == {"/tags/old/", "/posts/second/"}
    assert "/posts/second/" in left  # its own page, which belongs to no edition
    assert client.get("/posts/second/").status_code == 200
