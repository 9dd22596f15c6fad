"""Restore: a backup's database and pictures put back. Changes nothing before all of the file was verified."""

from __future__ import annotations

import os
import shutil
import tarfile
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command

from cms import backup_database as database
from cms import backup_file
from cms.backup_database import Failed, applied, known
from cms.backup_file import MEDIA, Manifest, make_durable
from writer.models import Post
from writer.refusals import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did."""

    made_at: str
    added: int  # pictures
    present: int  # pictures that were there
    migrated: int  # migrations that the backup had not had

    def __str__(self) -> str:
        return (
            f"restore: the database is back as of {self.made_at}, {self.migrated} migrations applied; "
            f"{self.added} pictures added, {self.present} were there."
        )


def restore(file: Path, *, force: bool) -> Restored:
    """Put the database and the pictures back, then migrate what is older than the code.

    The database is replaced in one transaction, after the pictures: so a restore that fails leaves the
    database as it was. Raise Refused or OSError with nothing changed; that the database holds
    something is a reason unless forced. Raise Failed, which says what was done, if a later step fails.
    """
    with (
        backup_file.opened(file) as archive,
        TemporaryDirectory(dir=settings.DATA_DIR, prefix=".restore-") as folder,
    ):
        manifest = backup_file.manifest_of(archive)
        check_fits(manifest)
        database.check_tools("pg_restore", "psql")
        if not force:
            check_empty()
        backup_file.check(archive, manifest, within=Path(folder))
        copy = Path(folder) / database.NAMES[manifest.engine]
        with copy.open("wb") as out:
            shutil.copyfileobj(backup_file.content(archive, copy.name), out)
        added = add_pictures(archive, manifest)
        put_back(copy, added)
    return Restored(
        made_at=manifest.made_at,
        added=added,
        present=len(manifest.pictures) - added,
        migrated=migrate(),
    )


def check_fits(manifest: Manifest) -> None:
    """Raise Refused for a backup of another engine, or of newer code."""
    if manifest.engine != database.engine():
        raise Refused(
            f"The backup is of a database on {manifest.engine}, and this one is on {database.engine()}. "
            "Restore it where DATABASE_URL names the same kind."
        )
    if newer := set(manifest.migrations) - known():
        raise Refused(
            f"The backup was made by newer code: {len(newer)} of its migrations are unknown here, "
            f"such as {min(newer)}. Bring the code up to date first."
        )
    if database.NAMES[manifest.engine] not in manifest.files:
        raise Refused("The backup is not whole: there is no database in it.")


def check_empty() -> None:
    """Raise Refused if posts or users would be lost."""
    there = database.tables_at_hand()
    posts, users = (
        model.objects.count() if model._meta.db_table in there else 0 for model in (Post, get_user_model())
    )
    if posts or users:
        raise Refused(
            f"The database holds {posts} posts and {users} users, which the backup would replace. "
            "If it shall, run this again with --force."
        )


def add_pictures(archive: tarfile.TarFile, manifest: Manifest) -> int:
    """Add the pictures that are missing; return how many. Raise Failed if one cannot be.

    A name is made of what was uploaded, so what has the name already is the same picture.
    """
    added = 0
    try:
        for name in manifest.pictures:
            target = Path(settings.MEDIA_ROOT) / name.removeprefix(MEDIA)
            if not target.exists():
                add_picture(target, backup_file.content(archive, name))
                added += 1
    except (OSError, tarfile.TarError) as error:
        raise Failed(
            f"A picture could not be written: {error}. {added} were added, and the database is as it was. "
            "See to the folder of the pictures, then run this again."
        ) from error
    return added


def add_picture(target: Path, content: BufferedReader) -> None:
    """Write a picture; it has its name when all of it is on the disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    with part.open("wb") as out:
        shutil.copyfileobj(content, out)
        out.flush()
        os.fsync(out.fileno())
    part.chmod(settings.FILE_UPLOAD_PERMISSIONS)
    part.rename(target)
    make_durable(target.parent)


def put_back(copy: Path, added: int) -> None:
    """Replace the database by the copy. Raise Failed if that cannot be."""
    try:
        database.put_back(copy)
    except Failed as failure:
        raise Failed(
            f"{failure} The database is as it was. {added} pictures were added, which does no harm."
        ) from failure


def migrate() -> int:
    """Bring the database to this code; return how many migrations that took. Raise Failed if it cannot be."""
    before = applied()
    try:
        call_command("migrate", database="default", interactive=False, verbosity=0)
    except Exception as error:  # a migration may run into anything
        raise Failed(
            "Database and pictures are back, but the database could not be brought up to this code "
            f"({type(error).__name__}: {error}). See to that, then run `make migrate`."
        ) from error
    return len(applied() - before)
