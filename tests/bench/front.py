"""How fast articles are through the shipped nginx configuration, beside nginx that serves them as files."""

import os
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from tests import nginx
from tests.bench import files, first, results, targets, web, wrk
from tests.bench.blog import prepare
from tests.bench.serve import FILES, in_rounds
from tests.installation import free_port

FRONT = "nginx in front"


def front(options):
    """Measure random articles from nginx in front, with and without entity tag, and from files."""
    wrk.needed("wrk", "nginx")
    prepare(options, each=True)
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory())  # a short path, as operations.md says
        Path(folder).chmod(0o755)
        os.environ["FRONT_DIR"] = folder
        site = stack.enter_context(web.imprint(workers=options.workers))
        first.warm(site)
        asked = targets.written(site, options.posts)
        static = stack.enter_context(files.served(workers=options.workers))
        ours = stack.enter_context(served(site, folder, workers=options.workers))
        first.read(ours.port, asked["article"].read_text().splitlines())  # nginx has all of them now
        runs = {
            FILES: (static, asked["article"]),
            FRONT: (ours, asked["article"]),
            f"{FRONT}, If-None-Match": (ours, asked["article, If-None-Match"]),
        }
        machine = results.machine()
        rows = in_rounds(runs, options.seconds)
    results.keep("front", options, machine, rows=rows)


@contextmanager
def served(site, folder, *, workers):
    """Serve the site through the shipped configuration, with nothing kept yet."""
    own = Path(settings.DATA_DIR) / "nginx"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    port = free_port()
    places = {"site": site.port, "data": settings.DATA_DIR, "front": folder, "last": free_port()}
    command = nginx.prepared(own, port=port, workers=workers, **places)
    with web.started(command, stdin=subprocess.DEVNULL) as process:
        server = web.Server(process, port)
        web.wait_for(server)
        yield server
