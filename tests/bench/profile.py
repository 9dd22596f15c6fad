"""Where the time of a stored page goes: the application as the web server calls it, in this process."""

import cProfile
import io
import pstats
import random
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings

from tests.bench import first, results, targets, web
from tests.bench.blog import prepare

REQUESTS = 10_000
THREADS = 2  # as the Procfile has it
SHOWN = 15  # functions
ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def profile(options):
    """Measure one request in one thread and in several, then profile it."""
    prepare(options, each=True)
    with web.imprint() as site:
        first.warm(site)
    from cms.wsgi import application  # it begins to count requests when it is loaded

    paths = random.Random(5).choices([page.address for page in targets.whole_pages()], k=REQUESTS)
    asked(application, paths)  # to learn which headers Django adds
    machine = results.machine()
    alone = asked(application, paths)
    with ThreadPoolExecutor(THREADS) as pool:
        used = time.process_time()
        list(pool.map(asked, [application] * THREADS, [paths[start::THREADS] for start in range(THREADS)]))
        together = 1e6 * (time.process_time() - used) / len(paths)
    told = {
        "alone": alone,
        "together": together,
        "threads": THREADS,
        "functions": profiled(application, paths),
    }
    results.keep("profile", options, machine, **told)


def asked(application, paths):
    """Ask for the paths; return the processor time of one request in µs, the server's own work left out."""
    begun = time.process_time()
    for path in paths:
        (body,) = application(environ(path), started)
        assert body
    return 1e6 * (time.process_time() - begun) / len(paths)


def started(status, _headers, _error=None):
    assert status == "200 OK", status


def environ(path):
    """Return a request as granian hands it over."""
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_ACCEPT_ENCODING": "gzip",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
    }


def profiled(application, paths):
    """Return the functions that took longest themselves, as [name, calls of a request, share in %]."""
    with cProfile.Profile() as seen:
        asked(application, paths)
    stats = pstats.Stats(seen)
    top = sorted(stats.stats.items(), key=lambda item: -item[1][2])[:SHOWN]
    return [
        [named(*where), calls / len(paths), 100 * own / stats.total_tt]
        for where, (_c, calls, own, _t, _by) in top
    ]


def named(file, line, function):
    """Return a function with its file, from the project's folder or a package on."""
    path = Path(file)
    if path.is_relative_to(settings.BASE_DIR) and "site-packages" not in path.parts:
        return f"{path.relative_to(settings.BASE_DIR)} {function}"
    return (
        ADDRESS.sub("", function).strip("<>") if file == "~" else f"{path.parent.name}/{path.name} {function}"
    )
