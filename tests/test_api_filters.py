"""The API's lists of articles: whatever they are narrowed to, all is found, and a page costs the same in any blog."""

from datetime import timedelta
from itertools import combinations
from uuid import UUID

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from reader import api_filters
from reader.api_allowed import ARTICLES
from reader.api_cursors import Position
from reader.api_filters import count, page
from reader.api_parameters import read
from reader.filing import rows_of
from reader.models import Article
from tests.asking import HERE, titles, walked
from tests.conftest import NOON
from tests.test_plans import nothing_read_whole

FILTERS = [
    "tag=even",
    "tag=even&tag=odd",
    "tag_all=new",
    "tag_all=old",
    "tag_not=odd",
    "author=ada",
    "series=tour",
    "lang=de",
    "lang=none",
    "published_after=2026-03-01T12:07:00Z",
    "modified_after=2026-03-01T12:05:00Z",
    "modified_before=2026-03-01T12:09:00Z",
    f"ids={UUID(int=3)},{UUID(int=8)}",
]
PAIRS = [
    *FILTERS,
    "",
    "tag_all=new&tag_all=old",
    *("&".join(pair) for pair in combinations(FILTERS, 2) if "lang" not in pair[0] or "lang" not in pair[1]),
]


def filled(number):
    """Fill the reader with so many articles, a minute apart; the older half is in German, and of another tag."""
    made = [
        Article(
            post_id=UUID(int=n),
            version=1,
            title=str(n),
            slug=str(n),
            tags=[
                {"slug": slug, "name": slug, "aliases": []}
                for slug in ("odd" if n % 2 else "even", "old" if n < number / 2 else "new")
            ],
            authors=[{"slug": "ada", "name": "Ada"}],
            series={"slug": "tour", "name": "A tour", "part": n} if n % 3 else None,
            language="de-AT" if n < number / 2 else "en",
            published_at=NOON + n * timedelta(minutes=1),
            updated_at=NOON + n * timedelta(minutes=1),
        )
        for n in range(number)
    ]
    Article.objects.bulk_create(made)
    filed = [rows for article in made for rows in rows_of(article).items()]
    for model in {model for model, _rows in filed}:
        model.objects.bulk_create(row for same, rows in filed if same is model for row in rows)


def fitting(query, number):
    """Return the titles of what a query asks for among these, newest first, by looking at each."""
    half = number / 2
    asks = {
        "tag=even&tag=odd": lambda n: True,
        "tag=even": lambda n: n % 2 == 0,
        "tag_all=new": lambda n: n >= half,
        "tag_all=old": lambda n: n < half,
        "tag_not=odd": lambda n: n % 2 == 0,
        "series=tour": lambda n: n % 3,
        "lang=de": lambda n: n < half,
        "lang=none": lambda n: False,
        "published_after": lambda n: n > 7,
        "modified_after": lambda n: n > 5,
        "modified_before": lambda n: n < 9,
        "ids=": lambda n: n in (3, 8),
    }
    if "tag=odd" in query:
        del asks["tag=even"]
    asked = [fits for said, fits in asks.items() if said in query]
    return [str(n) for n in reversed(range(number)) if all(fits(n) for fits in asked)]


def test_all_that_fits_is_found_both_ways_though_pages_end_early(both, ask, monkeypatch):
    monkeypatch.setattr(api_filters, "WALKED", 4)
    monkeypatch.setattr(api_filters, "FEW", 3)
    filled(14)
    for query in PAIRS:
        wanted = fitting(query, 14)
        pages, last = walked(ask, f"/api/v1/articles/?limit=2&{query}")
        assert [title for found in pages for title in found] == wanted, query
        if last["previous"]:  # nowhere, if it is empty: the pages before it may have ended early
            back, _first = walked(ask, last["previous"].removeprefix(HERE), forth="previous")
            assert [title for found in reversed(back) for title in found] + titles(last) == wanted, query
        up, _last = walked(ask, f"/api/v1/articles/?limit=2&order=published_at&{query}")
        assert [title for found in up for title in found] == wanted[::-1], query
        counted = ask(f"/api/v1/articles/?count=true&{query}")["meta"]
        assert counted["count"] <= len(wanted), query
        assert counted["more"] or counted["count"] == len(wanted), query


@pytest.mark.sqlite
def test_a_page_is_as_much_work_in_a_blog_ten_times_as_large(both, monkeypatch):
    monkeypatch.setattr(api_filters, "WALKED", 100)
    monkeypatch.setattr(api_filters, "COUNTED", 100)
    monkeypatch.setattr(api_filters, "FEW", 50)
    filled(400)
    small = {query: work(query) for query in PAIRS}
    Article.objects.all().delete()
    filled(4000)
    large = {query: work(query) for query in PAIRS}
    assert {
        query: (small[query], steps) for query, steps in large.items() if steps > 1.3 * small[query]
    } == {}


def work(query):
    """Return by how many steps SQLite's machine makes a page, and counts what there is."""
    asked, _faults = read(query, ARTICLES)
    steps = []
    connections["reader"].connection.set_progress_handler(lambda: steps.append(1), 10)
    page(asked, None, {"slug"})
    count(asked)
    connections["reader"].connection.set_progress_handler(None, 10)
    return len(steps)


@pytest.mark.parametrize("place", [None, Position([1772366401000000, "8" * 32])])
def test_a_page_of_articles_is_a_walk_along_indexes(both, place):
    for query in PAIRS:
        asked, _faults = read(query, ARTICLES)
        with nothing_read_whole(), CaptureQueriesContext(connections["reader"]) as done:
            page(asked, place, {"slug"})
            count(asked)
        if connections["reader"].vendor == "sqlite":
            assert not [sql["sql"] for sql in done if "TEMP B-TREE" in planned(sql["sql"])]


def planned(sql):
    """Return how SQLite goes about it."""
    with connections["reader"].cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return " ".join(row[3] for row in cursor.fetchall())
