"""Processes of the site that begin at once, for tests of what a command does, not of how it starts.

Each is forked from one that has imported what the site takes from others and nothing of the site itself, so
that it still reads its own settings. It takes 0.25 s of processor time, another 0.88 s (`relay --help`).
"""

import multiprocessing
import os
import runpy
import shutil
import sys
import tempfile
from pathlib import Path
from threading import Thread

from django.db import connections

from cms.cores import end_with_parent

STREAMS = ("printed", "complaints")
READY = multiprocessing.get_context("forkserver")
READY.set_forkserver_preload(
    [
        *(
            "PIL.AvifImagePlugin",
            "PIL.ExifTags",
            "PIL.Image",
            "PIL.ImageCms",
            "asyncio",
            "concurrent.futures",
        ),
        *("diff_match_patch", "django.core.mail", "django.core.management", "django.core.serializers"),
        *("django.db.backends.sqlite3.base", "django.db.migrations.executor", "django.db.models"),
        *("django.forms", "django.template.loader", "django.test.client", "django.views.generic", "environs"),
        *("jsonschema", "logging.config", "markdown", "markdown.extensions.attr_list"),
        *(
            "markdown.extensions.tables",
            "multiprocessing.managers",
            "nats",
            "nats.js",
            "nh3",
            "psutil",
            "psycopg",
        ),
        *("pygments.lexers", "pymdownx.magiclink", "requests", "Stemmer", "sqlparse", "tqdm"),
        *("uritemplate", "yaml"),
    ]
)


class Forked:
    """A process that was forked, used like a subprocess.Popen whose output is piped, or goes to a folder."""

    def __init__(self, command, *, folder, environment, into=None):
        self.said = into or Path(tempfile.mkdtemp())
        self.process = READY.Process(target=become, args=(command, folder, environment, self.said))
        self.process.start()
        self.pid = self.process.pid

    def poll(self):
        """Return its exit code once it has ended."""
        return self.process.exitcode

    def wait(self, timeout):
        """Wait until it has ended."""
        self.process.join(timeout)

    def communicate(self, timeout):
        """Return what it printed and what it complained of, once it has ended. Kill it if that takes too long."""
        self.process.join(timeout)
        late = self.process.is_alive()
        if late:
            self.process.kill()
            self.process.join()
        self.returncode = self.process.exitcode
        self.process.close()
        printed, complaints = [(self.said / name).read_text() for name in STREAMS]
        shutil.rmtree(self.said)
        assert not late, f"It did not end within {timeout} s: {complaints}"
        return printed, complaints


def become(command, folder, environment, said):
    """Do in this process what `python` would do with the command. Its test's end is its own, even a sudden one."""
    Thread(target=end_with_parent, daemon=True).start()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    for number, name in enumerate(STREAMS, start=1):
        os.dup2(os.open(said / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    try:
        if command[0] == "-c":
            sys.argv = ["-c", *command[2:]]
            exec(compile(command[1], "<string>", "exec"), {"__name__": "__main__"})
        else:
            sys.argv = list(command)
            runpy.run_path(command[0], run_name="__main__")
    finally:
        connections.close_all()  # as the end of Python does, which a forked process does without
