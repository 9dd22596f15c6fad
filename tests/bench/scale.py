"""What grows with a blog: what each kind of address costs at 1,000 posts and at many, and the ratio."""

import json
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path

from django.db import connections
from django.db.models import F
from django.test import Client

from reader.editions import Edition
from reader.models import Article
from reader.rendering import site
from tests.bench.blog import prepare

SMALL = 1000
TIMES = 15
API = "/api/v1/"
ADDRESSES = {  # {deep}: the middle page of all; {tagged}: of the tenth of them that bear a tag
    "article": "/posts/post-{chance}/",
    "home": "/",
    "home, deep": "/page/{deep}/",
    "tag": "/tags/tag-3/",
    "tag, deep": "/tags/tag-3/page/{tagged}/",
    "author of all, deep": "/authors/ada/page/{deep}/",
    "year": "/archive/2023/",
    "month": "/archive/2023/05/",
    "all tags": "/tags/",
    "all authors": "/authors/",
    "archive": "/archive/",
    "RSS": "/feed.xml",
    "Atom of a tag": "/tags/tag-3/atom.xml",
    "sitemap index": "/sitemap.xml",
    "sitemap of up to 10,000": "/sitemap-1.xml",
    "API list": API + "articles/",
    "API list, oldest first": API + "articles/?order=published_at",
    "API list of a tag": API + "articles/?tag=tag-3",
    "API list of any of two tags": API + "articles/?tag=tag-3&tag=tag-4",
    "API list of a tag by an author": API + "articles/?tag=tag-3&author=ada",
    "API list in a language that none has": API + "articles/?lang=de",
    "API list, counted": API + "articles/?count=true",
    "API list of all of two tags": API + "articles/?tag_all=tag-3&tag_all=tag-4",
    "API list, modified long ago": API + "articles/?modified_before=2020-02-01&tag=tag-3",
    "API list, those of a tag counted": API + "articles/?tag=tag-3&author=ada&count=true",
    "API item": API + "articles/post-{chance}/",
    "API changes": API + "changes/",
    "API tags": API + "tags/",
    "API archive": API + "archive/",
    "search, a word of all posts": "/search/?q=harbour",
    "search, a word of one post": "/search/?q={chance}",
    "search, mistyped": "/search/?q=harbuor",
}


def scale(options):
    """Print what each address costs at 1,000 posts and at --posts, as the first request of an edition and again."""
    small, large = (asked(posts, options) for posts in (SMALL, options.posts))
    on = connections["default"].vendor
    print(
        f"| {on}, ms of processor time | first, {SMALL:,} | {options.posts:,} | ratio | again | {options.posts:,} | ratio |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in ADDRESSES:
        cells = (f"{a:.1f} | {b:.1f} | {b / a:.2f}" for a, b in zip(small[name], large[name], strict=True))
        print(f"| {name} | {' | '.join(cells)} |")


def asked(posts, options):
    """Measure a blog of so many posts, in a process, a folder and databases of its own."""
    folder = Path(os.environ["DATA_DIR"]) / f"of-{posts}"
    inherited = {name: value for name, value in os.environ.items() if not name.endswith("DATABASE_URL")}
    command = [
        sys.executable,
        "-m",
        "tests.bench",
        "cost",
        "--posts",
        str(posts),
        "--words",
        str(options.words),
    ]
    told = subprocess.run(
        command, env={**inherited, "DATA_DIR": str(folder)}, stdout=subprocess.PIPE, check=True
    )
    return json.loads(told.stdout.splitlines()[-1])


def cost(options):
    """Print as JSON what each address costs: [first request of an edition, second one] in ms of processor time."""
    prepare(options)
    chance, client = random.Random(1), Client(headers={"host": "localhost", "accept-encoding": "gzip"})
    used, pages = clock(), Article.objects.count() // site().per_page
    told = {}
    for name, address in ADDRESSES.items():
        taken = []
        for _time in range(TIMES):
            Edition.objects.update(number=F("number") + 1)
            path = address.format(chance=chance.randrange(options.posts), deep=pages // 2, tagged=pages // 20)
            taken.append([spent(client, path, used) for _request in range(2)])
        told[name] = [1000 * statistics.median(times) for times in zip(*taken[2:], strict=True)]
    print(json.dumps(told))


def spent(client, path, used):
    """Return the processor time of a request in s, of this process and of the database's."""
    begun = used()
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return used() - begun


def clock():
    """Return what tells the processor time in s that was used so far; of PostgreSQL, by its process for us (Linux)."""
    connection = connections["reader"]
    if connection.vendor == "sqlite":
        return time.process_time
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        told = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return lambda: time.process_time() + int(told.read_text().split()[0]) / 1e9
