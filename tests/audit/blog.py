"""A blog to audit: made from nothing, with the demo and other posts, and served as in production."""

import os
import secrets
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.installation import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # s


@contextmanager
def served(folder, posts):
    """Make a blog in the folder, import posts if a folder of them is given, and serve it; yield its address."""
    port = free_port()
    address = f"http://localhost:{port}"
    environment = os.environ | {
        "DATA_DIR": str(folder),
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "localhost",
        "SITE_URL": address,
        "LOG_FORMAT": "line",
    }

    def manage(*command, codes=(0,)):
        run = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode in codes, run.stdout + run.stderr
        return run.stdout

    for database in ("default", "reader"):
        manage("migrate", "--database", database, "--verbosity", "0")
    manage("collectstatic", "--noinput", "--verbosity", "0")
    manage("demo")
    if posts:
        print(manage("import_posts", posts, "--publish", codes=(0, 4)).splitlines()[-1])
    manage("renditions")
    manage("reconcile", codes=(0, 3))
    where = ["--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "4", "--no-ws"]
    with (folder / "web.log").open("w") as log:
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", *where, "cms.wsgi:application"]
        web = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            wait_for(address)
            yield address
        finally:
            web.terminate()
            web.wait(PATIENCE)


def wait_for(address):
    """Wait until the site answers."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return urlopen(f"{address}/healthz").close()
        except URLError:
            assert time.monotonic() < end, f"{address} did not answer within {PATIENCE} s."
            time.sleep(0.1)
