"""What the pages of the desk cost."""

import time
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.bench.blog import prepare
from writer.models import Post

PAGES = {  # of the desk
    "first page": "",
    "list": "writer/post/",
    "its 1,900th page": "writer/post/?p=1900",
    "search, many hits": "writer/post/?q=harbour",
    "search, one hit": "writer/post/?q=post-777",
    "search, no hit": "writer/post/?q=zebra",
    "live, no hit": "writer/post/?state=live&q=zebra",
    "drafts": "writer/post/?state=draft",
    "needs review": "writer/post/?state=review",
    "with a schedule": "writer/post/?state=appointed",
    "failed": "writer/post/?state=failed",
    "trash": "writer/post/?state=trash",
    "by tag": "writer/post/?tag=tag+1",
    "by author, no hit": "writer/post/?author=ada&q=zebra",
    "mine": "writer/post/?mine=1",
    "last published, no hit": "writer/post/?order=published&q=zebra",
}


def desk(options):
    """What the pages of the desk cost: for somebody who made every post, and for one who made 300."""
    prepare(options)
    on, (boss, contributor) = connections["default"].vendor, staff()
    for who, pages in ((boss, PAGES), (contributor, ("first page", "list", "search, no hit"))):
        client = Client(headers={"host": "localhost"})
        client.force_login(who)
        for page in pages:
            wall, cpu, queries = visited(client, PAGES[page])
            times = f"{wall * 1000:.0f} ms | {cpu * 1000:.0f} ms"
            print(f"| {who.username}: {page}, {on} | {times} | {queries} |", flush=True)
            assert queries <= (12 if page == "first page" else 15), (page, queries)


def staff():
    """Return a superuser who made every post, and a contributor; make both, and posts in every state, at first."""
    make = get_user_model().objects
    boss = make.filter(username="boss").first() or make.create_superuser("boss")
    contributor, new = make.get_or_create(username="contributor", is_staff=True)
    if new:
        contributor.groups.add(Group.objects.get(name="Contributor"))
        Post.objects.update(created_by=boss)
        unpublished(1000, boss, contributor)
    return boss, contributor


def unpublished(number, boss, contributor):
    """Make so many drafts, some scheduled, ready for review, refused or in the trash."""
    now, day = timezone.now(), timedelta(days=1)
    shared = {"created_at": now, "edited_at": now}
    Post.objects.bulk_create(
        Post(
            title=f"Draft {place}",
            slug=f"draft-{place}",
            body="Text.",
            created_by=contributor if place % 10 < 3 else boss,
            publish_at=now + day * (place % 20 + 1) if place % 10 == 1 else None,
            review_asked_at=now if place % 10 == 2 else None,
            refusal="It was refused." if place % 100 == 4 else "",
            trashed_at=now if place % 10 == 5 else None,
            **shared,
        )
        for place in range(number)
    )
    with connections["default"].cursor() as cursor:
        cursor.execute("ANALYZE")


def visited(client, path):
    """Open a page seven times; return the median time and the least processor time in s, and the queries."""
    wall, cpu = [], []
    for _ in range(7):
        with CaptureQueriesContext(connections["default"]) as queries:
            begun, used = time.perf_counter(), time.process_time()
            answer = client.get(f"/admin/{path}")
            wall.append(time.perf_counter() - begun)
            cpu.append(time.process_time() - used)
        assert answer.status_code == 200, (path, answer.status_code)
    return sorted(wall)[3], min(cpu), len(queries)
