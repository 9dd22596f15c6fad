"""What the chaos test kills and freezes: the processes of a site, each started again whenever it ends."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

from django.conf import settings

from cms.report import ExitCode
from tests.chaos_readers import is_alive
from tests.chaos_sweeper import OPTIONS
from tests.forked import Forked
from tests.installation import PATIENCE, free_port

PUBLISHERS = 2
SWEEPS = ("relay", "publish_due", "reconcile")
BY_HAND = [(name, *options) for name in SWEEPS for options in OPTIONS.get(name, [()])]
SETUP = "import sys, django; django.setup(); "
PUBLISH = SETUP + "from tests.chaos_publisher import Publisher; Publisher(*sys.argv[1:]).run()"
SWEEP = SETUP + "from tests.chaos_sweeper import sweep; sweep(*sys.argv[1:])"


class Victim:
    """A process of the site: started again whenever it ends, killed and frozen by the test."""

    endings = ()  # exit codes; only a command by hand ends by itself

    def __init__(self, site, rng, name):
        self.site, self.rng, self.name = site, rng, name
        self.log = site.folder / name
        self.log.mkdir()
        self.starts = self.kills = self.freezes = 0
        self.thaw_at = None
        self.start()

    def start(self):
        self.starts += 1
        where = {"folder": settings.BASE_DIR, "environment": self.site.environment}
        self.process = Forked(self.command(), **where, into=self.log)

    def tend(self):
        """Start what has ended; let go on what was frozen for long enough."""
        if (code := self.process.poll()) is not None:
            assert code in self.endings, f"{self.name} ended with {code}:\n{self.said()[-3000:]}"
            self.start()
        if self.thaw_at and time.monotonic() > self.thaw_at:
            self.thaw()

    def kill(self):
        self.kills += 1
        self.end()
        self.start()

    def freeze(self):
        self.freezes += 1
        self.send(signal.SIGSTOP)
        self.thaw_at = time.monotonic() + self.rng.uniform(0.1, 2)  # s

    def thaw(self):
        self.send(signal.SIGCONT)
        self.thaw_at = None

    def end(self):
        """Kill it for good."""
        if self.process.poll() is None:
            self.send(signal.SIGKILL)
            self.process.wait(PATIENCE)
        self.thaw_at = None

    def send(self, number):
        with suppress(ProcessLookupError):  # a command by hand has just ended
            os.kill(self.process.pid, number)

    def said(self):
        """Return all that it has logged."""
        return "".join(file.read_text() for file in self.log.iterdir())


class Loop(Victim):
    """A process that goes on until it is killed; each start of it draws other steps."""

    def __init__(self, site, rng, name, code, *given):
        self.given = ("-c", code, *given)
        super().__init__(site, rng, name)

    def command(self):
        return [*self.given, str(self.starts), str(self.rng.random())]


class ByHand(Victim):
    """Somebody who types one command after the other."""

    endings = (ExitCode.IN_SYNC, ExitCode.REPAIRED, ExitCode.DRIFT_REMAINS, ExitCode.BUSY)

    def command(self):
        return ["manage.py", *self.rng.choice(BY_HAND)]


class WebServer(Victim):
    """The web server, and whether it has to answer."""

    def __init__(self, site, rng, name):
        self.port, self.up = free_port(), False
        super().__init__(site, rng, name)

    def start(self):
        self.starts += 1
        with (self.log / "web").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.command()],
                cwd=settings.BASE_DIR,
                env=self.site.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,  # its workers are killed with it
            )

    def send(self, number):
        os.killpg(self.process.pid, number)

    def command(self):
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--workers", "1", "--blocking-threads", "4"]
        return ["-m", "granian", "--interface", "wsgi", *where, "--no-ws", "cms.wsgi:application"]

    def tend(self):
        super().tend()
        self.up = self.up or (not self.thaw_at and is_alive(self.port))

    def kill(self):
        self.up = False
        super().kill()

    def condition(self):
        return self.kills, self.up

    def was_up_since(self, before):
        """Tell whether it was up then, and has not been killed since."""
        return before[1] and self.condition() == before


@contextmanager
def running(site, rng):
    """Run everything; yield the processes, the web server first, and end them."""
    victims = []
    try:
        victims.append(WebServer(site, rng, "web"))
        for number in map(str, range(PUBLISHERS)):
            victims.append(Loop(site, rng, f"publisher-{number}", PUBLISH, str(site.folder), number))
        for name in SWEEPS:
            victims.append(Loop(site, rng, name, SWEEP, name))
        victims.append(ByHand(site, rng, "by-hand"))
        yield victims
    finally:
        for victim in victims:
            victim.end()
