"""A real NATS server from a wheel, on a port of its own, that a test may kill, empty and start again."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.installation import answers, free_port


class Nats:
    """One server with JetStream, and the folder that it keeps its stream in."""

    def __init__(self, folder, *, max_payload=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.config = self.folder / "nats.conf"
        lines = [
            f'jetstream {{ store_dir: "{self.folder / "store"}" }}',
            'host: "127.0.0.1"',
            f"port: {self.port}",
        ]
        lines += [f"max_payload: {max_payload}"] if max_payload else []
        self.config.write_text("\n".join(lines))
        self.process = None

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def start(self):
        """Start the server; return when it answers."""
        program = Path(sys.executable).parent / "nats-server"
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([program, "-c", self.config], stdout=log, stderr=log)
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:  # else another has its port
            if answers(self.port):
                return self
            time.sleep(0.01)
        raise RuntimeError((self.folder / "log").read_text())

    def freeze(self):
        """Let the server do nothing from now on, and keep its connections."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)

    def stop(self, *, how=signal.SIGKILL):
        """End the server, by default as a power cut does."""
        self.process.send_signal(how)
        self.process.wait(10)

    def wipe(self):
        """Lose all that the server has stored. It must not be running."""
        shutil.rmtree(self.folder / "store")
