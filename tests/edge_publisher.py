"""The writer of the tests of many machines: publishes, and sweeps as the worker does, on a faster clock, until it is killed."""

import json
import time
from dataclasses import replace
from pathlib import Path

from django.utils import timezone

from cms import schedule
from cms.models import Lease
from tests.test_site import WORDS
from writer import commands, delivery
from writer.commands import Draft
from writer.commands.drafts import draft_of
from writer.models import Post

STEADY = ("one", "two", "three")
SOMETIMES = "sometimes"  # withdrawn, and public again
GONE = ("withdrawn", "deleted")
PAUSE = 0.8  # s between two publications


def begin():
    """Publish the first posts, withdraw two and delete one of them for ever, and describe the site."""
    given = {"actor": None, "now": timezone.now()}
    posts = {}
    for slug in (*STEADY, SOMETIMES, *GONE):
        posts[slug] = commands.create_draft(draft=Draft(title=slug.title(), slug=slug, body="w1w"), **given)
        commands.publish(posts[slug], **given)
    for slug in GONE:
        commands.unpublish(posts[slug], **given)
    commands.trash(posts["deleted"], **given)
    commands.purge(posts["deleted"], **given)
    commands.describe_site(**WORDS, **given)


def run(folder):
    """Publish and sweep, one step after the other; while there is a file `quiet`, only sweep.

    What has been answered is told in a file, a line each.
    """
    Lease.objects.update(holder=None, expires_at=timezone.now())  # of the one before, which was killed
    folder, number = Path(folder), 0
    while True:
        quiet = (folder / "quiet").exists()
        if not quiet:
            told = publish(number)
            with (folder / "acknowledged").open("a") as file:
                file.write(json.dumps(told) + "\n")
            number += 1
        delivery.relay(now=timezone.now(), patient=False)
        schedule.reconcile()
        if quiet:
            (folder / "silent").touch()
        time.sleep(PAUSE)


def publish(number):
    """Take one step; return the slug and the word that readers are to find there, or nothing."""
    slugs = (*STEADY, SOMETIMES)
    slug = slugs[number % len(slugs)]
    post, now = Post.objects.get(slug=slug), timezone.now()
    if slug == SOMETIMES and post.live_id:
        commands.unpublish(post.pk, actor=None, now=now)
        return [slug, ""]
    word = f"w{time.monotonic_ns()}w"
    draft = replace(draft_of(post), body=f"The word is {word}.")
    commands.save_draft(post.pk, draft=draft, lock_version=post.lock_version, actor=None, now=now)
    commands.publish(post.pk, actor=None, now=now)
    return [slug, word]


def truth():
    """Return what the writer says of each post: the body that is public, or nothing."""
    return {post.slug: post.live.body if post.live else "" for post in Post.objects.select_related("live")}
