"""Parts: programs that belong together. Each is started again whenever it ends, until all are stopped.

A small supervisor for one terminal; where a site faces the internet, systemd or containers do this.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from django.conf import settings

AGAIN: Final = 1.0  # s after its end that a part is started again
LOOK: Final = 0.2  # s between two looks at them all
READY: Final = 60  # s that a part may take until it answers
LAST: Final = 15  # s that a part may take to end when it is told to


class NotReady(Exception):
    """A part that does not come up; the reason is a sentence."""


@dataclass(eq=False)
class Part:
    """A program, how it is started, and where its words go."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C does not reach it before its turn."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def ended(self) -> int | None:
        """Return how it ended; None if it runs, or never did."""
        return self.process.poll() if self.process else None

    def send(self, told: signal.Signals) -> None:
        """Send a signal to it and all that it started."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, told)

    def tell_to_end(self) -> None:
        """Tell it to end; it tells what it started."""
        if self.process and self.process.poll() is None:
            self.process.terminate()

    def see_end(self, *, until: float) -> None:
        """Wait until it has ended, by the clock of `time.monotonic`; then end it and what is left of it."""
        if self.process:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(max(0.0, until - time.monotonic()))
            self.send(signal.SIGKILL)
            self.process.wait()

    def wait(self, port: int, path: str) -> None:
        """Wait until it answers with 200 there. Raise NotReady if it does not, or has ended."""
        until = time.monotonic() + READY
        while not answers(port, path):
            if self.ended() is not None or time.monotonic() > until:
                raise NotReady(f"{self.name} did not come up. What it said stands in {self.log}.")
            time.sleep(LOOK)


def answers(port: int, path: str) -> bool:
    """Tell whether what listens at a port of this machine answers with 200 there."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def tend(parts: Sequence[Part], say: Callable[[str], None]) -> None:
    """Start again whatever ends, for ever, and say so."""
    while True:
        time.sleep(LOOK)
        for part in parts:
            if (code := part.ended()) is not None:
                say(f"{part.name} has ended ({code}) and is started again. Its log: {part.log}")
                part.send(signal.SIGKILL)  # what it left behind would hold its port
                time.sleep(AGAIN)
                part.start()


def stop(stages: Sequence[Sequence[Part]]) -> None:
    """End all parts, stage by stage, the last one first."""
    for parts in reversed(stages):
        for part in parts:
            part.tell_to_end()
        until = time.monotonic() + LAST
        for part in parts:
            part.see_end(until=until)
