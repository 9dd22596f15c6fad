"""The servers of a benchmark: the site's as the Procfile starts it, and what they take of the machine."""

import os
import re
import shlex
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connections
from honcho.environ import parse_procfile

from tests.installation import free_port

PATIENCE = 60  # s for a server to answer
APPLICATION = re.compile(r"\S+\.wsgi:\S+")


class Server:
    """A server and the processes it consists of."""

    def __init__(self, process, port):
        self.process, self.port = process, port

    def processes(self):
        """Return {process id: process}, the first one and all below it."""
        first = psutil.Process(self.process.pid)
        return {one.pid: one for one in (first, *first.children(recursive=True))}

    def cpu(self):
        """Return the processor time that they have used so far, in s."""
        return cpu_of(self.processes().values())

    def memory(self):
        """Return what each of them holds resident, in MB, with what it is."""
        return [
            {"process": name_of(one), "mb": round(one.memory_info().rss / 2**20, 1)}
            for one in self.processes().values()
        ]


def cpu_of(processes):
    """Return the processor time that processes, and those below them that have ended, have used so far, in s."""
    used = 0
    for one in processes:
        with suppress(psutil.NoSuchProcess):  # it has ended since
            used += sum(one.cpu_times()[:4])
    return used


def name_of(process):
    """Return what a process is: its name, and of Python's the module or command that it runs."""
    given = process.cmdline()
    return " ".join(Path(part).name for part in given[:3] if not part.startswith("-"))[:40] or process.name()


def database():
    """Return the processes of the PostgreSQL server that was started for this blog; none if there is none."""
    file = Path(settings.DATA_DIR) / "postgresql" / "postmaster.pid"
    if connections["reader"].vendor != "postgresql" or not file.exists():
        return []
    first = psutil.Process(int(file.read_text().split()[0]))
    return [first, *first.children(recursive=True)]


@contextmanager
def imprint(*, workers=1):
    """Serve the blog, as the Procfile does."""
    with procfile("web", WEB_WORKERS=workers) as server:
        yield server


@contextmanager
def hello(*, workers=1):
    """Serve the floor: Django that says hello, on the same server."""
    bare = {"DJANGO_SETTINGS_MODULE": "tests.bench.hello", "WEB_WORKERS": workers}
    with procfile(
        "web", APPLICATION.sub("django.core.wsgi:get_wsgi_application --factory", line("web")), **bare
    ) as server:
        yield server


def line(name):
    """Return what the Procfile says of a process."""
    return parse_procfile((settings.BASE_DIR / "Procfile").read_text()).processes[name]


@contextmanager
def procfile(name, command=None, **given):
    """Run a process of the Procfile, or another with the same variables; stop it at the end."""
    port = free_port()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {"HOST": "127.0.0.1", "PORT": port, "PATH": path, **given}
    environment = os.environ | {name: str(value) for name, value in variables.items()}
    with started(shlex.split(f"sh -c {shlex.quote(command or line(name))}"), env=environment) as process:
        server = Server(process, port)
        if name == "web":
            wait_for(server)
        yield server


@contextmanager
def started(command, **options):
    """Run a server in a session of its own; end it and all that it started."""
    log = (Path(settings.DATA_DIR) / "servers.log").open("a")
    process = subprocess.Popen(
        command, stdout=log, stderr=log, start_new_session=True, cwd=settings.BASE_DIR, **options
    )
    try:
        yield process
    finally:
        for one in Server(process, None).processes().values():  # the queue's are in a session of their own
            with suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait()
        log.close()


def wait_for(server):
    """Wait until it answers; that its port is open says little, for granian first tries whether it could be."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return get(server.port, "/healthz")
        except OSError as error:
            if time.monotonic() > end or server.process.poll() is not None:
                log = Path(settings.DATA_DIR) / "servers.log"
                sys.exit(f"A server does not answer ({error}). What it said stands in {log}.")
            time.sleep(0.05)


def get(port, path, **headers):
    """Return status, headers and body of one answer, as it was sent: compressed, it may be."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Host": "localhost", "Accept-Encoding": "gzip", **headers})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
