"""The demo blog."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from cms.front_values import split
from cms.importing import Import
from cms.logs import summarised
from cms.management.unavailable import say_unavailable
from writer import commands
from writer.models import Post, frozen_fields

POSTS: Final = settings.BASE_DIR / "cms" / "demo"
SCHEDULED: Final = "next-week"
CHANGED: Final = POSTS / "_changed"  # newer drafts of posts that are public


class Command(BaseCommand):
    """The demo blog."""

    help = "Bring in the demo blog: posts that explain the project, among them a draft and a schedule."

    @say_unavailable()
    @summarised()
    def handle(self, **options: Any) -> None:
        """Import the posts, then schedule one and change another. A second run changes nothing."""
        report = Import(POSTS, actor=None, publish=True, dry_run=False).run()
        now = timezone.now()
        for post in Post.objects.filter(slug=SCHEDULED, live=None, publish_at=None, trashed_at=None):
            in_a_week = (now + timedelta(days=7)).replace(minute=0, second=0, microsecond=0)
            commands.schedule(post.pk, publish_at=in_a_week, zone=settings.TIME_ZONE, actor=None, now=now)
        for file in CHANGED.glob("*.md"):
            self.change(file)
        self.stdout.write(str(report).replace("import:", "demo:"))

    def change(self, file: Path) -> None:
        """Give a public post a newer draft, once."""
        post = Post.objects.live().filter(slug=file.stem, changed=False, lock_version=0).first()
        if post is None:
            return
        _matter, body = split(file.read_text())
        words = {**frozen_fields(post), "body": body}
        draft = commands.Draft(**words, tags=tuple(post.tag_ids()), authors=tuple(post.author_ids()))
        commands.save_draft(post.pk, draft=draft, lock_version=0, actor=None, now=timezone.now())
