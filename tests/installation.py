"""A site with databases of its own, used through its processes only."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest
from django.conf import settings

from tests.databases import copies, environment_of
from tests.forked import Forked

PATIENCE = 180  # s; for a machine that does much else
PRELUDE = """
import json, sys
from datetime import timedelta
import django
django.setup()
from django.utils import timezone
from reader.models import Article
from reader.pages import Page
from writer import commands
from writer.commands import Draft
from writer.models import OutboxEvent, Post
now = timezone.now()
def say(value):
    json.dump(value, sys.stdout)
"""


class Installation:
    """A site with its own databases, used through processes only."""

    def __init__(self, folder, urls):
        self.folder = folder
        self.environment = environment_of(folder, urls) | {"STALLED": str(folder / "stalled")}

    def start(self, *command, **options):
        """Start a process of the site."""
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )

    def fork(self, *command):
        """Start a process of the site that begins at once, as this test is not about how it starts."""
        return Forked(command, folder=settings.BASE_DIR, environment=self.environment)

    def at_once(self, *commands):
        """Run manage.py several times at once; return what each printed. Each must end well."""
        processes = [self.fork("manage.py", *given) for given in commands]
        return [ended_well(process) for process in processes]

    def manage(self, *given):
        """Run manage.py; return what it printed."""
        (printed,) = self.at_once(given)
        return printed

    def python(self, snippet):
        """Run some lines of Python in the site; return what they say()."""
        printed = ended_well(self.fork("-c", PRELUDE + snippet))
        return json.loads(printed) if printed else None

    @contextmanager
    def going_on(self, *command):
        """Run a command of manage.py that goes on until it is told to end; yield it, and what returns its words."""
        log = self.folder / f"{command[0]}.log"
        with log.open("w") as said:
            process = subprocess.Popen(
                [sys.executable, "manage.py", *command],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=said,
                stderr=said,
            )
        try:
            yield process, log.read_text
        finally:
            if process.poll() is None:
                process.terminate()  # it ends what it has started
                process.wait(PATIENCE)

    def in_role(self, role, *, without):
        """Return the same site as a process of this role has it, which is told nothing of that database."""
        other = Installation(self.folder, {})
        kept = {name: value for name, value in self.environment.items() if name != without}
        other.environment = {**kept, "CMS_ROLE": role}
        return other

    @contextmanager
    def served(self, module):
        """Serve the site from a real web process; yield its address and what kills it."""
        port = free_port()
        where = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        log = (self.folder / f"web-{port}.log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "granian", "--interface", "wsgi", *where, "--no-ws", module],
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,  # the workers are killed with it
        )

        def kill():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)

        try:
            wait_for(lambda: process.poll() is not None or answers(port), "the web process to answer")
            assert process.poll() is None, Path(log.name).read_text()
            yield f"http://127.0.0.1:{port}", kill
        finally:
            if process.poll() is None:
                kill()
            log.close()


def ended_well(process):
    """Return what a process printed once it has ended."""
    try:
        printed, complaints = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    assert process.returncode == 0, complaints
    return printed


def get(address):
    """Return status, headers and text of what a reader gets there, by no proxy."""
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def answers(port):
    """Tell whether somebody takes connections at the port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_for(happened, what):
    """Wait until it has happened."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, f"Waited {PATIENCE} s for {what}."
        time.sleep(0.02)


@pytest.fixture
def installation(tmp_path):
    """A fresh site."""
    with copies(tmp_path) as urls:
        yield Installation(tmp_path, urls)
