"""What was measured, kept as JSON, with the machine and the state it was in."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connections

from tests.bench import tables

FOLDER = Path(os.environ.get("RESULTS") or settings.BASE_DIR / "var" / "bench")


def machine():
    """Return what the figures depend on: machine, versions, date, and what else was running."""
    processor = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "commit": said("git", "rev-parse", "--short", "HEAD"),
        "processor": processor[0].partition(": ")[2] if processor else platform.machine(),
        "cores": os.cpu_count(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "load": round(os.getloadavg()[0], 1),  # when measuring began
        "versions": {
            "Python": platform.python_version(),
            **{name: version(name.lower()) for name in ("Django", "Granian")},
            connections["reader"].display_name: database(),
            "nginx": said("nginx", "-v").rpartition("/")[2],
            "wrk": said("wrk", "-v").partition(" [")[0].rpartition("/")[2],
        },
    }


def said(*command):
    """Return the first line that a program says, wherever it says it."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.stdout.strip().partition("\n")[0]


def database():
    """Return the version of the reader's database."""
    connection = connections["reader"]
    connection.ensure_connection()
    return ".".join(map(str, connection.get_database_version()))


def keep(what, options, machine, **told):
    """Keep what was measured of a blog of this size on this database, and print it."""
    on = connections["reader"].vendor
    kept = {
        "what": what,
        "on": on,
        "posts": options.posts,
        "workers": options.workers,
        "machine": machine,
        **told,
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{what}-{on}-{options.posts}.json"
    file.write_text(json.dumps(kept, indent=1) + "\n")
    print(tables.TABLES[what](kept))
    print(f"Kept in {file}.")


def kept(folder):
    """Return all that is kept, by kind, the smaller blogs first."""
    found = [json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda one: (one["what"], one["on"] != "sqlite", one["posts"]))
