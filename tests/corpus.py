"""A deterministic blog of any size for benchmarks: as Markdown files to import, or written to both databases in bulk.

In bulk, the writer's rows are what the commands would leave, and the reader's rows what the projector would:
each page is the one that the renderer makes of that post. Of 500 texts, that is, each rendered once.
Or, as a million pages take hours, all carry one rendering: whoever compares bytes must render them first.
"""

import random
import sys
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from unittest.mock import patch
from uuid import UUID

from django.db import connections, transaction

from cms import documents, markup
from cms.events import AuthorRef, PostPublished, TagRef, article_path
from reader import rendering
from reader.editions import Change, Edition
from reader.filing import FILED, rows_of
from reader.index import Spelling, Terms
from reader.indexing import spelled, spellings_of, terms_of
from reader.models import Article
from reader.pages import Page
from writer.models import Address, Author, OutboxEvent, Post, Revision, Tag, key_of
from writer.models.content import RevisionByline
from writer.models.posts import PostByline

BATCH = 2000
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=6 * 365)
TAGS, TAGS_EACH = 30, 3
TEXT = (
    "the quiet harbour keeps its boats and letters arrive by evening while lamps along the water burn and "
    "every reader finds a page that was written for nobody else and the paper smells of rain and ink"
)
COMMON = TEXT.split()
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri flo gru sta tre"
TEXTS = 500  # that a blog made in bulk consists of


def vocabulary():
    """Return words, the frequent ones first, and how often each is used, summed up (Zipf's law)."""
    chance = random.Random(0)
    made = ("".join(chance.choices(SYLLABLES.split(), k=chance.choice((2, 3, 3, 4)))) for _ in range(6000))
    words = COMMON + [word for word in dict.fromkeys(made) if word not in COMMON]
    return words, list(accumulate(1 / (rank + 3) for rank in range(len(words))))


WORDS, OFTEN = vocabulary()


def body(chance, words):
    """Return Markdown of so many words, with headings, lists, code, tables and links."""
    parts = [f"{TEXT}."]  # so that every post has met the common words
    for number in range(max(1, words // 100)):
        text = " ".join(chance.choices(WORDS, cum_weights=OFTEN, k=85))
        parts.append(
            f"## Part {number + 1}\n\n{text[:200]} *{text[200:230]}* [{text[230:250]}](/posts/post-{number}/) {text[250:]}."
        )
        parts.append(
            [
                "- one thing\n- another thing\n- **the last** thing",
                "```python\nfor page in pages:\n    print(page.path)\n```",
                "| name | pages |\n|---|---|\n| home | 12 |\n| tags | 3 |",
                "> What is written stays.",
            ][number % 4]
        )
    return "\n\n".join(parts)


def title(number, chance):
    """Return the title of a post; its number is a word that no other has."""
    return f"Post {number}: {' '.join(chance.choices(COMMON, k=5))}"


def write(folder, posts, *, words=700):
    """Write so many posts as Markdown files; each has a text of its own."""
    chance = random.Random(1)
    for number in range(posts):
        at = SINCE + SPAN * chance.random()
        tags = ", ".join(f"Tag {tag}" for tag in sorted(chance.sample(range(1, TAGS + 1), TAGS_EACH)))
        said = f'title: "{title(number, chance)}"\ndate: {at:%Y-%m-%dT%H:%M:%SZ}\ntags: [{tags}]\nauthor: Ada'
        file = folder / f"{at:%Y}" / f"post-{number}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\n{said}\nslug: post-{number}\n---\n\n{body(chance, words)}\n")


def fill(posts, *, words=700, each=False, batches=iter):
    """Make so many public posts on both sides, in step with each other; `each` with a page of its own."""
    chance = random.Random(1)
    tags = [Tag(pk=n, name=f"Tag {n}", key=key_of(f"Tag {n}"), slug=f"tag-{n}") for n in range(1, TAGS + 1)]
    Tag.objects.bulk_create(tags)
    author = Author.objects.create(pk=1, name="Ada", key=key_of("Ada"), slug="ada")
    texts = [body(chance, words) for _ in range(TEXTS if each else 1)]
    known, pages = set(), rendered_page if each else copied_page
    with remembered(markup.render), remembered(rendering.render_version), remembered(rendering.site):
        for start in batches(range(0, posts, BATCH)):
            numbers = range(start, min(start + BATCH, posts))
            made = [made_post(number, chance, texts, tags, author) for number in numbers]
            write_side(made)
            read_side(made, pages, known)
    Edition.objects.create(pk=1, number=posts)


def analyse():
    """Let both databases look at what they hold, as they do by and by in a blog that grows."""
    for connection in connections.all():
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def remembered(function):
    """Let a function that always says the same be called once for each question."""
    module = sys.modules[function.__module__]
    return patch.object(module, function.__name__, lru_cache(TEXTS)(function))


def made_post(number, chance, texts, tags, author):
    """Return what is public of one post, and the ids of its tags."""
    at = SINCE + SPAN * chance.random()
    borne = sorted(chance.sample(tags, TAGS_EACH), key=lambda tag: (tag.name, tag.slug))
    event = documents.sealed(
        PostPublished(
            post_id=UUID(int=chance.getrandbits(128), version=4),
            version=int(at.timestamp() * 1_000_000),
            slug=f"post-{number}",
            aliases=(),
            title=title(number, chance),
            summary="",
            body=texts[number % len(texts)],
            language="en",
            tags=tuple(TagRef(slug=tag.slug, name=tag.name, aliases=()) for tag in borne),
            authors=(AuthorRef(slug=author.slug, name=author.name),),
            published_at=at,
            updated_at=at,
        )
    )
    return number + 1, event, [tag.pk for tag in borne]


@transaction.atomic
def write_side(made):
    """Write the posts, each with its one revision, its address and its delivered event."""
    words = [
        {"title": event.title, "slug": event.slug, "body": event.body, "language": event.language}
        for _pk, event, _tags in made
    ]
    Post.objects.bulk_create(
        Post(
            pk=event.post_id,
            live_id=pk,
            announced_id=pk,
            version=event.version,
            digest=event.digest,
            published_at=event.published_at,
            updated_at=event.updated_at,
            created_at=event.published_at,
            edited_at=event.published_at,
            **said,
        )
        for (pk, event, _tags), said in zip(made, words, strict=True)
    )
    Revision.objects.bulk_create(
        Revision(
            pk=pk, post_id=event.post_id, number=1, reason="publish", created_at=event.published_at, **said
        )
        for (pk, event, _tags), said in zip(made, words, strict=True)
    )
    Revision.tags.through.objects.bulk_create(
        Revision.tags.through(revision_id=pk, tag_id=tag) for pk, _event, tags in made for tag in tags
    )
    Post.tags.through.objects.bulk_create(
        Post.tags.through(post_id=event.post_id, tag_id=tag) for _pk, event, tags in made for tag in tags
    )
    PostByline.objects.bulk_create(
        PostByline(post_id=event.post_id, author_id=1, position=0) for _pk, event, _tags in made
    )
    RevisionByline.objects.bulk_create(
        RevisionByline(revision_id=pk, author_id=1, position=0) for pk, _event, _tags in made
    )
    Address.objects.bulk_create(
        Address(path=article_path(event.slug), post_id=event.post_id) for _pk, event, _tags in made
    )
    OutboxEvent.objects.bulk_create(
        OutboxEvent(
            post_id=event.post_id,
            version=event.version,
            kind=documents.kind_of(event),
            document=documents.document(event),
            digest=event.digest,
            occurred_at=event.published_at,
            next_attempt_at=event.published_at,
            delivered_at=event.published_at + timedelta(seconds=0.1),
            attempts=1,
        )
        for _pk, event, _tags in made
    )


@transaction.atomic(using="reader")
def read_side(made, page_of, known):
    """Write the articles, each with its page, its places in lists and what it is found by; `known` words are."""
    articles = [rendering.article_of(event) for _pk, event, _tags in made]
    Article.objects.bulk_create(articles)
    Page.objects.bulk_create(map(page_of, articles))
    Terms.objects.bulk_create(map(terms_of, articles))
    Change.objects.bulk_create(Change(post_id=event.post_id, edition=pk) for pk, event, _tags in made)
    texts = {article.text: article for article in articles}.values()  # all words but the numbers are in them
    new = {word for article in texts for word in spellings_of(article)} - known
    Spelling.objects.bulk_create(spelled(new))
    known |= new
    filed = [rows_of(article) for article in articles]
    for kind in FILED:
        kind._default_manager.bulk_create(row for rows in filed for row in rows[kind])


def rendered_page(article):
    """Return the article's page."""
    (page,) = rendering.pages_of(article)
    return page


def copied_page(article):
    """Return a page that says what the first article says, at the path of this one."""
    page = copy(first_page(article))
    page.path, page.post_id = article.paths[0], article.post_id
    page.version, page.last_modified = article.version, article.updated_at
    return page


FIRST = []


def first_page(article):
    """Return the page of the first article that was asked for."""
    FIRST.extend([] if FIRST else [rendered_page(article)])
    return FIRST[0]
