"""The edge in small: a writer, NATS servers, nodes and nginx on this machine, set up by what `deploy/` has.

It says what there is and how each part is started; `cms.parts` starts it. Nothing listens but on loopback.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import shutil
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from django.conf import settings
from honcho.environ import parse_procfile

from cms import edge_files as files
from cms.edge_files import NUMBERS
from cms.parts import Part

PLACES: Final = (
    f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"  # Debian's nginx is not on everybody's
)


def program(name: str) -> str | None:
    """Return where a program is, if it is there: beside Python, as wheels bring it, or on this machine."""
    return shutil.which(name, path=f"{Path(sys.executable).parent}:{PLACES}")


@dataclass(frozen=True)
class Edge:
    """Where everything is: the folder of all data, and the port of each part."""

    folder: Path
    ports: dict[str, int]  # by PORTS

    def prepare(self) -> None:
        """Write what each part needs to start: folders and configuration, by the shipped files."""
        (self.folder / "log").mkdir(parents=True, exist_ok=True)
        (self.folder / "writer" / "media").mkdir(parents=True, exist_ok=True)
        for number in NUMBERS:
            files.nats(self.folder / f"nats-{number}", number, self.ports)
            media = self.folder / f"node-{number}" / "media"
            media.parent.mkdir(exist_ok=True)
            if not media.is_symlink():
                media.symlink_to(self.folder / "writer" / "media")  # pictures do not travel in the stream
        files.front(self.folder / "front", self.ports)

    def address(self, name: str) -> str:
        """Return where a part answers."""
        return f"http://localhost:{self.ports[name]}"

    @cached_property
    def secret(self) -> dict[str, str]:
        """Return the passwords and keys, made at the first start."""
        file = self.folder / "secrets.json"
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            names = ("writer", "reader", "operator", "route", "key of the writer", "key of the readers")
            with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as made:
                # a password for NATS must not look like a number
                json.dump({name: f"x{secrets.token_hex(32)}" for name in names}, made)
        return json.loads(file.read_text())

    # --- the site

    @cached_property
    def site(self) -> dict[str, str]:
        """Return what every process of the site is told. What `.env` says of one machine is taken away."""
        elsewhere = ("DATABASE_URL", "READER_DATABASE_URL", "FRONT_DIR", "EVENTS_CREDENTIALS", "EVENTS_CA")
        return {
            **os.environ,
            **dict.fromkeys(elsewhere, ""),
            "PATH": f"{Path(sys.executable).parent}:{PLACES}",
            "DEBUG": "0",
            "LOG_FORMAT": "line",
            "HOST": "127.0.0.1",
            "WEB_WORKERS": "1",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "SITE_URL": self.address("front"),
            "NUM_PROXIES": "1",
            "EVENTS_STREAM": "imprint",  # the accounts name it
            "EVENTS_REPLICAS": str(len(NUMBERS)),
        }

    @cached_property
    def writer(self) -> dict[str, str]:
        """Return the environment of the writer's processes."""
        return self.site | {
            "CMS_ROLE": "writer",
            "DATA_DIR": str(self.folder / "writer"),
            "PORT": str(self.ports["writer"]),
            "SECRET_KEY": self.secret["key of the writer"],
            "EVENTS_URL": self.events_url("writer"),
        }

    def node(self, number: int) -> dict[str, str]:
        """Return the environment of the processes of a node."""
        return self.site | {
            "CMS_ROLE": "reader",
            "DATA_DIR": str(self.folder / f"node-{number}"),
            "PORT": str(self.ports[f"node-{number}"]),
            "SECRET_KEY": self.secret["key of the readers"],
            "NODE_NAME": f"node-{number}",
            "EVENTS_URL": self.events_url("reader"),
        }

    def events_url(self, user: str) -> str:
        """Return where this user finds the stream."""
        who = f"{user}:{self.secret[user]}"
        return ",".join(f"nats://{who}@127.0.0.1:{self.ports[f'nats-{number}']}" for number in NUMBERS)

    def writers(self) -> list[Part]:
        """Return what the writer consists of."""
        lines = (("writer", "web"), ("worker", "worker"))
        return [Part(name, procfile(line), self.writer, self.log(name)) for name, line in lines]

    def followers(self) -> list[Part]:
        """Return what fills the nodes."""
        command = [sys.executable, "manage.py", "follow"]
        names = {number: f"follow-{number}" for number in NUMBERS}
        return [Part(name, command, self.node(number), self.log(name)) for number, name in names.items()]

    def nodes(self) -> list[Part]:
        """Return what serves readers."""
        names = {number: f"node-{number}" for number in NUMBERS}
        return [
            Part(name, procfile("web"), self.node(number), self.log(name)) for number, name in names.items()
        ]

    def preparations(self) -> list[Part]:
        """Return what has to be done on each node before it starts, and ends by itself."""
        manage = f"{shlex.quote(sys.executable)} manage.py"
        command = ["sh", "-c", f"{manage} migrate && {manage} collectstatic --noinput"]
        names = {number: f"node-{number}" for number in NUMBERS}
        return [Part(name, command, self.node(number), self.log(name)) for number, name in names.items()]

    def log(self, name: str) -> Path:
        """Return where a part's words go."""
        return self.folder / "log" / f"{name}.log"

    # --- what is not ours

    def servers(self) -> list[Part]:
        """Return the NATS servers."""
        return [self.server(number) for number in NUMBERS]

    def server(self, number: int) -> Part:
        """Return a NATS server, by the shipped accounts."""
        name = f"nats-{number}"
        others = [
            f"nats://route:{self.secret['route']}@127.0.0.1:{self.ports[f'route-{n}']}" for n in NUMBERS
        ]
        given = {
            "NATS_NAME": name,
            "NATS_ROUTES": json.dumps(others),
            **{
                f"NATS_{user.upper()}_PASSWORD": self.secret[user]
                for user in ("writer", "reader", "operator", "route")
            },
        }
        file = str(self.folder / name / "cluster.conf")
        command = [program("nats-server") or "nats-server", "--config", file]
        return Part(name, command, {**os.environ, **given}, self.log(name))

    def front(self) -> Part:
        """Return nginx."""
        folder = self.folder / "front"
        command = [program("nginx") or "nginx", "-p", str(folder), "-c", "nginx.conf", "-g", "daemon off;"]
        return Part("front", command, dict(os.environ), self.log("front"))


def procfile(name: str) -> list[str]:
    """Return how a process of the Procfile is started."""
    return ["sh", "-c", parse_procfile((settings.BASE_DIR / "Procfile").read_text()).processes[name]]
