"""Backup: the writer's database and the pictures in one file; see cms.restore for the way back.

The reader's database is not in it, because it is made again from the writer's; nor are the
settings and their secrets.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from cms import backup_database as database
from cms import backup_file
from cms.backup_database import Failed, applied, known
from cms.backup_file import FORMAT, MEDIA, Manifest, make_durable
from writer.refusals import Refused


def backup(file: Path, *, now: datetime) -> Manifest:
    """Write the database and the pictures to a new file, while the site is in use; return its manifest.

    The database is copied first: so no text in the file names a picture that it lacks. The file gets
    its name when all of it is on the disk and was read again. Raise Refused if there is one already,
    Failed or OSError if it cannot be made.
    """
    if file.exists():
        raise Refused(f"{file} is there already, and a backup overwrites nothing: choose another name.")
    database.check_tools("pg_dump")
    with TemporaryDirectory(dir=file.parent, prefix=f".{file.name}-") as folder:
        copy = Path(folder) / database.NAMES[database.engine()]
        migrations = take(copy)
        members = {copy.name: copy, **pictures()}
        manifest = Manifest(
            format=FORMAT,
            made_at=now.isoformat(timespec="seconds"),
            engine=database.engine(),
            migrations=migrations,
            files={name: digest(path) for name, path in members.items()},
        )
        part = Path(folder) / "part"
        write(part, manifest, members)
        part.rename(file)
        make_durable(file.parent)
    return manifest


def take(copy: Path) -> list[str]:
    """Copy the database; return the migrations that it has had, of those that this code knows."""
    before = applied()
    database.take(copy)
    if applied() != before:
        raise Failed("Tables were migrated meanwhile, so the copy may be half old. Run this again.")
    return sorted(before & known())


def pictures() -> dict[str, Path]:
    """Return the pictures by the names that they have in a backup. What is hidden is not finished."""
    root = Path(settings.MEDIA_ROOT)
    found = {path.relative_to(root): path for path in sorted(root.rglob("*")) if path.is_file()}
    return {
        MEDIA + name.as_posix(): path
        for name, path in found.items()
        if not any(part.startswith(".") for part in name.parts)
    }


def write(part: Path, manifest: Manifest, members: dict[str, Path]) -> None:
    """Write the file and read it again. Raise Failed if it is not what it should be."""
    backup_file.write(part, manifest, members)
    try:
        with backup_file.opened(part) as archive:
            backup_file.check(archive, manifest, within=part.parent)
    except Refused as refusal:
        raise Failed(
            f"{refusal} A picture may have been added at that moment: run this again. "
            "If it says the same, look after the disk."
        ) from refusal


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
