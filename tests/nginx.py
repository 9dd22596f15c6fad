"""A real nginx with the configuration that is shipped, in front of a site that runs here."""

import getpass
import os
import shutil
import subprocess
from contextlib import contextmanager

from django.conf import settings

from tests.installation import answers, free_port, wait_for

SHIPPED = settings.BASE_DIR / "deploy" / "nginx.conf"
AROUND = """
daemon off;
{user}
worker_processes {workers};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/imprint.conf;
}}
"""


def adapted(folder, *, site, data, front, port, last):
    """Return what is shipped, for a site at another place; each place must be named in it."""
    told = SHIPPED.read_text()
    for old, new in {
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
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    (folder / "imprint.conf").write_text(adapted(folder, **places))
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user, workers=workers))
    return [program(), "-p", str(folder), "-c", str(folder / "nginx.conf")]


def program():
    """Return where nginx is: on Debian not on everybody's path."""
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


@contextmanager
def running(folder, **places):
    """Run nginx; yield the port at which it answers, and the process."""
    port = free_port()
    command = prepared(folder, port=port, last=free_port(), **places)
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: process.poll() is not None or answers(port), "nginx to answer")
        assert process.poll() is None, process.stderr.read()
        yield port, process
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()
