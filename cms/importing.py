"""Import: a folder of Markdown files becomes posts, through the same commands as the desk.

Each file is a transaction of its own: a bad one is named and left out, the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from cms.cores import groups, spread
from cms.events import article_path, correlated
from cms.front_matter import FrontMatter
from cms.front_values import Unreadable
from cms.import_files import Source, key, read, sources
from cms.import_links import Links
from cms.import_report import Report
from cms.lease import lease
from cms.logs import summarised
from writer import commands, delivery, outbox
from writer.commands import Draft, Refused
from writer.models import ImportedFile, OutboxEvent, Post, Revision

logger = logging.getLogger(__name__)


class Import:
    """One import of one folder."""

    def __init__(self, folder: Path, *, actor: User | None, publish: bool, dry_run: bool) -> None:
        self.folder = folder
        self.actor = actor
        self.publish = publish
        self.dry_run = dry_run
        self.report = Report()
        self.links = Links(folder, actor=actor, keep_pictures=not dry_run, remark=self.report.remarks.append)

    def run(self, progress: Callable[[list[Source]], Iterable[Source]] = iter) -> Report:
        """Import every post in the folder, oldest first. Raise Held while another import runs."""
        with nullcontext(lambda: None) if self.dry_run else lease("import") as renew:
            self.take_all(progress, renew)
        return self.report

    def take_all(
        self, progress: Callable[[list[Source]], Iterable[Source]], renew: Callable[[], None]
    ) -> None:
        """Bring the files in, and to readers what is published of them."""
        posts = sorted(sources(self.folder, self.skip), key=lambda source: (source.date, source.path))
        self.links.slugs = {source.path: source.slug for source in posts}
        announced = self.announced(progress(posts), renew)
        for outcomes in groups(spread(send, announced, processes=settings.PROCESSES)):
            with transaction.atomic():  # a commit waits for the disk
                for event, error in outcomes:
                    with correlated(event.correlation_id):
                        delivery.note(event, error, now=timezone.now())

    def announced(self, sources: Iterable[Source], renew: Callable[[], None]) -> Iterator[OutboxEvent]:
        """Bring the files in, one after the other; yield what readers are to be told of each."""
        for source in sources:
            with outbox.gathered() as events:
                try:
                    with transaction.atomic():
                        commands.take_turn()
                        outcome = self.take(source)
                        transaction.set_rollback(self.dry_run)
                except Exception as error:  # whatever is in a file, the others go on
                    self.skip(source.path, error)
                else:
                    setattr(self.report, outcome, getattr(self.report, outcome) + 1)
            yield from events
            renew()

    def skip(self, path: PurePosixPath, error: Exception) -> None:
        """Note that a file was left out, and why; what nobody foresaw is logged as well."""
        foreseen = isinstance(error, Refused | Unreadable | OSError)
        if not foreseen:
            logger.error("%s could not be imported.", path, exc_info=error)
        self.report.skipped.append(
            f"{path}: {error}" if foreseen else f"{path}: {type(error).__name__}: {error}"
        )

    def take(self, source: Source) -> str:
        """Bring one file in; return what happened: imported, updated or unchanged."""
        matter = read(self.folder, source.path)
        digest = self.links.digest(source.path, cover=matter.cover)
        known = ImportedFile.objects.select_related("post").filter(pk=key(self.folder, source.path)).first()
        if known and known.digest == digest:
            return self.publish_if_wanted(known.post, matter, edited=False)
        body = self.links.rewritten(source.path, matter.body)
        draft = self.draft(matter, source, body=body)
        common: dict[str, Any] = {"draft": draft, "actor": self.actor, "reason": Revision.Reason.IMPORT}
        if known:
            post_id = known.post_id
            commands.save_draft(post_id, lock_version=known.post.lock_version, now=timezone.now(), **common)
        else:
            post_id = commands.create_draft(now=timezone.now(), **common)
        ImportedFile.objects.update_or_create(
            path=key(self.folder, source.path),
            defaults={"post_id": post_id, "digest": digest, "unknown": self.unknown(matter)},
        )
        self.add_aliases(source, post_id, matter)
        self.publish_if_wanted(Post.objects.get(pk=post_id), matter, edited=True)
        return "updated" if known else "imported"

    def draft(self, matter: FrontMatter, source: Source, *, body: str) -> Draft:
        """Return the post as an author would have typed it."""
        authors = matter.authors or (
            (self.actor.get_full_name() or self.actor.get_username(),) if self.actor else ()
        )
        return Draft(
            title=matter.title,
            slug=source.slug,
            keeps_slug=True,  # links in other files name it
            summary=matter.summary,
            body=body,
            language=matter.language or settings.LANGUAGE_CODE,
            tags=tuple(commands.find_or_add_tag(name) for name in matter.tags),
            authors=tuple(commands.find_or_add_author(name) for name in authors),
            description=matter.description,
            translation_key=matter.translation_key,
            canonical_url=self.canonical(source, matter.canonical_url),
            cover=self.links.cover(source.path, matter.cover),
            cover_alt=matter.cover_alt,
            series_id=commands.find_or_add_series(matter.series) if matter.series else None,
            part=matter.part,
            pinned=matter.pinned,
            unlisted=matter.unlisted,
        )

    def canonical(self, source: Source, url: str) -> str:
        """Return where the text appeared first, if that is an address elsewhere; remark on what is none."""
        if url.startswith(settings.SITE_URL + "/"):
            return ""
        try:
            return commands.checked_url(url)
        except Refused as refusal:
            self.report.remarks.append(f"{source.path}: {refusal}")
            return ""

    def publish_if_wanted(self, post: Post, matter: FrontMatter, *, edited: bool) -> str:
        """Publish what is new or was edited, if that was asked for; a date to come is an appointment.

        A draft that was changed at the desk is its author's to publish.
        """
        new = post.published_at is None and post.trashed_at is None and post.publish_at is None
        if not self.publish or matter.draft or not (new or (edited and post.changed)):
            return "unchanged"
        if not post.body.strip():
            self.report.remarks.append(f"{post.imported_from.path}: it has no text, so it stays a draft.")
            return "unchanged"
        now = timezone.now()
        if matter.date and matter.date > now:
            commands.schedule(
                post.pk, publish_at=matter.date, zone=settings.TIME_ZONE, actor=self.actor, now=now
            )
        else:
            commands.publish(post.pk, actor=self.actor, now=now, published_at=matter.date)
        return "updated"

    def add_aliases(self, source: Source, post_id: UUID, matter: FrontMatter) -> None:
        """Let the file's old addresses lead to the post; remark on those that cannot."""
        wanted = [path for path in matter.aliases if path != article_path(source.slug)]
        if wanted and self.refusal_of(post_id, wanted):  # of one of them: then each by itself
            refusals = [self.refusal_of(post_id, [path]) for path in wanted]
            self.report.remarks += [f"{source.path}: {refusal}" for refusal in refusals if refusal]

    def refusal_of(self, post_id: UUID, paths: list[str]) -> Refused | None:
        """Let the paths lead to the post, all or none; return why they may not, if so."""
        try:
            with transaction.atomic():
                commands.add_aliases(post_id, paths=paths, actor=self.actor, now=timezone.now())
        except Refused as refusal:
            return refusal
        return None

    def unknown(self, matter: FrontMatter) -> dict[str, Any]:
        """Return the front matter that has no use here, and count it."""
        for name, value in matter.unknown.items():
            named = [f"{name}.{inner}" for inner in value] if isinstance(value, dict) else [name]
            self.report.unknown.update(named)
        return matter.unknown


def send(event: OutboxEvent) -> str | None:
    """Send an event to readers, in whatever process; return why it did not arrive, if it did not."""
    with summarised(), correlated(event.correlation_id):
        return delivery.attempt(event)
