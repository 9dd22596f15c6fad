"""What readers are asked to read while something else is measured."""

import json
import random
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from cms.events import article_path
from reader.names import Tagging
from tests.bench import targets

OTHERS = (
    "/",
    "/page/2/",
    "/tags/",
    "/archive/",
    "/feed.xml",
    "/atom.xml",
    f"{targets.API}?limit=12",
    "/search/?q=harbour",
)


@contextmanager
def reading(server, rate):
    """Let readers ask for so much each second; yield what will hold {statuses, rate, p50, p99} of them then."""
    file = Path(settings.DATA_DIR) / "mixed.txt"
    file.write_text("\n".join(mixed()) + "\n")
    command = [sys.executable, "-m", "tests.bench.reading", str(server.port), str(file), str(rate)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    told = {}
    try:
        yield told
    finally:
        printed, _errors = process.communicate()
        told.update(json.loads(printed))


def mixed():
    """Return 1,000 paths: four of five are articles, some read more than others; then lists, feeds, API and search.

    The n-th of them is read 1 / n^0.8 times as often as the first (Breslau and others 1999,
    doi:10.1109/INFCOM.1999.749260, found 0.64 to 0.83).
    """
    chance = random.Random(3)
    slugs = targets.slugs()
    tags = [f"/tags/{slug}/" for slug in sorted(set(Tagging.objects.values_list("slug", flat=True)))]
    items = [f"{targets.API}{slug}/" for slug in slugs[:100]]
    others = [path for kind in (OTHERS, tags or OTHERS, items) for path in chance.choices(kind, k=67)]
    read = chance.choices(slugs, [1 / rank**0.8 for rank in range(1, len(slugs) + 1)], k=800)
    return [article_path(slug) for slug in read] + others
