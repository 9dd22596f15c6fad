"""A deterministic blog of any size, written to both databases in bulk, for benchmarks.

The writer's rows are what the commands would leave. The reader's rows say the same of version and
digest, but all carry one rendering: whoever compares bytes must render them first.
"""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connections, transaction

from cms import events
from cms.events import AuthorRef, PostPublished, TagRef, article_path
from reader.filing import FILED, rows_of
from reader.index import Spelling, Terms
from reader.indexing import month, spellings, terms_of
from reader.models import Article, Edition, Page
from reader.rendering import article_of, pages_of
from writer.models import Address, Author, OutboxEvent, Post, Revision, Tag, key_of
from writer.models.content import RevisionByline
from writer.models.posts import PostByline

BATCH = 5000
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=6 * 365)
TAGS, TAGS_EACH = 30, 3
TEXT = (
    "the quiet harbour keeps its boats and letters arrive by evening while lamps along the water burn and "
    "every reader finds a page that was written for nobody else and the paper smells of rain and ink"
)
WORDS = TEXT.split()


def body(chance, words):
    """Return Markdown of so many words, with headings, a list, code, a table and links."""
    parts = []
    for number in range(max(1, words // 100)):
        text = " ".join(chance.choices(WORDS, k=85))
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


def fill(posts, *, words=700):
    """Make so many public posts on both sides, in step with each other."""
    chance = random.Random(1)
    tags = [Tag(pk=n, name=f"Tag {n}", key=key_of(f"Tag {n}"), slug=f"tag-{n}") for n in range(1, TAGS + 1)]
    Tag.objects.bulk_create(tags)
    author = Author.objects.create(pk=1, name="Ada", key=key_of("Ada"), slug="ada")
    texts = [body(chance, words) for _ in range(50)]
    for start in range(0, posts, BATCH):
        made = [
            made_post(number, chance, texts, tags, author)
            for number in range(start, min(start + BATCH, posts))
        ]
        write_side(made)
        read_side(made)
    Edition.objects.create(pk=1, number=posts)
    for connection in connections.all():
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def made_post(number, chance, texts, tags, author):
    """Return what is public of one post, and the ids of its tags."""
    at = SINCE + SPAN * chance.random()
    borne = sorted(chance.sample(tags, TAGS_EACH), key=lambda tag: (tag.name, tag.slug))
    event = events.sealed(
        PostPublished(
            post_id=UUID(int=chance.getrandbits(128), version=4),
            version=int(at.timestamp() * 1_000_000),
            slug=f"post-{number}",
            aliases=(),
            title=f"Post {number}: {' '.join(chance.choices(WORDS, k=5))}",
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
            kind=events.kind_of(event),
            document=events.document(event),
            digest=event.digest,
            occurred_at=event.published_at,
            next_attempt_at=event.published_at,
            delivered_at=event.published_at + timedelta(seconds=0.1),
            attempts=1,
        )
        for _pk, event, _tags in made
    )


RENDERED = {}


@transaction.atomic(using="reader")
def read_side(made):
    """Write the articles, each with its page and its places in lists."""
    if not RENDERED:
        article = article_of(made[0][1])
        RENDERED.update(article=article, page=pages_of(article)[0])
        article.text += f"\n{TEXT}"  # so that every word has been met
        Spelling.objects.bulk_create(spellings(article))
    model, shown = RENDERED["article"], RENDERED["page"]
    articles = [
        Article(
            post_id=event.post_id,
            version=event.version,
            digest=event.digest,
            paths=list(event.paths),
            page_count=len(event.paths),
            slug=event.slug,
            title=event.title,
            summary=model.summary,
            html=model.html,
            text=model.text,
            contents=model.contents,
            tags=[{"slug": tag.slug, "name": tag.name, "aliases": []} for tag in event.tags],
            authors=model.authors,
            language=event.language,
            words=model.words,
            published_at=event.published_at,
            month=month(event.published_at),
            updated_at=event.updated_at,
            render_version=model.render_version,
        )
        for _pk, event, _tags in made
    ]
    Article.objects.bulk_create(articles)
    Terms.objects.bulk_create(map(terms_of, articles))
    Page.objects.bulk_create(
        Page(
            path=event.paths[0],
            post_id=event.post_id,
            version=event.version,
            status=200,
            body=shown.body,
            etag=shown.etag,
            last_modified=event.updated_at,
            render_version=shown.render_version,
        )
        for _pk, event, _tags in made
    )
    filed = [rows_of(article) for article in articles]
    for kind in FILED:
        kind._default_manager.bulk_create(row for rows in filed for row in rows[kind])
