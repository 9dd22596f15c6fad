"""The file of a backup: a tar with a manifest, the copy of the database, then the pictures.

Whatever is read from one is checked before it is used; nothing is extracted here.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

from writer.refusals import Refused

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
MEDIA: Final = "media/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself, in its first member."""

    format: int
    made_at: str  # ISO 8601
    engine: str  # as Django names it
    migrations: list[str]  # app.name, of those that the database has had
    files: dict[str, str]  # name in the tar → SHA-256

    @property
    def pictures(self) -> list[str]:
        """Return the names of the pictures in the tar."""
        return [name for name in self.files if name.startswith(MEDIA)]


def write(file: Path, manifest: Manifest, members: dict[str, Path]) -> None:
    """Write the tar to a new file, for the owner's eyes only: hashes of passwords are in it.

    Not compressed: pictures and PostgreSQL's dumps are, and of a damaged plain tar the rest is readable.
    """
    text = json.dumps(asdict(manifest), indent=1).encode()
    with os.fdopen(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w") as archive:
            add(archive, MANIFEST, io.BytesIO(text), len(text))
            for name, path in members.items():
                with path.open("rb") as content:
                    add(archive, name, content, os.fstat(content.fileno()).st_size)
        out.flush()
        os.fsync(out.fileno())


def add(archive: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    """Add a file of so many bytes."""
    header = tarfile.TarInfo(name)
    header.size = size
    header.mode = 0o600
    archive.addfile(header, content)


@contextmanager
def opened(file: Path) -> Iterator[tarfile.TarFile]:
    """Open a backup. Raise Refused for what turns out to be no whole tar."""
    try:
        with tarfile.open(file, mode="r:") as archive:
            yield archive
    except tarfile.TarError as error:
        raise Refused(f"{file} is no backup, or it is damaged: {error}.") from error


def manifest_of(archive: tarfile.TarFile) -> Manifest:
    """Return what a backup says of itself. Raise Refused if that cannot be understood."""
    first = archive.next()
    if first is None or first.name != MANIFEST:
        raise Refused(f"The file does not begin with {MANIFEST}, so it is no backup of this site.")
    try:
        document = json.load(content(archive, first))
        if document["format"] != FORMAT:
            raise Refused(
                f"The backup has format {document['format']}, and only {FORMAT} is known here. "
                "It was made by newer code: restore it with that."
            )
        return Manifest(**document)
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(f"The backup is damaged: its {MANIFEST} cannot be read ({error}).") from error


def check(archive: tarfile.TarFile, manifest: Manifest, *, within: Path) -> None:
    """Raise Refused unless the tar holds just what the manifest names, byte by byte.

    No name may lead out of the folder that its file is meant for, however the tar was made; any
    folder without links in it will do to tell.
    """
    missing = dict(manifest.files)
    for header in archive:
        if header.offset == 0:  # the manifest
            continue
        check_name(header, within)
        if (expected := missing.pop(header.name, None)) is None:
            raise Refused(f"The backup is damaged: {header.name} is twice in it, or not in its {MANIFEST}.")
        if hashlib.file_digest(content(archive, header), "sha256").hexdigest() != expected:
            raise Refused(f"The backup is damaged: {header.name} is not what its {MANIFEST} says.")
    if missing:
        raise Refused(f"The backup is not whole: it lacks {len(missing)} files, such as {min(missing)}.")


def check_name(header: tarfile.TarInfo, within: Path) -> None:
    """Raise Refused for a member that is not a plain file in its place."""
    name = header.name.removeprefix(MEDIA)
    try:
        safe = tarfile.data_filter(header.replace(name=name, deep=False), str(within))
    except (tarfile.FilterError, ValueError) as error:
        raise Refused(f"The file holds what no backup does: {error}.") from error
    if safe.name != name or not header.isreg():
        raise Refused(f"The file holds what no backup does: {header.name!r} is no plain file in its place.")


def content(archive: tarfile.TarFile, member: str | tarfile.TarInfo) -> io.BufferedReader:
    """Return a member, open for reading. Raise Refused if it is not a file."""
    found = archive.extractfile(member)
    if not isinstance(found, io.BufferedReader):
        raise Refused(f"The file holds what no backup does: {member} is not a file.")
    return found


def make_durable(folder: Path) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
