"""What is asked for: for each kind of address a file of lines, a path and after a tab an entity tag."""

import json
import random
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from cms.events import article_path
from reader import queries
from reader.pages import KEPT, Page
from reader.rendering import code_version, site
from tests import corpus
from tests.bench import web

ARTICLES = 20_000  # at most, that are asked for in any order
FEW = 50
PLAIN = {"Accept-Encoding": "identity"}
API = "/api/v1/articles/"


def written(server, posts):
    """Return {what: file}, after some addresses of each have been seen to answer as they should."""
    folder = Path(settings.DATA_DIR) / "asked"
    folder.mkdir(exist_ok=True)
    files = {}
    for what, lines in asked(server, posts).items():
        for line in random.Random(1).sample(lines, min(len(lines), 10)):
            path, _tab, tag = line.partition("\t")
            status, _headers, body = web.get(server.port, path, **({"If-None-Match": tag} if tag else {}))
            assert (status, bool(body)) == ((304, False) if tag else (200, True)), (line, status)
        files[what] = folder / f"{what.replace(', ', '-').replace(' ', '-')}.txt"
        files[what].write_text("\n".join(lines) + "\n")
    return files


def asked(server, posts):
    """Return {what: lines}."""
    chance = random.Random(2)
    whole = [(page.address, page.etag) for page in whole_pages()]
    pages = posts // site().per_page
    rare = [str(chance.randrange(posts)) for _ in range(FEW)]
    return {
        "article": [path for path, _tag in whole],
        "article, If-None-Match": [f'{path}\t"{tag}-gzip"' for path, tag in whole],
        "home": ["/"],
        "deep list page": [f"/page/{pages - number}/" for number in range(min(FEW, pages - 1))],
        "tag page": [f"/tags/tag-{number}/" for number in range(1, corpus.TAGS + 1)],
        "RSS": ["/feed.xml"],
        "API list": [API],
        "API item": [f"{API}{slug}/" for slug in slugs()[:1000]],
        "API cursor walk": walk(server),
        "search, common word": searches(corpus.COMMON[:10]),
        "search, rare word": searches(rare),
        "search, misspelt word": searches(misspelt(chance)),
    }


def slugs():
    """Return the slugs of the articles that are asked for; their order says nothing."""
    return list(queries.listed().order_by("pk").values_list("slug", flat=True)[:ARTICLES])


def whole_pages():
    """Return the pages of these articles, with what surrounds them, that are kept."""
    paths = {KEPT + article_path(slug) for slug in slugs()}
    kept = Page.objects.kept(code_version()).order_by("path")
    return [page for page in kept.iterator() if page.path in paths]


def searches(words):
    """Return the addresses of searches for these words."""
    return [f"/search/?q={word}" for word in words]


def misspelt(chance):
    """Return words that many posts have, each with two letters in the other's place."""
    words = chance.sample([word for word in corpus.WORDS[100:1000] if len(word) > 6], FEW)
    return [word[:3] + word[4] + word[3] + word[5:] for word in words]


def walk(server):
    """Return the addresses of a walk through all posts by cursors, from the newest to the oldest."""
    lines = [f"{API}?limit=100"]
    while following := json.loads(web.get(server.port, lines[-1], **PLAIN)[2])["next"]:
        parts = urlsplit(following)
        lines.append(f"{parts.path}?{parts.query}")
    return lines
