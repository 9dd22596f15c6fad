"""The configuration of NATS and nginx in `deploy/`, for parts that all run on this machine."""

from __future__ import annotations

import getpass
import json
import os
from pathlib import Path
from typing import Final

from django.conf import settings

NUMBERS: Final = (1, 2, 3)  # of nodes, and of NATS servers
PORTS: Final = (
    *("front", "writer"),
    *(f"{kind}-{number}" for kind in ("node", "nats", "route", "health") for number in NUMBERS),
)
SHIPPED: Final = settings.BASE_DIR / "deploy"
KINDS: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # of temporary files of nginx

Ports = dict[str, int]  # by PORTS


def nats(folder: Path, number: int, ports: Ports) -> None:
    """Write the configuration of a NATS server of three, and of the same one alone, into its folder."""
    changes = {
        "host: 0.0.0.0": "host: 127.0.0.1",
        "port: 4222": f"port: {ports[f'nats-{number}']}",
        "127.0.0.1:8222": f"127.0.0.1:{ports[f'health-{number}']}",
        "store_dir: /data": f"store_dir: {json.dumps(str(folder / 'store'))}",
    }
    write(SHIPPED / "nats" / "server.conf", folder / "server.conf", changes)
    routes = {"host: 0.0.0.0": "host: 127.0.0.1", "port: 6222": f"port: {ports[f'route-{number}']}"}
    write(SHIPPED / "nats" / "cluster.conf", folder / "cluster.conf", routes)


def front(folder: Path, ports: Ports) -> None:
    """Write the configuration of nginx into the folder that it is started with: its paths begin there."""
    own = f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""  # else it takes another's, if root
    changes = {
        "worker_processes auto;": f"{own}worker_processes 1;",
        "/run/nginx.pid": "nginx.pid",
        "/dev/stderr": "error.log",
        "include /etc/nginx/mime.types;\n": "",  # all comes from Imprint, which says what it is
        "access_log /dev/stdout;": "access_log off;\n"
        + "".join(f"{kind}_temp_path {kind};\n" for kind in KINDS),
        "resolver 127.0.0.11 valid=5s;": "",
        " resolve;": ";",  # known from 1.27.3 on, and of no use to addresses
        "listen 80;": f"listen 127.0.0.1:{ports['front']};",
        "/var/cache/imprint": "cache",
        "writer:8000": f"127.0.0.1:{ports['writer']}",
        **{f"reader-{number}:8000": f"127.0.0.1:{ports[f'node-{number}']}" for number in NUMBERS},
    }
    write(SHIPPED / "edge.nginx.conf", folder / "nginx.conf", changes)


def write(shipped: Path, file: Path, changes: dict[str, str]) -> None:
    """Write a shipped file with other places than it names. Raise ValueError if it does not name one."""
    told = shipped.read_text()
    for old, new in changes.items():
        if old not in told:
            raise ValueError(f"{shipped} does not say {old!r}.")
        told = told.replace(old, new)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(told)
