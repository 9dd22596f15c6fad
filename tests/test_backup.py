"""Backup and restore, by real processes on real databases, up to what readers see afterwards."""

import hashlib
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import stat
import tarfile
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.databases import postgresql_databases
from tests.installation import PATIENCE, Installation, get, wait_for
from tests.missing import missing
from tests.postgresql import with_programs

pytestmark = pytest.mark.processes

ON_POSTGRESQL = os.environ.get("DATABASE_URL", "").startswith("postgres")
WRITE = """
import io
from PIL import Image
from writer.models import Picture
def picture(shade):
    out = io.BytesIO()
    Image.new("RGB", (9, 9), (shade % 256, shade // 256, 0)).save(out, "PNG")
    added = commands.add_picture(data=out.getvalue(), name="a.png", actor=None, now=timezone.now())
    return Picture.objects.get(pk=added).url
def write(slug, body):
    draft = Draft(title=slug.title(), slug=slug, body=body)
    post = commands.create_draft(draft=draft, actor=None, now=timezone.now())
    commands.publish(post, actor=None, now=timezone.now())
def change(slug, body):
    post = Post.objects.get(slug=slug)
    draft = Draft(title=slug.title(), slug=slug, body=body)
    commands.save_draft(post.pk, draft=draft, lock_version=post.lock_version, actor=None, now=timezone.now())
    commands.publish(post.pk, actor=None, now=timezone.now())
"""
READ_ALL = """
import hashlib
from django.db import connection
rows = {}
with connection.cursor() as cursor:
    for table in connection.introspection.table_names(cursor):
        cursor.execute(f'SELECT * FROM "{table}"')
        rows[table] = hashlib.sha256(repr(sorted(map(repr, cursor.fetchall()))).encode()).hexdigest()
say(rows)
"""


@pytest.fixture(autouse=True)
def tools(monkeypatch):
    """Let PostgreSQL's own client programs be found: those beside the tests' server, if it is theirs."""
    if not ON_POSTGRESQL:
        return
    monkeypatch.setenv("PATH", with_programs(os.environ["PATH"]))
    if not shutil.which("pg_dump"):
        missing("NO pg_dump WAS FOUND, so no backup was tested on PostgreSQL. Install its client programs.")


@pytest.fixture
def site(tools, installation):
    """A fresh site."""
    return installation


@pytest.fixture
def another(tools, tmp_path):
    """Another site, on databases without a single table."""
    folder = tmp_path / "another"
    folder.mkdir()
    if not ON_POSTGRESQL:
        yield Installation(folder, {})
        return
    with postgresql_databases() as urls:
        yield Installation(folder, urls)


def ran(site, *given, code):
    """Run manage.py, which must end with the code; return what it said."""
    process = site.fork("manage.py", *map(str, given))
    printed, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, printed + complaints
    return complaints or printed


def state(site):
    """Return what the site's writer has: digests of all tables, and all pictures."""
    media = site.folder / "media"
    return site.python(READ_ALL), {path: path.read_bytes() for path in media.rglob("*") if path.is_file()}


def stall(site, where, *command):
    """Run a command in which a function never ends; kill it there."""
    stalled = site.folder / "stalled"
    module, name = where.rsplit(".", 1)
    process = site.start(
        "-c",
        f"""
import importlib, pathlib, threading
import django
django.setup()
from django.core.management import call_command
def stall(*given, **named):
    pathlib.Path({str(stalled)!r}).touch()
    threading.Event().wait()
setattr(importlib.import_module({module!r}), {name!r}, stall)
call_command(*{[str(word) for word in command]!r})
""",
    )
    wait_for(lambda: stalled.exists() or process.poll() is not None, "the command to come so far")
    process.send_signal(signal.SIGKILL)
    _printed, complaints = process.communicate()
    assert process.returncode == -signal.SIGKILL, complaints
    stalled.unlink()


@contextmanager
def busy(site):
    """Keep the writer's database busy, as a transaction that does not end."""
    if not ON_POSTGRESQL:
        other = sqlite3.connect(site.folder / "writer.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.close()
        return
    with psycopg.connect(site.environment["DATABASE_URL"]) as other:
        other.execute("SELECT count(*) FROM writer_post")
        yield


# --- the story


def test_readers_follow_a_writer_that_was_restored(site, tmp_path):
    file = tmp_path / "night.tar"
    site.python(WRITE + """write("a", "The old words.")""")
    with site.served("cms.wsgi:application") as (address, _kill):
        assert "old words" in get(f"{address}/posts/a/")[2]
        site.manage("relay")  # a sweep shows itself, without which no site is ready
        assert get(f"{address}/readyz")[0] == 200  # the web process is connected to both databases
        assert ran(site, "backup", file, code=0).startswith("backup: the database and 0 pictures in ")
        site.python(WRITE + """change("a", "The new words."); write("b", f"![]({picture(1)})")""")
        assert "new words" in get(f"{address}/posts/a/")[2]
        before = state(site)

        refusal = ran(site, "restore", file, code=5)
        assert "holds 2 posts and 0 users" in refusal
        assert "--force" in refusal
        assert state(site) == before

        said = ran(site, "restore", "--force", file, code=0)
        assert "reconcile --check" in said
        assert "reconcile --trust-writer" in said
        assert "0 migrations applied; 0 pictures added, 0 were there." in said.splitlines()[-1]
        assert state(site)[1] == before[1]  # no picture is taken away
        assert site.python("say([post.live.body for post in Post.objects.all()])") == ["The old words."]
        assert "new words" in get(f"{address}/posts/a/")[2]  # readers are not disturbed
        assert get(f"{address}/posts/b/")[0] == 200

        assert "ahead" in ran(site, "reconcile", "--check", code=4)
        assert "newer than the writer knows" in ran(site, "reconcile", code=5)
        ran(site, "reconcile", "--trust-writer", code=3)
        assert "old words" in get(f"{address}/posts/a/")[2]
        assert get(f"{address}/posts/b/")[0] == 410

        site.python(WRITE + """change("a", "The newest words."); write("b", "Another b.")""")
        assert "newest words" in get(f"{address}/posts/a/")[2]
        assert "Another b" in get(f"{address}/posts/b/")[2]
        assert "no drift" in ran(site, "reconcile", "--deep", code=0)
        site.manage("relay")
        assert get(f"{address}/readyz")[0] == 200


def test_a_site_comes_back_on_a_machine_that_has_nothing(site, another, tmp_path):
    file = tmp_path / "night.tar"
    site.python(
        WRITE
        + """
from django.contrib.auth.models import User
User.objects.create_superuser("ada", "", "correct horse battery")
write("a", f"![]({picture(1)})")
write("b", f"![]({picture(2)})")
"""
    )
    assert "the database and 2 pictures" in ran(site, "backup", file, code=0)
    (there,) = [path for path in (site.folder / "media").rglob("*") if path.is_file()][:1]
    kept = another.folder / there.relative_to(site.folder)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"is there already")

    assert "1 pictures added, 1 were there." in ran(another, "restore", file, code=0)
    rows, pictures = state(another)
    assert rows == state(site)[0]
    theirs = {path.relative_to(site.folder): data for path, data in state(site)[1].items()}
    theirs[there.relative_to(site.folder)] = b"is there already"
    assert {path.relative_to(another.folder): data for path, data in pictures.items()} == theirs
    assert {stat.S_IMODE(path.stat().st_mode) for path in set(pictures) - {kept}} == {0o644}
    assert not list(another.folder.glob(".restore-*"))

    another.manage("migrate", "--database", "reader", "--verbosity", "0")
    ran(another, "reconcile", code=3)
    assert "no drift" in ran(another, "reconcile", "--deep", code=0)
    said = another.python("""
from django.contrib.auth.models import User
from django.test import Client
client = Client(headers={"host": "localhost"})
say([client.get("/posts/a/").status_code, User.objects.get(username="ada").check_password("correct horse battery")])
""")
    assert said == [200, True]


def test_a_backup_made_while_somebody_publishes_is_of_one_moment(site, another, tmp_path):
    file, stop, begun = tmp_path / "night.tar", tmp_path / "stop", tmp_path / "begun"
    publisher = site.start(
        "-c",
        f"""
import pathlib
import django
django.setup()
from django.utils import timezone
from writer import commands
from writer.commands import Draft
from writer.models import Post
{WRITE}
number = 0
while not pathlib.Path({str(stop)!r}).exists():
    number += 1
    write(f"number-{{number}}", f"![]({{picture(number)}})")
    number == 20 and pathlib.Path({str(begun)!r}).touch()
print(number)
""",
    )
    wait_for(lambda: begun.exists() or publisher.poll() is not None, "posts to be published")
    ran(site, "backup", file, code=0)
    assert publisher.poll() is None
    before_the_end = site.python("say(Post.objects.count())")
    stop.touch()
    printed, complaints = publisher.communicate(timeout=PATIENCE)
    assert publisher.returncode == 0, complaints

    ran(another, "restore", file, code=0)
    posts, whole, last = another.python("""
from pathlib import Path
from django.conf import settings
posts = Post.objects.live().select_related("live").order_by("created_at")  # the last one may still be a draft
def whole(post):
    name = post.live.body.removeprefix("![](/media/").removesuffix(")")
    event = OutboxEvent.objects.get(post_id=post.pk)
    return (event.version, event.digest) == (post.version, post.digest) and (
        Path(settings.MEDIA_ROOT, name).is_file() and post.addresses.count() == 1
    )
say([len(posts), sum(map(whole, posts)), posts.last().slug])
""")
    assert whole == posts
    assert last == f"number-{posts}"  # none is missing in between
    assert 20 <= posts <= before_the_end <= int(printed)
    another.manage("migrate", "--database", "reader", "--verbosity", "0")
    ran(another, "reconcile", code=3)
    assert "no drift" in ran(another, "reconcile", "--deep", code=0)


def test_a_backup_that_is_older_than_the_code_is_migrated(site, tmp_path):
    file = tmp_path / "old.tar"
    site.python(WRITE + """write("a", "The old words.")""")
    site.manage("migrate", "cms", "zero", "--database", "default", "--verbosity", "0")
    ran(site, "backup", file, code=0)
    site.manage("migrate", "--database", "default", "--verbosity", "0")
    assert "no drift" in ran(site, "reconcile", code=0)  # leaves a row in a table that the backup lacks

    assert re.search(r" [1-9]\d* migrations applied", ran(site, "restore", "--force", file, code=0))
    site.manage("migrate", "--check", "--database", "default")
    assert site.python("from cms.models import Reconciliation; say(Reconciliation.objects.count())") == 0
    assert "no drift" in ran(site, "reconcile", code=0)


# --- the file


def test_the_file_is_its_owner_s_alone_and_overwrites_nothing(site, tmp_path):
    file = tmp_path / "night.tar"
    site.python(WRITE + """write("a", f"![]({picture(1)})")""")
    old = os.umask(0)
    try:
        ran(site, "backup", file, code=0)
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as archive:
        names = archive.getnames()
    assert names[0] == "manifest.json"
    assert names[1] == ("writer.dump" if ON_POSTGRESQL else "writer.sqlite3")
    assert re.fullmatch(r"media/pictures/[0-9a-f]{32}\.png", names[2])
    assert len(names) == 3

    file.write_bytes(b"what was there")
    assert "overwrites nothing" in ran(site, "backup", file, code=5)
    assert file.read_bytes() == b"what was there"
    assert "not a folder" in ran(site, "backup", tmp_path / "nowhere" / "night.tar", code=2)


def test_a_backup_that_is_killed_leaves_nothing_that_looks_like_one(site, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    for where in ("cms.backup_database.take", "cms.backup_file.add", "os.fsync"):
        stall(site, where, "backup", folder / "night.tar")
        assert all(path.name.startswith(".") for path in folder.iterdir())
    ran(site, "backup", folder / "night.tar", code=0)
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == ["night.tar"]


def test_a_backup_that_fails_says_so_and_leaves_nothing(site, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    complaint = site.python(f"""
import resource
from cms import backup_file
from django.core.management import CommandError, call_command
write = backup_file.write
def on_a_full_disk(*given):
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    write(*given)
backup_file.write = on_a_full_disk
try:
    call_command("backup", {str(folder / "night.tar")!r})
except CommandError as error:
    say([error.returncode, str(error)])
""")
    assert complaint[0] == 1
    assert complaint[1].startswith("There is no backup: ")
    assert list(folder.iterdir()) == []


def test_no_text_in_a_backup_names_a_picture_that_it_lacks(site, tmp_path):
    """However late the text came: the pictures are looked for when the database has been copied."""
    site.python(
        WRITE
        + f"""
from cms import backup_database
from django.core.management import call_command
take = backup_database.take
def take_late(file):
    write("b", f"![]({{picture(2)}})")
    take(file)
backup_database.take = take_late
call_command("backup", {str(tmp_path / "night.tar")!r}, stdout=sys.stderr)
"""
    )
    picture = site.python("say(Post.objects.get().live.body)").removeprefix("![](/").removesuffix(")")
    with tarfile.open(tmp_path / "night.tar") as archive:
        assert picture in archive.getnames()


def test_a_picture_that_changes_while_it_is_read_makes_no_backup(site, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    code, complaint = site.python(
        WRITE
        + f"""
from cms import backup_file
from django.core.management import CommandError, call_command
write("a", f"![]({{picture(1)}})")
write_file = backup_file.write
def write_late(part, manifest, members):
    *_others, picture = members.values()
    picture.write_bytes(picture.read_bytes()[::-1])
    write_file(part, manifest, members)
backup_file.write = write_late
try:
    call_command("backup", {str(folder / "night.tar")!r})
except CommandError as error:
    say([error.returncode, str(error)])
"""
    )
    assert (code, "run this again" in complaint) == (1, True), complaint
    assert list(folder.iterdir()) == []


# --- files that are refused


class Contents:
    """What is in a backup, to be changed and written again."""

    def __init__(self, file):
        with tarfile.open(file) as archive:
            self.members = [(header, archive.extractfile(header).read()) for header in archive]
        self.manifest = json.loads(self.members.pop(0)[1])

    def put(self, name, data=b"x", *, listed=True, **header):
        """Add a member, and name it in the manifest as if it belonged there."""
        info = tarfile.TarInfo(name)
        for key, value in header.items():
            setattr(info, key, value)
        self.members.append((info, data))
        if listed:
            self.manifest["files"][name] = hashlib.sha256(data).hexdigest()

    def replace(self, name, data):
        """Give a member other bytes, and the manifest their digest."""
        self.members = [(header, data if header.name == name else old) for header, old in self.members]
        self.manifest["files"][name] = hashlib.sha256(data).hexdigest()

    def write(self, file):
        """Write the file."""
        text = json.dumps(self.manifest).encode()
        with tarfile.open(file, "w") as archive:
            for header, data in [(tarfile.TarInfo("manifest.json"), text), *self.members]:
                header.size = len(data) if header.isreg() else 0
                archive.addfile(header, io.BytesIO(data))
        return file.read_bytes()


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_file_that_is_not_whole_or_not_for_here_changes_nothing(site, tmp_path):
    site.python(WRITE + """write("a", f"![]({picture(1)})")""")
    ran(site, "backup", tmp_path / "good.tar", code=0)
    good = (tmp_path / "good.tar").read_bytes()
    shutil.rmtree(site.folder / "media")  # so that a picture would be added
    picture = Contents(tmp_path / "good.tar").members[-1][0]
    database = Contents(tmp_path / "good.tar").members[0][0]
    other_engine = "sqlite" if ON_POSTGRESQL else "postgresql"

    def saying(document):
        contents = Contents(tmp_path / "good.tar")
        contents.manifest = document
        return contents.write(tmp_path / "changed.tar")

    def changed(**values):
        contents = Contents(tmp_path / "good.tar")
        contents.manifest |= values
        return contents.write(tmp_path / "changed.tar")

    def added(name, *given, **named):
        contents = Contents(tmp_path / "good.tar")
        contents.put(name, *given, **named)
        return contents.write(tmp_path / "changed.tar")

    def without(number):
        contents = Contents(tmp_path / "good.tar")
        del contents.members[number]
        return contents.write(tmp_path / "changed.tar")

    files = {
        "empty": (b"", "is no backup, or it is damaged"),
        "text": (b"not a tar" * 1000, "is no backup, or it is damaged"),
        "zeros": (bytes(10240), "does not begin with manifest.json"),
        "another tar": (good[picture.offset :], "does not begin with manifest.json"),
        "flipped in the database": (flipped(good, database.offset_data + database.size // 2), database.name),
        "flipped in the picture": (flipped(good, picture.offset_data), picture.name),
        "flipped in a header": (flipped(good, picture.offset + 3), "is not whole"),
        "flipped in the manifest": (flipped(good, 512), "its manifest.json cannot be read"),
        "cut in the manifest": (good[:700], "damaged"),
        "cut in the database": (good[: database.offset_data + 4000], "damaged"),
        "cut between members": (good[: picture.offset], "lacks 1 files"),
        "cut in the picture": (good[: picture.offset_data + 10], "damaged"),
        "without a picture": (without(-1), "lacks 1 files"),
        "without the database": (without(0), "lacks 1 files"),
        "another engine": (changed(engine=other_engine), f"is of a database on {other_engine}"),
        "another format": (changed(format=2), "has format 2"),
        "a list": (saying([1]), "its manifest.json cannot be read"),
        "other fields": (saying({"format": 1, "files": {}}), "its manifest.json cannot be read"),
        "newer code": (changed(migrations=["writer.9999_later"]), "made by newer code: 1 of its"),
        "an unnamed member": (added("media/pictures/more.png", listed=False), "not in its manifest.json"),
        "a member twice": (added(picture.name, listed=False), "twice in it"),
        "above": (added("media/../../above.png"), "no backup does"),
        "beside": (added("media/../beside.png"), "no backup does"),
        "absolute": (added(f"/{tmp_path}/absolute.png"), "no backup does"),
        "absolute within": (added(f"media/{tmp_path}/absolute.png"), "no backup does"),
        "symlink": (
            added("media/link.png", b"", type=tarfile.SYMTYPE, linkname="pictures"),
            "no plain file",
        ),
        "hard link": (
            added("media/hard.png", b"", type=tarfile.LNKTYPE, linkname=picture.name),
            "no plain file",
        ),
        "device": (added("media/device", b"", type=tarfile.CHRTYPE), "no backup does"),
        "folder": (added("media/folder", b"", type=tarfile.DIRTYPE), "no plain file"),
    }
    folder = tmp_path / "files"
    folder.mkdir()
    for name, (data, _words) in files.items():
        (folder / name).write_bytes(data)
    before, listed = state(site), sorted(path for path in tmp_path.rglob("*") if path.is_file())
    said = site.python(f"""
from pathlib import Path
from django.core.management import CommandError, call_command
said = {{}}
for file in Path({str(folder)!r}).iterdir():
    try:
        call_command("restore", file, force=True)
    except CommandError as error:
        said[file.name] = [error.returncode, str(error)]
say(said)
""")
    assert set(said) == set(files)
    for name, (_data, words) in files.items():
        code, complaint = said[name]
        assert (code, words in complaint, "Nothing was changed." in complaint) == (5, True, True), (
            name,
            complaint,
        )
    assert state(site) == before
    assert {"writer.sqlite3-shm", "writer.sqlite3-wal"} >= {
        path.name for path in set(tmp_path.rglob("*")) - set(listed) if path.is_file()
    }
    assert "not a file" in ran(site, "restore", tmp_path / "nowhere.tar", code=2)
    assert "1 pictures added" in ran(site, "restore", "--force", tmp_path / "good.tar", code=0)


# --- a restore that fails


def test_a_picture_that_cannot_be_written_leaves_the_database_as_it_was(site, tmp_path):
    site.python(WRITE + """write("a", f"![]({picture(1)})")""")
    ran(site, "backup", tmp_path / "night.tar", code=0)
    site.python(WRITE + """write("b", "Later.")""")
    shutil.rmtree(site.folder / "media")
    (site.folder / "media").mkdir()
    (site.folder / "media" / "pictures").write_text("a file where a folder should be")
    before = state(site)
    complaint = ran(site, "restore", "--force", tmp_path / "night.tar", code=1)
    assert "0 were added, and the database is as it was" in complaint
    assert state(site) == before


def test_a_full_disk_leaves_the_database_as_it_was(site, tmp_path):
    site.python(WRITE + "for number in range(20): write(f'a-{number}', 'The words. ' * 1000)")
    ran(site, "backup", tmp_path / "night.tar", code=0)
    site.python(WRITE + """write("b", "Later.")""")
    before = state(site)
    code, complaint = site.python(f"""
import resource
from cms import backup_database
from django.core.management import CommandError, call_command
put_back = backup_database.put_back
def on_a_full_disk(file):
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    put_back(file)
backup_database.put_back = on_a_full_disk
try:
    call_command("restore", {str(tmp_path / "night.tar")!r}, force=True)
except CommandError as error:
    say([error.returncode, str(error)])
""")
    assert (code, "could not do its part" in complaint) == (1, True), complaint
    assert "is as it was" in complaint
    assert state(site) == before


def test_a_database_that_is_busy_is_left_alone_and_it_is_said_what_to_stop(site, tmp_path):
    site.python(WRITE + """write("a", "The old words.")""")
    ran(site, "backup", tmp_path / "night.tar", code=0)
    site.python(WRITE + """write("b", "Later.")""")
    before = state(site)
    with busy(site):
        code, complaint = site.python(f"""
from cms import backup_database
from django.core.management import CommandError, call_command
from django.db import connection
backup_database.PATIENCE = 1
if connection.vendor == "sqlite":
    connection.cursor().execute("PRAGMA busy_timeout = 1000")
try:
    call_command("restore", {str(tmp_path / "night.tar")!r}, force=True)
except CommandError as error:
    say([error.returncode, str(error)])
""")
    assert (code, "Stop the web server" in complaint) == (1, True), complaint
    assert state(site) == before
    ran(site, "restore", "--force", tmp_path / "night.tar", code=0)


def test_a_database_that_cannot_be_migrated_is_back_and_that_is_said(site, tmp_path):
    site.python(WRITE + """write("a", "The old words.")""")
    ran(site, "backup", tmp_path / "night.tar", code=0)
    site.python(WRITE + """write("b", "Later.")""")
    code, complaint = site.python(f"""
from cms import restore
from django.core.management import CommandError, call_command
def fail(*given, **named):
    raise ValueError("this row has no name")
restore.call_command = fail
try:
    call_command("restore", {str(tmp_path / "night.tar")!r}, force=True)
except CommandError as error:
    say([error.returncode, str(error)])
""")
    assert code == 1
    assert "Database and pictures are back" in complaint
    assert "this row has no name" in complaint
    assert site.python("say(list(Post.objects.values_list('slug', flat=True)))") == ["a"]


# --- PostgreSQL's client programs


@pytest.fixture
def programs(site, tmp_path):
    """Put scripts in front of PostgreSQL's client programs; return what makes one."""
    if not ON_POSTGRESQL:
        pytest.skip("It is about PostgreSQL.")
    folder = tmp_path / "programs"
    folder.mkdir()
    site.environment["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"

    def script(name, text):
        (folder / name).write_text("#!/bin/sh\n" + text.replace("REAL", shutil.which(name)))
        (folder / name).chmod(0o755)

    return script


@pytest.mark.postgresql
def test_no_password_stands_on_a_command_line_and_every_option_holds(site, programs, tmp_path):
    for name in ("pg_dump", "pg_restore", "psql"):
        programs(name, f"""echo "$0 $@" >> {tmp_path}/lines; env > {tmp_path}/env-{name}; exec REAL "$@"\n""")
    url = urlsplit(site.environment["DATABASE_URL"])
    password = url.password or "unspoken"  # a server that trusts everybody does not mind
    where = url.netloc.rpartition("@")[2]
    options = "&".join(filter(None, [url.query, "connect_timeout=77", "sslmode=allow"]))
    whole = url._replace(netloc=f"{url.username}:{password}@{where}", query=options)
    site.environment["DATABASE_URL"] = whole.geturl()
    ran(site, "backup", tmp_path / "night.tar", code=0)
    ran(site, "restore", tmp_path / "night.tar", code=0)
    lines = (tmp_path / "lines").read_text()
    assert len(re.findall("--version", lines)) == 3
    assert len(lines.splitlines()) == 6
    assert password not in lines
    for name in ("pg_dump", "psql"):
        environment = (tmp_path / f"env-{name}").read_text().splitlines()
        assert {f"PGPASSWORD={password}", "PGCONNECT_TIMEOUT=77", "PGSSLMODE=allow"} <= set(environment)


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("command", "name"), [("backup", "pg_dump"), ("restore", "pg_restore"), ("restore", "psql")]
)
def test_a_program_that_is_older_than_the_server_or_missing_is_named(site, programs, tmp_path, command, name):
    file = tmp_path / "night.tar"
    ran(site, "backup", file, code=0)
    before = state(site)
    given = tmp_path / "other.tar" if command == "backup" else file
    programs(name, f"echo '{name} (PostgreSQL) 9.6.24'\n")
    complaint = ran(site, command, given, code=5)
    assert f"{name} is older than the server" in complaint
    assert "9.6.24" in complaint
    site.environment["PATH"] = str(tmp_path)
    assert "is not to be found on the PATH" in ran(site, command, given, code=5)
    assert state(site) == before
    assert not (tmp_path / "other.tar").exists()


@pytest.mark.postgresql
def test_what_others_made_of_the_tables_comes_back_with_them(site, programs, tmp_path):
    site.python(WRITE + """write("a", "The old words.")""")
    with psycopg.connect(site.environment["DATABASE_URL"]) as other:
        other.execute("CREATE VIEW slugs AS SELECT slug FROM writer_post")
    ran(site, "backup", tmp_path / "night.tar", code=0)
    site.python(WRITE + """write("b", "Later.")""")
    ran(site, "restore", "--force", tmp_path / "night.tar", code=0)
    with psycopg.connect(site.environment["DATABASE_URL"]) as other:
        assert other.execute("SELECT slug FROM slugs").fetchall() == [("a",)]


@pytest.mark.postgresql
def test_a_dump_that_fails_on_its_last_rows_leaves_the_database_as_it_was(site, programs, tmp_path):
    site.python(WRITE + """write("a", "The old words.")""")
    with psycopg.connect(site.environment["DATABASE_URL"]) as other:
        other.execute(
            "CREATE FUNCTION fits(int) RETURNS bool LANGUAGE sql AS $$ SELECT $1 < current_setting('a.b')::int $$"
        )
        other.execute("CREATE TABLE zz (number int CHECK (fits(number)))")
        other.execute("SET a.b = 9")
        other.execute("INSERT INTO zz VALUES (1)")  # what no later session can
    ran(site, "backup", tmp_path / "night.tar", code=0)
    site.python(WRITE + """write("b", "Later.")""")
    before = state(site)
    complaint = ran(site, "restore", "--force", tmp_path / "night.tar", code=1)
    assert "psql could not do its part" in complaint
    assert 'unrecognized configuration parameter "a.b"' in complaint
    assert "The database is as it was." in complaint
    assert state(site) == before


@pytest.mark.postgresql
def test_the_database_is_not_replaced_by_half_a_script(site, programs, tmp_path):
    site.python(WRITE + """write("a", "The old words.")""")
    ran(site, "backup", tmp_path / "night.tar", code=0)
    site.python(WRITE + """write("b", "Later.")""")
    before = state(site)
    programs(
        "pg_restore",
        """
case "$1" in --version) exec REAL "$1";; esac
for given in "$@"; do case "$given" in --file=*) script="${given#--file=}";; esac; done
REAL "$@" && head -n 300 "$script" > "$script.half" && mv "$script.half" "$script"
echo "pg_restore: error: no space left" >&2
exit 1
""",
    )
    assert "no space left" in ran(site, "restore", "--force", tmp_path / "night.tar", code=1)
    assert state(site) == before
