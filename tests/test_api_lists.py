"""The API's other endpoints: what articles are filed under, search, the site."""

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tests.asking import HERE, titles, walked
from writer import commands
from writer.models import Tag


def names(answer):
    return [(one["slug"], one["count"]) for one in answer["results"]]


def test_tags_authors_and_series_are_listed_with_their_numbers(published, give, ask):
    series = commands.find_or_add_series("A tour")
    published("One", tags=["b", "a"], authors=["Grace", "Ada"], series_id=series, part=1)
    published("Two", tags=["a"], authors=["Ada"], series_id=series, part=2)
    published("Hidden", tags=["c"], authors=["Nobody"], unlisted=True)
    assert names(ask("/api/v1/tags/")) == [("a", 2), ("b", 1)]
    assert names(ask("/api/v1/authors/")) == [("ada", 2), ("grace", 1)]
    assert names(ask("/api/v1/series/")) == [("a-tour", 2)]
    assert ask("/api/v1/tags/")["results"][0]["url"] == f"{HERE}/tags/a/"
    assert titles(ask(series="a-tour", order="published_at")) == ["One", "Two"]


def test_what_is_said_of_a_tag_comes_with_it(published, give, ask):
    published("One", tags=["a"])
    give(commands.describe_tag, Tag.objects.get().pk, description="All about it.")
    assert ask("/api/v1/tags/")["results"][0]["description"] == "All about it."


def test_a_merged_tag_finds_the_articles_of_the_other(published, give, ask):
    published("One", tags=["js"])
    published("Two", tags=["javascript"])
    ids = {tag.slug: tag.pk for tag in Tag.objects.all()}
    give(commands.merge_tags, ids["js"], into=ids["javascript"])
    assert names(ask("/api/v1/tags/")) == [("javascript", 2)]
    assert titles(ask(tag="js")) == titles(ask(tag="javascript")) == ["Two", "One"]
    assert titles(ask(tag=["js", "other"])) == ["Two", "One"]
    assert titles(ask(tag_not="js")) == []


@pytest.mark.parametrize("path", ["/api/v1/tags/", "/api/v1/authors/"])
def test_names_are_paged_both_ways(published, ask, path):
    letters = list("abcdefg")
    published("One", tags=letters, authors=letters)
    answer, seen = ask(path, limit=3, count="true"), []
    assert answer["meta"]["count"] == 7
    while True:
        seen.append([one["slug"] for one in answer["results"]])
        if not answer["next"]:
            break
        answer = ask(answer["next"].removeprefix(HERE))
    assert seen == [["a", "b", "c"], ["d", "e", "f"], ["g"]]
    back = ask(answer["previous"].removeprefix(HERE))
    assert [one["slug"] for one in back["results"]] == ["d", "e", "f"]


def test_the_archive_counts_articles_by_month(published, ask):
    published("One")
    published("Two")
    (month,) = ask("/api/v1/archive/")["results"]
    assert (month["year"], month["month"], month["count"]) == (2026, 3, 2)


def test_every_address_that_is_told_answers(published, give, ask, client):
    series = commands.find_or_add_series("A tour")
    published("One", tags=["a"], authors=["Ada"], series_id=series, part=1)
    told = [
        ask(f"/api/v1/{name}/")["results"][0] for name in ("articles", "tags", "authors", "series", "archive")
    ]
    (article,) = ask(include="tags,authors,series")["results"]
    for one in (*told, *article["tags"], *article["authors"], article["series"]):
        assert client.get(one["url"].removeprefix(HERE)).status_code == 200


def test_search_finds_what_was_typed_and_shows_why(published, ask):
    published("Rust", body="A <b>crab</b> & more crabs.", tags=["a"])
    published("Other", body="Nothing.")
    answer = ask("/api/v1/search/", q="crab")
    assert titles(answer) == ["Rust"]
    assert "<mark>crab</mark>" in answer["results"][0]["matched"]["text"]
    assert answer["meta"]["meant"] == ""
    assert titles(ask("/api/v1/search/", q="crab", tag="nope")) == []
    assert titles(ask("/api/v1/search/", q="crab", tag="a", year="2026", include="html")) == ["Rust"]


def test_search_says_what_was_probably_meant(published, ask):
    published("Crustaceans", body="All about crustaceans.")
    answer = ask("/api/v1/search/", q="crustaceens")
    assert titles(answer) == ["Crustaceans"]
    assert answer["meta"]["instead"] == "crustaceans"


def test_search_is_paged(published, ask, refused):
    for number in range(5):
        published(f"Crab {number}")
    pages, last = walked(ask, "/api/v1/search/", q="crab", limit=2)
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({title for page in pages for title in page}) == 5
    assert titles(ask(last["previous"].removeprefix(HERE))) == pages[1]
    second = ask("/api/v1/search/", q="crab", limit=2)["next"].removeprefix(HERE)
    assert "limit=2" in refused(second.replace("limit=2", "limit=3"))["detail"]


@pytest.mark.parametrize("q", ["c++", "don't", '"', "AND", "-", "*", "日本", "a" * 1000, "\ud7ff", " "])
def test_search_takes_anything_a_person_can_type(published, ask, q):
    published("Hello")
    ask("/api/v1/search/", q=q)


def test_search_needs_something_to_look_for(both, refused):
    assert refused("/api/v1/search/")["detail"] == "q is needed."
    refused("/api/v1/search/", q="")
    refused("/api/v1/search/", q="a" * 1001)
    refused("/api/v1/search/", q="a", year="0")


def test_the_site_says_what_its_pages_say(both, give, ask):
    assert ask("/api/v1/site/")["name"] == "Imprint"
    assert ask("/api/v1/site/")["navigation"][0] == {"label": "Writing", "url": f"{HERE}/"}
    before = ask("/api/v1/site/")
    assert before["url"] == HERE


def test_related_articles_come_with_one_article_only(published, ask, refused):
    for title in ("One", "Two"):
        published(title, tags=["a"])
    published("Three")
    (other,) = ask("/api/v1/articles/one/", include="related")["related"]
    assert (other["title"], other["url"]) == ("Two", f"{HERE}/posts/two/")
    assert "related" in refused(include="related")["detail"]


def test_an_article_with_its_relations_is_known_until_another_is_published(published, client):
    published("One", tags=["a"])
    path = "/api/v1/articles/one/?include=related"
    known = {"If-None-Match": client.get(path)["ETag"]}
    assert client.get(path, headers=known).status_code == 304
    published("Two", tags=["a"])
    assert client.get(path, headers=known).status_code == 200


@pytest.mark.parametrize(
    ("path", "queries"),
    [("tags", 3), ("authors", 3), ("series", 2), ("archive", 2), ("changes", 3), ("site", 2)],
)
def test_lists_of_names_take_few_queries_however_many_there_are(
    published, client, django_assert_num_queries, path, queries
):
    for number in range(8):
        published(f"Post {number}", tags=[f"t{number}", "all"], authors=[f"Author {number}"])
    with django_assert_num_queries(queries, using="reader"):
        assert client.get(f"/api/v1/{path}/").status_code == 200


EVERYTHING = [
    "articles/?include=tags,authors,series,html&tag=a&count=true",
    "articles/one/?include=related",
    "tags/",
    "authors/",
    "series/",
    "archive/",
    "search/?q=one",
    "changes/",
    "site/",
]


@pytest.mark.parametrize("path", EVERYTHING)
def test_the_api_only_reads_and_only_the_readers_database(
    published, client, path, django_assert_max_num_queries
):
    published("One", tags=["a"], authors=["Ada"])
    published("Two", tags=["a"])
    with (
        django_assert_max_num_queries(0, using="default"),
        CaptureQueriesContext(connections["reader"]) as asked,
    ):
        assert client.get(f"/api/v1/{path}").status_code == 200
    said = [query["sql"].lstrip("(") for query in asked.captured_queries]
    asks = [words for words in said if not words.startswith(("SAVEPOINT", "SET LOCAL", "RELEASE"))]
    assert all(words.startswith(("SELECT", "WITH")) for words in asks), said
    assert len(asks) <= 12, asks
