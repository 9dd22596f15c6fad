"""nginx in front of several machines: whichever dies, what can be answered is. And all of it by one command."""

import os
import re
import signal
import time

import pytest

from cms.edge_files import NUMBERS, PORTS
from cms.management.commands.start import unusable
from tests import nginx
from tests.installation import PATIENCE, answers, free_port, get, wait_for
from tests.missing import missing

pytestmark = [pytest.mark.processes, pytest.mark.sqlite]

KEPT = 2.1  # s that a page is given without asking: nginx counts whole seconds
PUBLISH = """
for title in ("Hello", "Other"):
    post_id = commands.create_draft(draft=Draft(title=title, body="The first wording."), actor=None, now=now)
    commands.publish(post_id, actor=None, now=now)
"""
PUBLISH_ANEW = """
post = Post.objects.get(slug="hello")
draft = Draft(title="Hello", slug="hello", body="The second wording.")
commands.save_draft(post.pk, draft=draft, lock_version=post.lock_version, actor=None, now=now)
commands.publish(post.pk, actor=None, now=now)
"""


def asked(port, path):
    """Return status, where it came from, and the text of an answer."""
    status, headers, text = get(f"http://127.0.0.1:{port}{path}")
    return status, headers.get("X-Cache"), text


def test_readers_that_are_left_answer_and_when_none_is_what_was_kept_does(installation, tmp_path):
    if not nginx.program():
        missing("NO NGINX WAS FOUND, so nothing was tested in front of several machines.")
    folder = tmp_path / "edge"
    folder.mkdir()
    installation.python(PUBLISH)
    reader = installation.in_role("reader", without="DATABASE_URL")
    with reader.served("cms.wsgi:application") as (address, kill):
        dead, alive = free_port(), address.rpartition(":")[2]
        with nginx.running(folder, prepared=nginx.edge, readers=[dead, dead, alive]) as (port, _process):
            for path in (
                "/",
                "/feed.xml",
                "/robots.txt",
                "/search/?q=hello",
                "/api/v1/articles/",
                "/api/v1/changes/",
                "/posts/hello/",
            ):
                assert asked(port, path)[0] == 200, path
            assert asked(port, "/posts/hello/")[1] == "HIT"
            assert "The first wording." in asked(port, "/posts/hello/")[2]
            assert asked(port, "/api/v1/changes/")[1] is None

            installation.python(PUBLISH_ANEW)
            time.sleep(KEPT)
            assert "The second wording." in asked(port, "/posts/hello/")[2]
            assert asked(port, "/robots.txt")[1] == "REVALIDATED"

            kill()
            time.sleep(KEPT)
            status, where, text = asked(port, "/posts/hello/")
            assert (status, where, "The second wording." in text) == (200, "STALE", True)
            for path in ("/posts/other/", "/admin/", "/preview/x/"):
                status, headers, text = get(f"http://127.0.0.1:{port}{path}")
                assert (status, headers["Retry-After"], headers["X-Frame-Options"]) == (503, "10", "DENY")
                assert "cannot be shown just now" in text
            for path in ("/readyz", "/metrics"):
                assert asked(port, path)[0] == 404


def a_row_of_ports(count):
    """Return the first of so many ports in a row that can be had, below those that connections are given."""
    while True:
        first = 10_000 + free_port() % 22_000
        if not any(unusable("127.0.0.1", port) for port in range(first, first + count)):
            return first


def test_one_command_brings_it_all_up_keeps_it_up_and_takes_it_down(installation):
    if not nginx.program():
        missing("NO NGINX WAS FOUND, so nothing was tested of `make edge`.")
    front = a_row_of_ports(len(PORTS))
    ports = {name: front + at for at, name in enumerate(PORTS)}
    told = {"PORT": str(front), "DJANGO_SUPERUSER_PASSWORD": "correct horse"}
    installation.environment |= told | {"DJANGO_SETTINGS_MODULE": "cms.settings", "DEBUG": "1"}
    with installation.going_on("edge") as (process, said):
        wait_for(lambda: process.poll() is not None or "Ctrl-C stops all" in said(), "all to be up")
        assert process.poll() is None, said()
        for part in ("front", *(f"node-{number}" for number in NUMBERS)):
            status, _headers, home = get(f"http://127.0.0.1:{ports[part]}/")
            assert (status, "/posts/" in home) == (200, True), part
        second = installation.start("manage.py", "edge")
        assert f"Port {front}, for front, cannot be used" in second.communicate(timeout=PATIENCE)[1]
        node = installation.folder / "edge" / "log" / "node-2.log"
        os.kill(int(re.search(r"main PID: (\d+)", node.read_text())[1]), signal.SIGKILL)
        wait_for(lambda: "node-2 has ended" in said(), "the end of the node to be seen")
        wait_for(lambda: answers(ports["node-2"]), "the node to be started again")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert not [name for name, port in ports.items() if answers(port)]
