"""The API: the articles that readers get, for programs. Every refusal says why."""

import gzip
from urllib.parse import quote

import pytest
from django.test import Client

from tests.asking import ARTICLES, titles, walked
from tests.test_hostile import lines
from writer import commands


def test_articles_are_listed_newest_first(published, ask):
    for title in ("One", "Two", "Three"):
        published(title)
    answer = ask()
    assert titles(answer) == ["Three", "Two", "One"]
    assert answer["next"] is None
    assert answer["previous"] is None
    assert answer["meta"]["limit"] == 20


def test_an_article_says_what_a_reader_sees(published, ask):
    published("Hello", body="A *first* text.", summary="Short.")
    (article,) = ask()["results"]
    assert article["url"] == "http://localhost:8000/posts/hello/"
    assert article["summary"] == "Short."
    assert article["published_at"].endswith("Z")
    assert article["cover"] is None
    assert "html" not in article
    assert "tags" not in article


def test_what_is_included_comes_with_it(published, give, ask):
    published("Hello", body="## One\n\nA *first* [text](/tags/a/).", tags=["b", "a"], authors=["Ada"])
    include = "tags,authors,series,html,markdown,plaintext,contents"
    (article,) = ask(include=include)["results"]
    assert [tag["name"] for tag in article["tags"]] == ["a", "b"]
    assert article["authors"][0]["url"].endswith("/authors/ada/")
    assert article["series"] is None
    assert "<em>first</em>" in article["html"]
    assert 'href="http://localhost:8000/tags/a/"' in article["html"]
    assert article["markdown"] == "## One\n\nA *first* [text](/tags/a/)."
    assert "A first text." in article["plaintext"]
    assert article["contents"][0]["title"] == "One"


def test_fields_narrow_an_article_and_its_id_stays(published, ask):
    published("Hello")
    assert set(ask(fields="title,slug")["results"][0]) == {"id", "title", "slug"}


def test_pages_follow_one_another_both_ways_without_gap_or_repetition(published, ask):
    for number in range(7):
        published(f"Post {number}")
    pages, last = walked(ask, limit=3)
    assert pages == [["Post 6", "Post 5", "Post 4"], ["Post 3", "Post 2", "Post 1"], ["Post 0"]]
    back = ask(last["previous"].removeprefix("http://localhost:8000"))
    assert titles(back) == pages[1]
    first = ask(back["previous"].removeprefix("http://localhost:8000"))
    assert titles(first) == pages[0]
    assert first["previous"] is None


def test_articles_of_one_moment_are_neither_skipped_nor_repeated(published, ask, clock):
    from reader.models import Article
    from tests.conftest import NOON

    for number in range(5):
        published(f"Post {number}")
    Article.objects.update(published_at=NOON)
    pages, _last = walked(ask, limit=2)
    assert sorted(title for page in pages for title in page) == [f"Post {number}" for number in range(5)]


def test_a_page_stays_where_it_is_while_others_are_published(published, ask):
    for number in range(4):
        published(f"Post {number}")
    answer = ask(limit=2)
    published("In between")
    assert titles(ask(answer["next"].removeprefix("http://localhost:8000"))) == ["Post 1", "Post 0"]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"tag": "a"}, ["ab", "a"]),
        ({"tag": ["a", "b"]}, ["b", "ab", "a"]),
        ({"tag_all": ["a", "b"]}, ["ab"]),
        ({"tag_not": "a"}, ["plain", "b"]),
        ({"tag": "a", "tag_not": "b"}, ["a"]),
        ({"tag": "nobody-has-it"}, []),
        ({"author": "ada"}, ["plain"]),
        ({"lang": "de"}, ["b"]),
        ({"lang": "DE-at"}, ["b"]),
        ({"lang": "en"}, ["plain", "ab", "a"]),
        ({"order": "published_at"}, ["a", "ab", "b", "plain"]),
        ({"published_after": "2026-03-01T12:00:03Z"}, ["plain", "b"]),
        ({"published_before": "2026-03-01T13:00:03+01:00"}, ["a"]),
        ({"published_after": "2026-03-01"}, ["plain", "b", "ab", "a"]),
        ({"modified_before": "2026-03-01"}, []),
        ({"modified_after": "2026-03-01", "tag": "b"}, ["b", "ab"]),
    ],
)
def test_lists_are_narrowed_by_what_is_asked(published, ask, parameters, found):
    published("a", tags=["a"])
    published("ab", tags=["a", "b"])
    published("b", tags=["b"], language="de-AT")
    published("plain", authors=["Ada"])
    pages, _last = walked(ask, limit=1, **parameters)
    assert [title for page in pages for title in page] == found
    assert ask(count="true", **parameters)["meta"]["count"] == len(found)


def test_articles_are_found_by_id(published, ask):
    ids = [published(title) for title in ("One", "Two", "Three")]
    assert titles(ask(ids=f"{ids[0]},{ids[2]}")) == ["Three", "One"]


def test_an_unlisted_article_is_in_no_list_and_can_be_read(published, ask):
    post_id = published("Hidden", unlisted=True)
    assert titles(ask()) == []
    assert titles(ask(ids=str(post_id))) == []
    assert ask(f"{ARTICLES}hidden/")["title"] == "Hidden"
    assert ask(f"{ARTICLES}{post_id}/")["unlisted"] is True


def test_an_article_answers_by_id_and_by_slug(published, ask):
    post_id = published("Grüße")
    assert ask(f"{ARTICLES}grüße/")["id"] == str(post_id)
    assert ask(f"{ARTICLES}{post_id}/") == ask(f"{ARTICLES}grüße/")


def test_a_slug_of_before_leads_to_the_present_one(published, edit, give, client):
    post_id = published("Hello")
    edit(post_id, slug="other")
    give(commands.publish, post_id)
    answer = client.get(f"{ARTICLES}hello/?include=html")
    assert (answer.status_code, answer["Location"]) == (301, f"{ARTICLES}other/?include=html")


def test_what_was_public_is_gone_and_what_never_was_is_not_found(published, give, refused):
    post_id = published("Hello")
    give(commands.unpublish, post_id)
    for key in ("hello", post_id):
        assert "no longer is" in refused(f"{ARTICLES}{key}/", status=410)["detail"]
    assert refused(f"{ARTICLES}never/", status=404)["title"] == "Not Found"


def test_every_fault_is_named(both, refused):
    problem = refused(limit="0", fields="title,nonsense", wrong="1", published_after="soon", cursor="forged")
    assert [error["parameter"] for error in problem["errors"]] == [
        *("limit", "fields", "wrong", "published_after", "cursor")
    ]
    assert "limit must be a whole number from 1 to 100; it is '0'." in problem["detail"]


@pytest.mark.parametrize(
    "parameters",
    [
        *({"limit": limit} for limit in ("", "0", "101", "1.5", "x", "٣", "99999999999999999999", "\x00")),
        {"limit": ["1", "2"]},
        *({"order": order} for order in ("", "title", "-published_at,published_at")),
        *({"include": include} for include in ("", "nothing", "html,", "tags;html")),
        *({"tag": tag} for tag in ("", "a/b", "\x00", "x" * 201)),
        {"tag": [f"t{number}" for number in range(21)]},
        *({"lang": lang} for lang in ("", "e", "english language", "%")),
        *({"ids": ids} for ids in ("", "x", "0", ",", "00000000-0000-0000-0000-00000000000g")),
        *({"published_after": at} for at in ("", "x", "2026-02-30", "2026-13-01", "2026-01-01T25:00:00Z")),
        {"published_before": "2026-01-01T00:00:00"},
        *({"count": count} for count in ("", "1", "yes", "True")),
        {"q": "hello"},
        {"page": "2"},
        {"format": "api"},
        {"cursor": "x:y"},
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(both, refused, parameters):
    assert refused(**parameters)["detail"].endswith(".")


@pytest.mark.parametrize(
    "query", ["?%FF", "?x=%ED%A0%80", "?limit=%00", "?" + "a=b&" * 500, "?tag=" + "x" * 20_000]
)
def test_a_query_that_is_no_text_is_refused(both, refused, query):
    refused(f"{ARTICLES}{query}")


@pytest.mark.parametrize(
    "moment",
    ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2016-12-31T23:59:60Z",
     "2026-03-01t12:00:00.123456789z", "2026-03-01 12:00:00 01:00"],
)  # fmt: skip
def test_any_moment_of_the_standard_is_taken(published, ask, moment):
    published("Hello")
    ask(published_after=moment, modified_before=moment)


def test_a_cursor_holds_for_its_own_list_only(published, ask, refused):
    for title in ("One", "Two", "Three"):
        published(title, tags=["a"])
    cursor = ask(limit=1, tag="a")["next"].partition("cursor=")[2].partition("&")[0].replace("%3A", ":")
    assert titles(ask(tag="a", cursor=cursor, limit=5)) == ["Two", "One"]
    for other in ({}, {"tag": "b"}, {"tag": "a", "order": "published_at"}):
        assert "begin again" in refused(cursor=cursor, **other)["detail"]
    assert refused(tag="a", cursor=cursor[:-1] + ("x" if cursor[-1] != "x" else "y"))
    assert refused("/api/v1/articles/", cursor="WzFd:abc")


def test_an_answer_that_is_known_is_not_sent_again(published, client):
    published("Hello")
    for path in (ARTICLES, f"{ARTICLES}hello/"):
        answer = client.get(path)
        again = client.get(path, headers={"If-None-Match": answer["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", answer["ETag"])
        weak = client.get(path, headers={"If-None-Match": f'"x", W/{answer["ETag"]}'})
        assert weak.status_code == 304
        published(f"Other {path}")
        assert client.get(ARTICLES, headers={"If-None-Match": answer["ETag"]}).status_code == 200


def test_the_entity_tag_is_of_the_request_too(published, client):
    published("Hello")
    tags = {
        client.get(ARTICLES, parameters, headers=headers)["ETag"]
        for parameters in ({}, {"limit": 1}, {"include": "html"})
        for headers in ({}, {"Accept-Encoding": "gzip"})
    }
    assert len(tags) == 6
    same = [
        client.get(f"{ARTICLES}?{query}")["ETag"] for query in ("limit=5&tag=a&tag=b", "tag=b&tag=a&limit=5")
    ]
    assert same[0] == same[1]


def test_answers_are_compressed_for_who_takes_it(published, client):
    published("Hello")
    plain, packed = client.get(ARTICLES), client.get(ARTICLES, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.content) == plain.content
    assert plain["Vary"] == packed["Vary"] == "Accept-Encoding"


def test_only_what_is_asked_is_read_and_in_few_queries(published, client, django_assert_num_queries):
    for number in range(12):
        published(f"Post {number}", tags=["a", f"t{number}"], authors=["Ada"])
    with django_assert_num_queries(4, using="reader") as asked, django_assert_num_queries(0):
        client.get(ARTICLES, {"include": "tags,authors,series", "tag": "a", "tag_not": "t1"})
    last = asked.captured_queries[-1]["sql"]
    assert '"html"' not in last
    assert '"markdown"' not in last
    assert "COUNT" not in last
    with django_assert_num_queries(4, using="reader"):
        client.get(ARTICLES, {"count": "true"})
    with django_assert_num_queries(3, using="reader"):
        client.get(f"{ARTICLES}post-1/")
    known = {"If-None-Match": client.get(f"{ARTICLES}post-1/")["ETag"]}
    with django_assert_num_queries(2, using="reader"):
        client.get(f"{ARTICLES}post-1/", headers=known)


def test_the_api_sets_no_cookie_and_minds_none(published, client, admin_client):
    published("Hello")
    for path in (ARTICLES, f"{ARTICLES}hello/", f"{ARTICLES}nope/"):
        with_cookie, without = admin_client.get(path), client.get(path)
        assert not with_cookie.cookies
        assert with_cookie.content == without.content
        assert with_cookie.headers == without.headers


@pytest.mark.parametrize("path", [ARTICLES, f"{ARTICLES}hello/", "/api/v1/articles", "/api/nonsense/"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_nothing_can_be_changed(published, path, method):
    published("Hello")
    answer = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert answer.status_code in (404, 405)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.status_code == 404 or "GET" in answer["Allow"]


def test_a_page_of_any_site_may_read_it(both, client):
    asked = {"Origin": "https://other.example", "Access-Control-Request-Method": "GET"}
    answer = client.options(ARTICLES, headers=asked)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, "*")
    assert "GET" in answer["Access-Control-Allow-Methods"]


def test_head_tells_what_get_would(published, client):
    published("Hello")
    head, get = client.head(ARTICLES), client.get(ARTICLES)
    assert head.content == b""
    assert head["ETag"] == get["ETag"]


def test_another_form_than_json_is_not_to_be_had(both, client):
    answer = client.get(ARTICLES, headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Content-Type"]) == (406, "application/problem+json")
    indented = client.get(ARTICLES, headers={"Accept": "application/json; indent=8"})
    assert indented.content == client.get(ARTICLES).content


@pytest.mark.parametrize(
    "path", ["/api/v1/%00/", "/api/v1/articles/%00/", "/api/v1/", "/api/v1/nope/", "/api/%FF"]
)
def test_errors_from_before_the_api_are_problems_too(both, client, path):
    answer = client.get(path)
    assert answer.status_code in (400, 404)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_an_address_without_its_slash_leads_to_the_one_with_it(both, client):
    answer = client.get("/api/v1/articles?limit=1")
    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/articles/?limit=1")


def test_a_failure_of_this_side_is_a_problem(both, client, monkeypatch):
    monkeypatch.setattr("reader.queries.edition", lambda: 1 / 0)
    client.raise_request_exception = False
    answer = client.get(ARTICLES)
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert "Zero" not in answer.content.decode()


def test_a_database_that_is_down_is_a_problem(both, client, monkeypatch):
    from django.db import OperationalError

    def down():
        raise OperationalError("the disk is full")

    monkeypatch.setattr("reader.queries.edition", down)
    answer = client.get(ARTICLES)
    assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
    assert answer["Retry-After"] == "10"
    assert "disk" not in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    ["articles/?tag={}", "articles/?cursor={}", "articles/?{}=1", "articles/{}/", "search/?q={}", "{}/"],
)
def test_hostile_text_anywhere_gets_an_answer(published, client, path):
    published("Hello")
    for line in lines():
        answer = client.get(f"/api/v1/{path.format(quote(line, safe='', errors='surrogatepass'))}")
        assert answer.status_code in (200, 400, 404), line
        assert answer.headers.get("Content-Type", "application/json").endswith("json"), line
