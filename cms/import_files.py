"""The files of a folder that is imported: which are posts, and what they say. Only reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings

from cms import front_matter
from cms.documents import storable
from cms.front_matter import FrontMatter
from cms.front_values import Unreadable
from cms.import_links import SUFFIXES
from writer.models import ImportedFile
from writer.slugs import first_free, slug_of

LONGEST_PATH: Final = 500  # characters, as in writer.models.ImportedFile
LARGEST: Final = 4_000_000  # bytes of a file; a post of 200,000 characters never needs as much


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is a post, and the slug that its post has or will have."""

    path: PurePosixPath  # within the folder
    slug: str
    date: datetime


def sources(folder: Path, skip: Callable[[PurePosixPath, Exception], None]) -> list[Source]:
    """Return the files that are posts, each with a slug of its own; `skip` those that cannot be read."""
    posts: list[Source] = []
    taken: set[str] = set()
    for path in found(folder):
        try:
            check(folder, path)
            matter = read(folder, path)
        except Exception as error:
            skip(path, error)
            continue
        known = ImportedFile.objects.filter(pk=key(folder, path)).values_list("post__slug", flat=True)
        slug = known.first() or wanted(matter, taken)
        taken.add(slug)
        posts.append(Source(path, slug, matter.date or datetime.max.replace(tzinfo=UTC)))
    return posts


def wanted(matter: FrontMatter, taken: set[str]) -> str:
    """Return the slug that the file asks for; one that was merely derived gives way to others."""
    slug = slug_of(matter.slug) or slug_of(matter.title)
    if matter.explicit_slug and slug:
        return slug
    return first_free(slug or "post", beside=taken)


def found(folder: Path) -> Iterator[PurePosixPath]:
    """Yield the paths, within the folder, of what seems to be a post."""
    for file in sorted(folder.rglob("*")):
        path = PurePosixPath(file.relative_to(folder).as_posix())
        if (
            file.suffix.lower() in SUFFIXES
            and file.stem != "_index"
            and not hidden(path)
            and not file.is_dir()
        ):
            yield path


def hidden(path: PurePosixPath) -> bool:
    """Tell whether the file, or a folder it lies in, is hidden."""
    return any(part.startswith((".", "_")) and part != "_posts" for part in path.parts)


def check(folder: Path, path: PurePosixPath) -> None:
    """Raise Unreadable for what is no file of this folder, or cannot be named."""
    file, name = folder / path, key(folder, path)
    if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(folder)):
        raise Unreadable("It leads out of the folder.")
    if not file.is_file():
        raise Unreadable("It is no file.")
    if not storable(name) or len(name) > LONGEST_PATH:
        raise Unreadable(f"Its path is not UTF-8, or longer than {LONGEST_PATH} characters.")


def read(folder: Path, path: PurePosixPath) -> FrontMatter:
    """Return what the file says. Raise Unreadable if it is no post."""
    file = folder / path
    if file.stat().st_size > LARGEST:
        raise Unreadable(f"The file has {file.stat().st_size:,} bytes; at most {LARGEST:,} are read.")
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"The file is not UTF-8: byte {error.start + 1:,} is out of place.") from error
    if not storable(text):
        raise Unreadable("The file holds a NUL character, which cannot be stored.")
    return front_matter.read(text, path=path, zone=ZoneInfo(settings.TIME_ZONE))


def key(folder: Path, path: PurePosixPath) -> str:
    """Return the name under which the file is known to later imports."""
    return f"{folder.resolve().name}/{path}"
