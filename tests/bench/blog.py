"""The blog that is measured: made once, and found again in DATA_DIR; and a process with what it took."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from tqdm import tqdm

from reader.comparing import is_projected
from reader.models import Article
from reader.rendering import render_version
from tests import corpus
from writer import queries as writer
from writer.models import Post


def measured(*given):
    """Run manage.py; return seconds, the most memory it held in MB, its exit code, and what it printed."""
    connections.close_all()
    seconds, used, code, printed = taken(*given)
    return seconds, used.ru_maxrss / 1024, code, printed


def taken(*given, **options):
    """Run manage.py; return seconds, what it used by `getrusage`, its exit code, and what it printed."""
    begun = time.monotonic()
    command = [sys.executable, "manage.py", *given]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, text=True, **options)
    with process.stdout:
        printed = process.stdout.read()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - begun, used, process.returncode, printed


def prepare(options, *, each=False):
    """Make the blog, in a process of its own: the memory of a parent would be counted as its children's."""
    given = ["--posts", str(options.posts), "--words", str(options.words), *(["--each"] if each else [])]
    subprocess.run([sys.executable, "-m", "tests.bench", "fill", *given], check=True)


def fill(options):
    """Make the blog, if it is not there: imported while that is bearable and each page counts, else in bulk."""
    for alias in ("default", "reader"):
        make_database(connections[alias])
        call_command("migrate", database=alias, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    if there := Post.objects.count():
        check(there, options)
    elif options.each and options.posts <= options.imported:
        imported(options)
    else:
        in_bulk(options)


def check(there, options):
    """End with a sentence if the blog that was found is not the one to measure; bring its pages up to date."""
    if there < options.posts and not os.environ.get("CONTENT"):
        sys.exit(
            f"The blog in DATA_DIR has {there:,} posts, not {options.posts:,}: give each size a folder of its own."
        )
    if (
        options.each
        and Article.objects.filter(gone_at=None).exclude(render_version=render_version()).exists()
    ):
        seconds, memory, _code, printed = measured("reconcile")
        row("`reconcile`: the blog was made by older code", seconds, memory, printed.splitlines()[-1])


def imported(options):
    """Make the blog of Markdown files, by the command that imports them: those in CONTENT, if that is a folder."""
    connections.close_all()
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.environ.get("CONTENT") or scratch
        if folder == scratch:
            corpus.write(Path(folder), options.posts, words=options.words)
        seconds, memory, code, printed = measured("import_posts", "--publish", folder)
    assert code == 0, printed
    told = {"posts": Post.objects.live().count(), "seconds": seconds, "mb": memory}
    made_file().write_text(json.dumps(told))


def made_file():
    return Path(settings.DATA_DIR) / "imported.json"


def made():
    """Return {posts, seconds, mb} of the import that the blog was made by; None if it was made in bulk."""
    return json.loads(made_file().read_text()) if made_file().exists() else None


def in_bulk(options):
    """Make the blog of rows, and look at some of them."""
    begun = time.monotonic()
    corpus.fill(options.posts, words=options.words, each=options.each, batches=bar)
    corpus.analyse()
    posts = Post.objects.order_by("pk")[: 20 if options.each else 1]
    for event in (writer.public_event(post.pk) for post in posts):
        assert (
            event.digest == Post.objects.get(pk=event.post_id).digest
        )  # it is what the commands would have left
        assert not options.each or is_projected(event)  # and what the projector would have
    print(f"{options.posts:,} posts made in {time.monotonic() - begun:.0f} s", file=sys.stderr)


def bar(batches):
    """Show on a terminal how far it has come."""
    return tqdm(batches, desc=f"Making posts, {corpus.BATCH:,} at a time", disable=None)


def make_database(connection):
    """Let PostgreSQL have the database, as a server that was only just started has none."""
    if connection.vendor == "postgresql":
        name = connection.settings_dict["NAME"]
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")


def row(what, seconds, memory, note):
    print(f"| {what} | {seconds:.1f} s, {memory:.0f} MB | {note} |", flush=True)
