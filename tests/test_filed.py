"""What lists ask: who wrote what, which parts a series has, what a month brought."""

from datetime import UTC, datetime
from functools import partial

import pytest
from django.db import connections

from cms.reconcile import reconcile
from cms.report import ExitCode
from reader import filed, queries
from reader.models import Article
from reader.names import Byline, Part, Tagging
from tests import oracle
from writer import commands


def titles(articles):
    return [article.title for article in articles]


@pytest.fixture
def at(draft, give):
    """Publish a post at a moment."""

    def at(title, moment, **words):
        post_id = draft(title, **words)
        give(commands.publish, post_id, now=moment)
        return post_id

    return at


def test_an_author_has_the_articles_with_the_name_in_the_byline_newest_first(published):
    for title, names in {"One": ["Ada"], "Two": ["Bob", "Ada"], "Three": ["Bob"]}.items():
        published(title, authors=names)
    published("Hidden", authors=["Ada"], unlisted=True)
    assert titles(filed.by_author("ada")) == ["Two", "One"]
    assert [(row["name"], row["count"]) for row in filed.authors()] == [("Ada", 2), ("Bob", 2)]
    assert filed.author("nobody") is None
    assert titles(filed.by_author("nobody")) == []


def test_an_author_is_who_they_said_last(published, give):
    published("One", authors=["Ada"])
    ada = commands.find_or_add_author("Ada")
    give(commands.rename_author, ada, name="Ada Lovelace")
    give(commands.describe_author, ada, bio="Counts.", picture="", links=[("Home", "https://ada.example/")])
    told = filed.author("ada")
    assert (told["name"], told["bio"], told["links"][0]["label"]) == ("Ada Lovelace", "Counts.", "Home")


def test_an_author_is_gone_with_the_last_article(published, give):
    give(commands.unpublish, published("One", authors=["Ada"]))
    assert filed.author("ada") is None
    assert list(filed.authors()) == []


def test_the_parts_of_a_series_stand_in_its_order(published, give):
    sea = commands.find_or_add_series("The sea")
    three, one, two = [published(title, series_id=sea) for title in ("Three", "One", "Two")]
    give(commands.number_parts, sea, parts={one: 1, two: 2, three: 3})
    assert titles(filed.parts("the-sea")) == ["One", "Two", "Three"]
    assert [(row["name"], row["count"]) for row in filed.all_series()] == [("The sea", 3)]
    give(commands.describe_series, sea, description="Salt.")
    assert filed.series("the-sea")["description"] == "Salt."
    give(commands.delete_series, sea)
    assert filed.series("the-sea") is None


def test_of_two_parts_with_one_number_the_older_comes_first(published):
    sea = commands.find_or_add_series("The sea")
    for title in ("Older", "Newer"):
        published(title, series_id=sea, part=1)
    assert titles(filed.parts("the-sea")) == ["Older", "Newer"]


def test_months_are_those_of_the_site_s_own_clock(at, settings):
    settings.TIME_ZONE = "Pacific/Auckland"  # 13 h ahead in November
    at("November", datetime(2026, 11, 1, 12, 0, tzinfo=UTC))
    at("December", datetime(2026, 11, 30, 12, 0, tzinfo=UTC))
    at("January", datetime(2026, 12, 31, 23, 0, tzinfo=UTC))
    at("Unlisted", datetime(2026, 12, 31, 23, 0, tzinfo=UTC), unlisted=True)
    assert filed.archive() == [(2027, 1, 1), (2026, 12, 1), (2026, 11, 1)]
    assert titles(filed.in_month(2026, 12)) == ["December"]
    assert titles(filed.in_year(2026)) == ["December", "November"]
    assert titles(filed.in_year(2025)) == []


def test_newest_first_knows_no_pins(published):
    for title in ("One", "Two", "Three"):
        published(title, pinned=title == "One")
    assert titles(queries.newest()) == ["Three", "Two", "One"]
    assert titles(queries.front()) == ["One", "Three", "Two"]


def test_articles_of_an_older_installation_are_filed_as_they_are_made_anew(published):
    sea = commands.find_or_add_series("The sea")
    published("Hello", authors=["Ada"], series_id=sea)
    Byline.objects.all().delete()
    Part.objects.all().delete()
    Article.objects.update(month=None, render_version="older")
    report = reconcile()
    assert (report.found, report.exit_code) == ({"outdated": 1}, ExitCode.REPAIRED)
    assert oracle.stored() == oracle.wanted()
    assert filed.author("ada")
    assert filed.archive()


@pytest.mark.parametrize(
    ("articles", "index"),
    [
        (queries.front, "article_pinned_newest"),
        (partial(filed.tagged, "rust"), "tagging_newest_first"),
        (partial(filed.by_author, "ada"), "byline_newest_first"),
        (partial(filed.in_year, 2026), "article_by_month"),
        (partial(filed.in_month, 2026, 3), "article_by_month"),
    ],
)
def test_what_lies_before_a_page_of_a_list_is_passed_by_in_an_index(both, articles, index):
    plan = planned(articles(50_000, 50_021))
    if connections["reader"].vendor == "postgresql":
        assert f"Index Only Scan using {index}" in plan
    else:
        assert f"U0 USING COVERING INDEX {index}" in plan or f"U0 USING INDEX {index}" in plan
        assert "SEARCH reader_article USING INDEX sqlite_autoindex" in plan  # the twenty of the page


@pytest.mark.parametrize(
    ("counted", "index"),
    [
        (filed.counted(Tagging.objects.filter(leads_to="")), "tagging_newest_first"),
        (filed.counted(Byline.objects.all()), "byline_newest_first"),
        (filed.counted(Part.objects.all()), "part_"),  # either index of them
    ],
)
def test_what_is_filed_is_counted_in_an_index(both, counted, index):
    plan = planned(counted)
    if connections["reader"].vendor == "postgresql":
        assert f"Index Only Scan using {index}" in plan
    else:
        assert f"USING COVERING INDEX {index}" in plan
        assert "TEMP B-TREE FOR GROUP BY" not in plan


def planned(articles):
    """Return how the database goes about it; PostgreSQL, as if the tables were large."""
    sql, values = articles.query.sql_with_params()
    with connections["reader"].cursor() as cursor:
        if connections["reader"].vendor == "postgresql":
            cursor.execute(
                "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
            )
            cursor.execute(f"EXPLAIN {sql}", values)
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        return str(cursor.fetchall())
