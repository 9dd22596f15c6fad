"""A publisher of the chaos test: gives random commands until it is killed.

It writes down which words may become public before they can, and every command that returned.
Only the owner of a post writes words that must stay secret, and only the owner publishes it:
so it is known what a publication will show, whatever the other publisher does to the post.
"""

import json
import re
import time
import uuid
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

from django.utils import timezone

from writer import commands
from writer.models import Author, Post, Tag
from writer.refusals import Refused

WORD = re.compile(r"w\d+x\d+x\d+w")  # one for each draft: publisher, start, count
MANY = 60  # posts; few, so that the publishers meet
PLACES = 80  # slugs; some are left free
STEADY = "steady"  # how the slugs of posts begin that are never moved nor withdrawn
WEIGHTS = {
    "create": 5,
    "edit": 8,
    "edit_another_s": 4,
    "publish": 10,
    "edit_and_publish": 25,
    "move": 8,
    "swap": 4,
    "revert": 2,
    "schedule": 8,
    "schedule_unpublish": 3,
    "cancel_schedule": 1,
    "discard_changes": 2,
    "unpublish": 3,
    "trash": 3,
    "restore": 4,
    "purge": 3,
    "add_alias": 4,
    "rename_tag": 3,
    "merge_tags": 1,
    "rename_author": 3,
}


class Publisher:
    """One of the people at the desk, from one start of its process to the next kill."""

    def __init__(self, folder, number, start, seed):
        self.number, self.start, self.count = int(number), int(start), 0
        self.random = Random(f"{seed} {number} {start}")
        self.allowed = Path(folder, f"allowed-{number}")
        self.acknowledged = Path(folder, f"acknowledged-{number}")

    def run(self):
        """Give commands until it is killed."""
        while True:
            (name,) = self.random.choices(list(WEIGHTS), WEIGHTS.values())
            with suppress(Refused):
                getattr(self, name)()
            time.sleep(self.random.uniform(0, 0.04))

    def do(self, command, pk, **values):
        """Give a command, and write down that it returned, with the version of its post."""
        command(pk, actor=None, now=timezone.now(), **values)
        post = Post.objects.filter(pk=pk).first() if isinstance(pk, uuid.UUID) else None
        line = [command.__name__, str(pk), post.version if post else None]
        append(self.acknowledged, json.dumps(line) + "\n")

    def allow(self, text):
        """Write down that the words of a text may be public from now on."""
        append(self.allowed, "".join(f"{word}\n" for word in set(WORD.findall(text))))

    # --- what there is

    def post(self, *, own=False, steady=True, **kind):
        """Return any post. Raise Refused if there is none of this kind."""
        posts = Post.objects.filter(**kind).order_by("pk").values_list("pk", "slug")
        ids = [pk for pk, slug in posts if steady or not slug.startswith(STEADY)]
        ids = [pk for pk in ids if not own or pk.int % 2 == self.number]
        return self.present(self.choice(ids))

    def present(self, post_id):
        """Return the post as it is now. Raise Refused if the other publisher has purged it."""
        post = Post.objects.filter(pk=post_id).first()
        if post is None:
            raise Refused("There is no such post any more.")
        return post

    def choice(self, things):
        """Return any of the things. Raise Refused if there is none."""
        if not things:
            raise Refused("There is none.")
        return self.random.choice(things)

    def draft(self, slug):
        """Return words that were never used before; some have a title that gives the same slug as others."""
        self.count += 1
        word = f"w{self.number}x{self.start}x{self.count}w"
        return commands.Draft(
            title=f"Post {word}" if slug else "A note",
            slug=slug,
            keeps_slug=bool(slug),
            summary=self.random.choice(["", f"Summary {word}"]),
            body=f"Text {word}.\n\n## Heading\n\n- a\n- b\n\n```python\nprint({word!r})\n```",
            tags=tuple(commands.find_or_add_tag(name) for name in self.names("tag", 12)),
            authors=tuple(commands.find_or_add_author(name) for name in self.names("Author", 3)),
        )

    def names(self, kind, many):
        """Return up to two names; those with a sign behind them give the same slug as those without."""
        names = [f"{kind} {number}{sign}" for number in range(many) for sign in ("", "+")]
        return self.random.sample(names, self.random.randint(0, 2))

    def place(self):
        return f"place-{self.random.randrange(PLACES)}"

    def soon(self):
        return timezone.now() + timedelta(seconds=self.random.uniform(0.5, 2))

    def name(self, model):
        """Return the id of any tag or author."""
        return self.choice(list(model.objects.order_by("pk").values_list("pk", flat=True)))

    # --- commands that only the owner gives, for they decide what is public

    def create(self):
        if Post.objects.count() < MANY:
            post_id = uuid.UUID(int=self.random.getrandbits(127) << 1 | self.number)
            slug = self.random.choice(["", self.place(), self.place()])
            commands.create_draft(draft=self.draft(slug), actor=None, now=timezone.now(), post_id=post_id)

    def edit(self):
        self.rewrite(self.post(own=True))

    def rewrite(self, post, slug=None):
        """Write secret words, unless a schedule will make public whatever they are."""
        draft = self.draft(slug or post.slug)
        if post.publish_at:
            self.allow(draft.body)
        self.do(commands.save_draft, post.pk, draft=draft, lock_version=post.lock_version)

    def publish(self):
        self.make_public(self.post(own=True).pk)

    def make_public(self, post_id):
        self.allow(self.present(post_id).body)
        self.do(commands.publish, post_id)

    def edit_and_publish(self):
        post = self.post(own=True)
        self.rewrite(post)
        self.make_public(post.pk)

    def move(self):
        post = self.post(own=True, steady=False)
        self.rewrite(post, self.place())
        self.make_public(post.pk)

    def swap(self):
        one, two = (self.post(own=True, steady=False) for _ in range(2))
        if one != two:
            for post, slug in ((one, f"aside-{self.number}"), (two, one.slug), (one, two.slug)):
                self.rewrite(self.present(post.pk), slug)
                self.make_public(post.pk)

    def revert(self):
        post = self.post(own=True)
        number, body = self.choice(list(post.revisions.values_list("number", "body")))
        if post.publish_at:
            self.allow(body)
        self.do(commands.revert_to, post.pk, number=number)

    def schedule(self):
        post = self.post(own=True)
        self.allow(post.body)
        self.do(commands.schedule, post.pk, publish_at=self.soon(), zone="UTC")

    # --- commands that both give

    def edit_another_s(self):
        post = self.post()
        draft = self.draft(post.slug)
        self.allow(draft.body)
        self.do(commands.save_draft, post.pk, draft=draft, lock_version=post.lock_version)

    def schedule_unpublish(self):
        self.do(commands.schedule_unpublish, self.post(steady=False).pk, unpublish_at=self.soon(), zone="UTC")

    def cancel_schedule(self):
        self.do(commands.cancel_schedule, self.post().pk)

    def discard_changes(self):
        self.do(commands.discard_changes, self.post().pk)

    def unpublish(self):
        self.do(commands.unpublish, self.post(steady=False).pk)

    def trash(self):
        self.do(commands.trash, self.post(steady=False).pk)

    def restore(self):
        self.do(commands.restore, self.post(trashed_at__isnull=False).pk)

    def purge(self):
        self.do(commands.purge, self.post(trashed_at__isnull=False).pk)

    def add_alias(self):
        path = self.random.choice([f"/old/{self.random.randrange(40)}/", f"/posts/{self.place()}/"])
        self.do(commands.add_aliases, self.post().pk, paths=[path])

    def rename_tag(self):
        self.do(commands.rename_tag, self.name(Tag), name=f"tag {self.random.randrange(10_000)}")

    def merge_tags(self):
        self.do(commands.merge_tags, self.name(Tag), into=self.name(Tag))

    def rename_author(self):
        self.do(commands.rename_author, self.name(Author), name=f"Author {self.random.randrange(10_000)}")


def append(file, text):
    """Add to a file so that it is there even if the process is killed at once."""
    with file.open("a") as end:
        end.write(text)
