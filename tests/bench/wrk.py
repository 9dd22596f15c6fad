"""Asking without a pause, by wrk."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench import web

SCRIPT = Path(__file__).parent / "wrk.lua"


def needed(*programs):
    """End with a sentence if a program is not there."""
    for name in programs:
        if not shutil.which(name):
            sys.exit(f"This benchmark needs {name}. Debian has it: apt-get install {name}")


def ask(server, file, *, connections, seconds, seed):
    """Ask the server for the lines of a file; return what came of it.

    That is rate (requests/s), p50, p95, p99 (ms), refused (4xx and 5xx), broken (no answer), and of one
    request size (bytes), cpu and database (µs of the processor).
    """
    behind = web.database()
    used = server.cpu(), web.cpu_of(behind)
    address = f"http://127.0.0.1:{server.port}"
    load = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", str(SCRIPT), address]
    printed = subprocess.run(
        ["wrk", *load, "--", str(file), str(seed)], stdout=subprocess.PIPE, check=True, text=True
    ).stdout
    told = json.loads(printed.splitlines()[-1])
    number = max(1, told["requests"])
    return {
        "rate": told["requests"] / told["seconds"],
        **{name: told[name] for name in ("p50", "p95", "p99", "refused", "broken")},
        "size": told["bytes"] / number,
        "cpu": 1e6 * (server.cpu() - used[0]) / number,
        "database": 1e6 * (web.cpu_of(behind) - used[1]) / number,
    }
