"""What `make edge` does once everything is installed."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cms import parts
from cms.edge import Edge, program
from cms.edge_files import NUMBERS, PORTS
from cms.management.commands.start import unusable
from cms.parts import NotReady, Part

NEEDED: Final = {
    "nginx": "As root, `make front` installs Debian's.",
    "nats-server": "`make .venv/dev` installs it into the virtual environment.",
}


class Command(BaseCommand):
    """The edge in small."""

    help = "Start a writer, three NATS servers, three nodes and nginx on this machine, with the demo."

    def handle(self, **options: Any) -> None:
        """Bring all of it up, stage by stage, and keep it up until Ctrl-C."""
        edge = Edge(settings.DATA_DIR / "edge", {name: settings.PORT + at for at, name in enumerate(PORTS)})
        check_programs()
        check_ports(edge)
        edge.prepare()
        self.stages: list[list[Part]] = []
        for told in (signal.SIGINT, signal.SIGTERM):
            signal.signal(told, interrupt)
        try:
            self.bring_up(edge)
            self.greet(edge)
            parts.tend([part for stage in self.stages for part in stage], self.say)
        except KeyboardInterrupt:
            self.say("\nStopping: nginx, nodes, writer, NATS …")
        except NotReady as fault:
            raise CommandError(str(fault)) from fault
        finally:
            for told in (signal.SIGINT, signal.SIGTERM):
                signal.signal(told, signal.SIG_IGN)  # it is under way, and bounded
            parts.stop(self.stages)
        sys.exit(130)

    def bring_up(self, edge: Edge) -> None:
        """Start each stage once the one before it is ready."""
        self.say("Starting three NATS servers …")
        self.begin(edge.servers(), edge, {f"nats-{n}": (f"health-{n}", "/healthz") for n in NUMBERS})
        self.say("Bringing the databases of the writer and the nodes up …")
        prepare(edge)
        self.begin(edge.writers(), edge, {"writer": ("writer", "/healthz")})
        self.begin(edge.followers(), edge, {})
        self.begin(edge.nodes(), edge, {f"node-{n}": (f"node-{n}", "/readyz") for n in NUMBERS})
        self.begin([edge.front()], edge, {"front": ("front", "/healthz")})

    def begin(self, stage: list[Part], edge: Edge, ready: dict[str, tuple[str, str]]) -> None:
        """Start the parts of a stage; return when those named answer: at whose port, and what."""
        self.stages.append(stage)
        for part in stage:
            part.start()
        for part in stage:
            if part.name in ready:
                port, path = ready[part.name]
                part.wait(edge.ports[port], path)

    def greet(self, edge: Edge) -> None:
        """Say where everything is."""
        self.say(f"\nReaders, through nginx: {edge.address('front')}/")
        self.say(f"The desk, through nginx: {edge.address('front')}/admin/")
        for number in NUMBERS:
            told = f"{edge.address(f'node-{number}')}/  (readiness and age: /readyz)"
            self.say(f"Node {number} by itself:       {told}")
        self.say(f"The writer by itself:    {edge.address('writer')}/admin/")
        self.say(f"NATS servers at ports    {', '.join(str(edge.ports[f'nats-{n}']) for n in NUMBERS)}")
        self.say(f"Data and logs in         {edge.folder}")
        self.say("Kill any of them: it is started again, and readers notice nothing. Ctrl-C stops all.\n")

    def say(self, words: str) -> None:
        """Print it now: somebody waits."""
        self.stdout.write(words)
        self.stdout.flush()


def interrupt(*_: object) -> None:
    """End the waiting, whoever told us."""
    raise KeyboardInterrupt


def check_programs() -> None:
    """Raise CommandError if a program is missing that is not ours."""
    for name, remedy in NEEDED.items():
        if not program(name):
            raise CommandError(f"The edge needs {name}, and there is none here. {remedy}")


def check_ports(edge: Edge) -> None:
    """Raise CommandError if a port is taken."""
    for name, port in edge.ports.items():
        if reason := unusable("127.0.0.1", port):
            raise CommandError(
                f"Port {port}, for {name}, cannot be used ({reason}). Another program may be there, or "
                f"another edge. It takes {len(PORTS)} ports in a row; choose others, as in: "
                f"make edge PORT={settings.PORT + 100}"
            )


def prepare(edge: Edge) -> None:
    """Bring all databases up at once, with the demo on an empty writer. Raise NotReady if that fails."""
    of_writer = subprocess.Popen(
        [sys.executable, "manage.py", "start", "--prepare"], env=edge.writer, cwd=settings.BASE_DIR
    )  # it shows the login
    of_nodes = edge.preparations()
    for part in of_nodes:
        part.start()
    if of_writer.wait():
        raise NotReady("The writer could not be prepared; see above.")
    for part in of_nodes:
        if part.process and part.process.wait():
            raise NotReady(f"{part.name} could not be prepared. What it said stands in {part.log}.")
