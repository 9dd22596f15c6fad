"""A real nginx with the configuration that is shipped, in front of a site that runs here."""

import getpass
import os
import subprocess
from contextlib import contextmanager

from django.conf import settings

from cms import edge_files
from cms.edge import program as find
from tests.installation import answers, free_port, wait_for

SHIPPED = settings.BASE_DIR / "deploy" / "nginx.conf"
OWN_USER = f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""
TEMPORARY = "".join(
    f"{kind}_temp_path {{folder}}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)


def adapted(folder, *, workers, site, data, front, port, last):
    """Return what is shipped, for a site at another place; each place must be named in it."""
    told = SHIPPED.read_text()
    for old, new in {
        "user www-data;\n": OWN_USER,
        "worker_processes auto;": f"worker_processes {workers};",
        "/run/nginx.pid": f"{folder}/nginx.pid",
        "/var/log/nginx/error.log": f"{folder}/error.log",
        "access_log /var/log/nginx/access.log combined buffer=64k flush=5s;": "access_log off;",
        "include /etc/nginx/modules-enabled/*.conf;\n": "",
        "include /etc/nginx/conf.d/*.conf;\n": "",
        "include /etc/nginx/sites-enabled/*;": TEMPORARY.format(folder=folder),
        "keepalive_requests 10000;": "keepalive_requests 1000000000;",
        "    listen [::]:80;\n": "",
        "listen 80;": f"listen 127.0.0.1:{port};",
        "blog.example.org": "localhost",
        "127.0.0.1:8000": f"127.0.0.1:{site}",
        "127.0.0.1:8001": f"127.0.0.1:{last}",
        "/srv/imprint/data": str(data),
        "/srv/front": str(front),
        "/var/cache/imprint": f"{folder}/cache",
    }.items():
        assert old in told, old
        told = told.replace(old, new)
    return told


def prepared(folder, *, workers=1, **places):
    """Write the configuration into the folder; return the command that starts nginx with it."""
    file = folder / "nginx.conf"
    file.write_text(adapted(folder, workers=workers, **places))
    return [program(), "-p", str(folder), "-c", str(file), "-g", "daemon off;"]


def program():
    """Return where nginx is: on Debian not on everybody's path."""
    return find("nginx")


def edge(folder, *, port, readers, writer=1):
    """Write what stands in front of several machines, for those that run here; return the command that starts it."""
    nodes = {f"node-{number}": place for number, place in enumerate(readers, 1)}
    edge_files.front(folder, {"front": port, "writer": writer, **nodes})
    return [program(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]


@contextmanager
def running(folder, *, prepared=prepared, **places):
    """Run nginx; yield the port at which it answers, and the process."""
    port = free_port()
    command = prepared(folder, port=port, **places)
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: process.poll() is not None or answers(port), "nginx to answer")
        assert process.poll() is None, process.stderr.read()
        yield port, process
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()
