"""What the files of an import name: pictures are taken along, links to files become links to posts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import unquote

from django.contrib.auth.models import User
from django.utils import timezone

from cms.events import article_path
from cms.markup.lines import FENCE, Rest, closes
from cms.old_addresses import parts_of
from writer import commands
from writer.models import Picture
from writer.refusals import Refused

SUFFIXES: Final = (".md", ".markdown")
# Each takes linear time: what repeats in one of these never runs over where the next could begin.
INLINE: Final = re.compile(r"(?P<before>!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*<?)(?P<url>[^\s)<>]+)")
REFERENCE: Final = re.compile(r"(?P<before>^ {0,3}\[[^\]\n]+\]:\s*<?)(?P<url>[^\s<>]+)", re.M)
TAG: Final = re.compile(
    r"(?P<before><(?:img\b[^<>]*?\bsrc|a\b[^<>]*?\bhref)\s*=\s*[\"'])(?P<url>[^\"'\s]+)", re.I
)
CODE_SPAN: Final = re.compile(r"(?<!`)(`{1,3})(?!`)[^`\n]+\1(?!`)")  # in one line, without others in it
PATTERNS: Final = (INLINE, REFERENCE, TAG)
# What a line within quotes and lists begins with.
WITHIN: Final = re.compile(r"^(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])+")
PICTURE: Final = re.compile(r"\.(png|jpe?g|gif|webp|avif|svg|bmp|tiff?|heic)$", re.I)


class Links:
    """The links of the files in one folder. `remark` is told what could not be taken along."""

    def __init__(
        self, folder: Path, *, actor: User | None, keep_pictures: bool, remark: Callable[[str], None]
    ) -> None:
        self.folder = folder
        self.actor = actor
        self.keep_pictures = keep_pictures
        self.remark = remark
        self.slugs: dict[PurePosixPath, str] = {}  # of each file that is a post

    def digest(self, path: PurePosixPath, *, cover: str) -> str:
        """Return the SHA-256 of the file and of the pictures it names."""
        data = (self.folder / path).read_bytes()
        seen = hashlib.sha256(data)
        for url in sorted({match["url"] for match in links(data.decode())} | {cover}):
            file = self.beside(path, url)
            if file and PICTURE.search(file.name):
                seen.update(file.read_bytes())
        return seen.hexdigest()

    def rewritten(self, path: PurePosixPath, body: str) -> str:
        """Return the text with its pictures taken along and its links to other files turned into addresses.

        Code is left as it is.
        """
        return "".join(part if is_code else self.readdressed(path, part) for is_code, part in pieces(body))

    def readdressed(self, path: PurePosixPath, text: str) -> str:
        """Return prose with the addresses in its links replaced; what stands in code spans is no link."""
        prose, done = [], 0
        for match in sorted(links(CODE_SPAN.sub(blank, text)), key=lambda match: match.start("url")):
            start, end = match.span("url")
            if start >= done:
                is_picture = match["before"][:2].lower() in ("![", "<i")
                prose += [text[done:start], self.address(path, text[start:end], is_picture=is_picture)]
                done = end
        return "".join([*prose, text[done:]])

    def address(self, path: PurePosixPath, url: str, *, is_picture: bool) -> str:
        """Return the address here of what a link in the file means; the link itself if it leads elsewhere."""
        parts = parts_of(url)
        if parts.scheme or parts.netloc or not parts.path or (parts.path.startswith("/") and not is_picture):
            return url
        file = self.beside(path, url)
        if file is None:
            if is_picture or PICTURE.search(parts.path):
                self.remark(f"{path}: the picture {url} is not there.")
            elif parts.path.lower().endswith(SUFFIXES):
                self.remark(f"{path}: the file {url} is not there.")
            return url
        if file.suffix.lower() in SUFFIXES:
            slug = self.slugs.get(PurePosixPath(file.relative_to(self.folder.resolve()).as_posix()))
            return article_path(slug) + (f"#{parts.fragment}" if parts.fragment else "") if slug else url
        return self.picture(path, file, url) if PICTURE.search(file.name) else url

    def cover(self, path: PurePosixPath, url: str) -> str:
        """Take the picture that stands for the post along; return its path here, empty if there is none."""
        kept = self.address(path, url, is_picture=True) if url else ""
        if kept and parts_of(url).netloc:
            self.remark(f"{path}: the picture {url} is on another site, and is not taken along.")
        return kept if kept.startswith("/media/") else ""

    def picture(self, path: PurePosixPath, file: Path, url: str) -> str:
        """Take a picture along; return its address here, or the link as it was if it is no picture."""
        if not self.keep_pictures:
            return url
        try:
            picture_id = commands.add_picture(
                data=file.read_bytes(), name=url, actor=self.actor, now=timezone.now()
            )
            return Picture.objects.get(pk=picture_id).url
        except Refused as refusal:
            self.remark(f"{path}: {refusal}")
            return url

    def beside(self, path: PurePosixPath, url: str) -> Path | None:
        """Return the file that a relative link means, None if there is none in the folder."""
        target = unquote(parts_of(url).path)
        root = self.folder.resolve()
        if not target or "\x00" in target:
            return None
        start = root if target.startswith(("@/", "/")) else (root / path).parent
        try:
            file = (start / target.removeprefix("@").lstrip("/")).resolve()
            return file if file.is_file() and file.is_relative_to(root) else None
        except (OSError, RuntimeError):  # a name too long to be one; a link that leads to itself
            return None


def blank(span: re.Match[str]) -> str:
    """Return as many letters as the code span has."""
    return "x" * len(span[0])


def links(text: str) -> list[re.Match[str]]:
    """Return what looks like a link or a picture in a text."""
    return [match for pattern in PATTERNS for match in pattern.finditer(text)]


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the text in pieces, each with whether it is code between fences."""
    mark = ""
    kept: list[str] = []
    for line in text.splitlines(keepends=True):
        body = WITHIN.sub("", line).strip()
        if mark and closes(mark, Rest(body)):
            yield True, "".join([*kept, line])
            mark, kept = "", []
        elif not mark and (fence := FENCE.match(body)):
            yield False, "".join(kept)
            mark, kept = fence["mark"], [line]
        else:
            kept.append(line)
    yield bool(mark), "".join(kept)
