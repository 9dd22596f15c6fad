"""The other floor: nginx serves the same pages as files that were compressed before."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from tests.bench import targets, web
from tests.installation import free_port

CONFIGURATION = """
{user}
worker_processes {workers};
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/pages;
        default_type "text/html; charset=utf-8";
        gzip_static always;
        location = /healthz {{ return 204; }}
        location / {{ rewrite ^(.*)/$ $1/index.html break; }}
    }}
}}
"""


@contextmanager
def served(*, workers):
    """Serve the whole pages of articles that are kept, each as the bytes that the site sends."""
    folder = Path(settings.DATA_DIR) / "floor"
    shutil.rmtree(folder, ignore_errors=True)
    for page in targets.whole_pages():
        file = folder / "pages" / page.address.strip("/") / "index.html.gz"
        file.parent.mkdir(parents=True)
        file.write_bytes(bytes(page.body))
    port, user = free_port(), "user root;" if os.geteuid() == 0 else ""
    said = CONFIGURATION.format(folder=folder, port=port, workers=workers, user=user)
    (folder / "nginx.conf").write_text(said)
    with web.started(["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]) as process:
        server = web.Server(process, port)
        web.wait_for(server)
        yield server
