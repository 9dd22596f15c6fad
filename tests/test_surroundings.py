"""What surrounds an article follows every change of other posts, and nothing that is kept is stale."""

import gzip
import itertools
import random
import re
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from reader import around, stored
from reader.models import Article
from reader.pages import Page
from tests import oracle
from tests.conftest import NOON
from tests.test_pages import Statements
from writer import commands, delivery
from writer.models import Post, Tag

PART = re.compile(r'<li value="(\d+)"[^>]*>(?:<a href="/posts/([^"/]*)/"|<strong aria-current="page")')
ALTERNATE = re.compile(
    r'<link rel="alternate" hreflang="([^"]+)" href="http://localhost:8000/posts/([^"/]*)/">'
)
ALSO = re.compile(r'<a href="/posts/([^"/]*)/" hreflang="([^"]+)"')
LINK = re.compile(r'<a href="/posts/([^"/]*)/"([^>]*)>')


def beside(client, slug):
    """Return what a reader sees around a post: {earlier, later, related, parts, translations}, as slugs."""
    html = client.get(f"/posts/{slug}/").content.decode()
    own = re.search(r'<article class="page" lang="([^"]+)"', html)[1]
    alternates = dict(ALTERNATE.findall(html))
    also_in = {language: other for other, language in ALSO.findall(html)}
    assert also_in == {language: other for language, other in alternates.items() if language != own}
    related = re.search(r'<section[^>]*":related".*?</section>', html, re.S)
    parts = re.search(r'<section[^>]*":parts".*?</section>', html, re.S)
    links = LINK.findall(re.sub(r"<section.*?</section>", "", html, flags=re.S))
    ways = {
        rel: other for other, attributes in links for rel in ("prev", "next") if f'rel="{rel}"' in attributes
    }
    return {
        "earlier": ways.get("prev"),
        "later": ways.get("next"),
        "related": [other for other, _ in LINK.findall(related[0])] if related else [],
        "parts": [(int(number), other or slug) for number, other in PART.findall(parts[0])] if parts else [],
        "translations": alternates,
    }


def test_a_post_leads_to_the_one_before_it_and_the_one_after(client, published):
    for title in ("One", "Two", "Three"):
        published(title)
    assert beside(client, "one") == {
        "earlier": None,
        "later": "two",
        "related": [],
        "parts": [],
        "translations": {},
    }
    assert beside(client, "two") == {
        "earlier": "one",
        "later": "three",
        "related": [],
        "parts": [],
        "translations": {},
    }
    assert beside(client, "three") == {
        "earlier": "two",
        "later": None,
        "related": [],
        "parts": [],
        "translations": {},
    }


def test_posts_of_one_moment_have_an_order_too(client, published):
    posts = [published(f"Post {number}") for number in range(4)]
    Post.objects.update(published_at=NOON)
    for post in posts:
        Article.objects.filter(pk=post).update(published_at=NOON)
    chain = [post.slug for post in Post.objects.order_by("pk")]
    for before, after in itertools.pairwise(chain):
        assert beside(client, before)["later"] == after
        assert beside(client, after)["earlier"] == before


def test_a_tag_that_few_bear_relates_more_than_one_that_many_do(client, published):
    for number in range(5):
        published(f"Common {number}", tags=["common"])
    published("Rare", tags=["rare"])
    for number in range(3):
        published(f"Between {number}")
    published("Both", tags=["common", "rare"])
    published("This", tags=["common", "rare"])
    published("Next", tags=["common", "rare"])
    assert beside(client, "this")["related"] == [
        "rare",
        "common-4",
        "common-3",
    ]  # Both and Next stand beside it


def test_an_unlisted_post_is_named_beside_none_and_has_none_beside_it(client, published):
    published("One", tags=["sea"])
    published("Hidden", tags=["sea"], unlisted=True)
    published("Two", tags=["sea"])
    assert beside(client, "one") == {
        "earlier": None,
        "later": "two",
        "related": [],
        "parts": [],
        "translations": {},
    }
    assert beside(client, "hidden") == {
        "earlier": None,
        "later": None,
        "related": [],
        "parts": [],
        "translations": {},
    }


def test_a_part_of_a_series_leads_to_the_others_in_their_order(client, published):
    series = commands.find_or_add_series("Tales & such")
    for title, part in (("Third", 3), ("First", 1), ("Second", 2)):
        published(title, series_id=series, part=part)
    published("Beside", series_id=commands.find_or_add_series("Alone"))
    parts = [(1, "first"), (2, "second"), (3, "third")]
    for slug in ("first", "second", "third"):
        assert beside(client, slug)["parts"] == parts
    assert beside(client, "beside")["parts"] == []
    html = client.get("/posts/second/").content.decode()
    assert 'Part 2 of 3 · <a href="/series/tales-such/"><bdi>Tales &amp; such</bdi></a>' in html
    assert re.search(r'<strong aria-current="page"[^>]*>Second</strong>', html)


def test_of_a_long_series_the_parts_near_by_are_named(client, published):
    series = commands.find_or_add_series("Weekly")
    for number in range(1, 15):
        published(f"Week {number}", series_id=series, part=number)
    assert [part for part, _slug in beside(client, "week-7")["parts"]] == [*range(2, 13)]
    assert [part for part, _slug in beside(client, "week-14")["parts"]] == [*range(9, 15)]
    html = client.get("/posts/week-14/").content.decode()
    assert "Part 14 of 14" in html
    assert "All parts" in html


def test_an_unlisted_part_shows_its_series_and_is_not_shown_in_it(client, published):
    series = commands.find_or_add_series("Tales")
    published("First", series_id=series, part=1)
    published("Second", series_id=series, part=2, unlisted=True)
    published("Third", series_id=series, part=3)
    assert beside(client, "second")["parts"] == [(1, "first"), (2, "second"), (3, "third")]
    assert beside(client, "first")["parts"] == [(1, "first"), (3, "third")]


def test_an_edition_that_changes_nothing_beside_a_post_changes_no_byte_of_it(client, published):
    for title in ("One", "Two", "Three", "Four"):
        published(title)
    before = client.get("/posts/one/")
    published("Five")
    after = client.get("/posts/one/")
    assert (after["ETag"], after.content) == (before["ETag"], before.content)
    changed = client.get("/posts/four/")
    assert "/posts/five/" in changed.content.decode()


def test_a_reader_who_has_the_page_gets_the_new_neighbour(client, published):
    published("One")
    old = client.get("/posts/one/")
    with time_machine.travel(timezone.now() + timedelta(seconds=1)):
        published("Two")
    for headers in ({"if-none-match": old["ETag"]}, {"if-modified-since": old["Last-Modified"]}):
        assert "/posts/two/" in client.get("/posts/one/", headers=headers).content.decode()


def test_the_first_request_of_an_edition_keeps_the_whole_and_the_next_only_reads_it(client, published):
    for number in range(6):
        published(f"Post {number}", tags=["rust", "web", "sea"])
    for writes in (["UPDATE", "INSERT"], ["UPDATE"]):
        with Statements() as asked:
            assert client.get("/posts/post-3/").status_code == 200
        made = [sql for sql in asked.on("reader") if "SAVEPOINT" not in sql]
        assert asked.on("default") == []
        assert [sql.split()[0] for sql in made] == ["SELECT"] * 11 + writes
        with Statements() as asked:
            assert client.get("/posts/post-3/").status_code == 200
        assert [sql.split()[0] for sql in asked.on("reader")] == ["SELECT"]
        published("Another", tags=["rust"])


def test_a_post_that_is_withdrawn_while_its_page_is_made_is_shown_once_more_and_not_kept(
    client, published, give, monkeypatch
):
    post, real, calls = published("Hello", tags=["sea"]), stored.answer, itertools.count(1)

    def answer(path):
        found = real(path)
        if next(calls) == 2:  # by who makes the whole page
            give(commands.unpublish, post)
        return found

    monkeypatch.setattr(stored, "answer", answer)
    assert client.get("/posts/hello/").status_code == 200
    assert client.get("/posts/hello/").status_code == 410
    assert not Page.objects.filter(path=":/posts/hello/").exists()


def test_what_is_kept_of_a_post_goes_when_it_is_withdrawn(client, published, give):
    post = published("Secret", body="A word that is taken back.")
    client.get("/posts/secret/")
    assert Page.objects.filter(path=":/posts/secret/").exists()
    give(commands.unpublish, post)
    assert client.get("/posts/secret/").status_code == 410
    assert b"taken back" not in b"".join(gzip.decompress(bytes(page.body)) for page in Page.objects.all())


def test_what_a_reader_is_told_of_its_age_never_goes_back(client, published, give, reader_down):
    post = published("One")
    with reader_down():
        give(commands.unpublish, post)
    published("Two")  # a later edition than the withdrawal that is on its way
    told = client.get("/posts/one/")["Last-Modified"]
    delivery.relay(now=NOON, patient=False)
    gone = client.get("/posts/one/")
    assert gone.status_code == 410
    assert gone.headers.get("Last-Modified", told) == told


def test_a_kept_whole_can_be_asked_for_at_no_address_of_its_own(client, published):
    published("One")
    client.get("/posts/one/")
    for path in ("/:/posts/one/", "/%3A/posts/one/", "/posts/:one/"):
        assert client.get(path).status_code == 404


def test_no_text_can_bring_the_place_along(client, published):
    published(
        f"One {around.PLACE}",
        slug="one",
        body=f"{around.PLACE} `{around.PLACE}`\n\n    {around.PLACE}",
        summary=around.PLACE,
    )
    published("Two")
    html = client.get("/posts/one/").content.decode()
    assert around.PLACE not in html
    assert html.index("/posts/two/") > html.index("</h1>")
    assert html.count("/posts/two/") == 1


def test_a_page_stored_before_there_was_a_place_is_shown_as_it_is(client, published):
    published("One")
    page = Page.objects.get(path="/posts/one/")
    Page.objects.filter(pk=page.pk).update(body=gzip.compress(b"<p>An older page</p>"))
    assert client.get("/posts/one/").content == b"<p>An older page</p>"


def translated(chance):
    """Return a language, and a key that other posts may bear."""
    return {
        "language": chance.choice(["en", "de", "ja"]),
        "translation_key": chance.choice(["", "sea", "land"]),
    }


@pytest.mark.parametrize("seed", range(3))
def test_after_every_change_every_page_is_surrounded_as_the_writer_says(client, published, edit, give, seed):
    chance = random.Random(seed)
    tags = ["one", "two", "three", "four"]
    told = [None, *map(commands.find_or_add_series, ("Tales", "Notes"))]
    posts = []
    for step in range(25):
        act = chance.choice(["publish", "publish", "edit", "edit", "withdraw", "again", "rename", "merge"])
        live = [post for post in posts if Post.objects.get(pk=post).live_id]
        if act == "publish" or not live:
            borne = chance.sample(tags, chance.randrange(4))
            series = {"series_id": chance.choice(told), "part": chance.choice([None, 1, 2, 3])}
            series |= translated(chance)
            posts.append(published(f"Post {step}", tags=borne, unlisted=chance.random() < 0.2, **series))
        elif act == "edit":
            post = chance.choice(live)
            borne = tuple(map(commands.find_or_add_tag, chance.sample(tags, 2)))
            series = {"series_id": chance.choice(told), "part": None, **translated(chance)}
            edit(
                post,
                tags=borne,
                **series,
                slug=f"slug-{chance.randrange(50)}-{step}",
                unlisted=chance.random() < 0.2,
            )
            give(commands.publish, post)
        elif act == "withdraw":
            give(commands.unpublish, chance.choice(live))
        elif act == "again" and (gone := [post for post in posts if post not in live]):
            give(commands.publish, chance.choice(gone))
        elif act == "rename" and (tag := Tag.objects.filter(merged_into=None).first()):
            give(commands.rename_tag, tag.pk, name=f"{tag.name}{step}")
        elif act == "merge" and chance.random() < 0.3 and Tag.objects.filter(merged_into=None).count() > 3:
            first, second = Tag.objects.filter(merged_into=None)[:2]
            give(commands.merge_tags, first.pk, into=second.pk)
        said = oracle.surroundings()
        assert {slug: beside(client, slug) for slug in said} == said, act


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (around.earlier, "article_newest"),
        (around.later, "article_newest"),
        (around.newest_translations, "article_translations"),
    ],
)
def test_what_surrounds_an_article_is_found_along_an_index(both, asked, index):
    article = Article(published_at=NOON, post_id="0" * 32, translation_key="sea")
    sql, values = asked(article)[:1].query.sql_with_params()
    with connections["reader"].cursor() as cursor:
        if connections["reader"].vendor == "postgresql":
            # Of a few rows it may think that any way is as good as another.
            rows = (Article(post_id=UUID(int=n), version=n, published_at=NOON) for n in range(300))
            Article.objects.bulk_create(rows)
            cursor.execute(
                "ANALYZE reader_article; SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off"
            )
            cursor.execute(f"EXPLAIN {sql}", values)
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        plan = str(cursor.fetchall())
    assert index in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
