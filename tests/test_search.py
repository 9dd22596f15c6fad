"""What readers find: the post that must come first, on both databases, for anything that can be typed."""

import re
from contextlib import suppress

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from cms.reconcile import check, reconcile
from cms.report import ExitCode
from reader.index import Spelling, Terms
from reader.models import Article
from reader.search import is_whole, postgresql, search, sqlite
from reader.search.marks import marked, piece
from reader.search.query import clauses, parse
from tests.hostile import ALL
from tests.machine import INDEX_DAMAGE
from tests.soon import soon
from tests.test_hostile import lines
from tests.test_pages import Statements
from writer import commands
from writer.models import Author, OutboxEvent, Post, Tag

FILLER = "The quiet harbour keeps its boats, and letters arrive by evening. " * 3
POSTS = [  # title, body, and what else is said of it; the later, the newer
    ("The borrow checker explained", "Ownership and borrowing in Rust, from the first error to the last.", {"tags": ["rust", "compilers"]}),
    ("A tour of async runtimes", "Futures are lazy. Tokio polls them. We compared asynchronous executors.", {"tags": ["rust", "async"], "authors": ["Grace Hopper"]}),
    ("Why we don't use floats for money", "Rounding is not accounting. You shouldn't either.", {"tags": ["money"]}),
    ("From C++ to Rust", "A port of a parser from C++ with templates to generics.", {"tags": ["rust", "migration"]}),
    ("C# records in practice", "Records in C# are value types for people who like names.", {}),
    ("Café culture in Málaga", "Espresso, churros and crème brûlée at noon.", {"tags": ["travel"]}),
    ("Über die Häuser von Köln", "Die Häuser stehen seit Jahrhunderten; eine Straße weiter beginnt der Fluss.", {"language": "de"}),
    ("Les chevaux de l'écurie", "L'homme nourrit les chevaux chaque matin.", {"language": "fr"}),
    ("日本語の全文検索", "転置索引は単語の位置を記録する。東京で書いた。", {"language": "ja"}),
    ("检索中文网页", "搜索引擎把文本切成二元组。", {"language": "zh"}),
    ("한국어 형태소 분석", "조사가 붙은 단어를 찾는다.", {"language": "ko"}),
    ("Новые книги о поиске", "Книга рассказывает о словарях и новых алгоритмах.", {"language": "ru"}),
    ("Ein Brief an München", "Grüße aus dem Süden, wo die Flüsse schmal sind.", {"language": "de"}),
    ("Announcing version 1.0", "The first stable release is here. Nothing more will break.", {"tags": ["releases"]}),
    ("Announcing version 1.10", "Another release with faster builds.", {"tags": ["releases"]}),
    ("Announcing version 2.0", "A release that breaks what version 1.0 promised.", {"tags": ["releases"]}),
    ("Incremental compilation", "The compiler remembers what it has done, so that builds are faster.", {"tags": ["compilers"]}),
    ("Serialization without tears", "Deriving serializers for nested enums with serde_json::Value.", {"summary": "How serde turns structs into bytes."}),
    ("A note on node.js streams", "Backpressure in node.js, and how std::io compares.", {}),
    ("Release notes are for readers", "Write them for people. An announcement is no changelog.", {"summary": "On writing changelogs"}),
    ("The unsafe_op_in_unsafe_fn lint", "It warns in edition 2024.", {"tags": ["compilers"]}),
    ("Databases that forget", "Write-ahead logging, checkpoints, vacuum; and why a B-tree splits.", {"authors": ["Edgar Codd"]}),
    ("Full-text search in SQLite", "FTS5 ranks rows by bm25 and keeps an inverted index.", {"tags": ["search", "databases"]}),
    ("PostgreSQL as a search engine", "A tsvector holds lexemes, a GIN index finds them.", {"tags": ["search", "databases"]}),
    ("Gardening in winter", "Compost, pruning, and a word about databases of seeds.", {}),
    ("The mill on the hill", "Millers and their wheels. Milling went on until 1920.", {}),
]  # fmt: skip
TABLE = [  # what is typed, and the post that must come first
    # exact
    ("borrow checker", "The borrow checker explained"), ("tokio", "A tour of async runtimes"), ("tsvector", "PostgreSQL as a search engine"),
    ("churros", "Café culture in Málaga"), ("fts5", "Full-text search in SQLite"), ("1920", "The mill on the hill"),
    ("BORROW Checker", "The borrow checker explained"), ("money", "Why we don't use floats for money"),
    # a word of the title over tags, summary and text
    ("databases", "Databases that forget"), ("search", "PostgreSQL as a search engine"), ("changelogs", "Release notes are for readers"),
    ("compilers", "Incremental compilation"), ("serde", "Serialization without tears"),
    # other endings
    ("borrows", "The borrow checker explained"), ("serializing", "Serialization without tears"), ("announced version 2.0", "Announcing version 2.0"),
    ("compiling incrementally", "Incremental compilation"), ("mills", "The mill on the hill"), ("Haus", "Über die Häuser von Köln"),
    ("cheval chevaux", "Les chevaux de l'écurie"), ("новая книга", "Новые книги о поиске"), ("gardens", "Gardening in winter"),
    # side by side
    ('"inverted index"', "Full-text search in SQLite"), ('"search engine"', "PostgreSQL as a search engine"), ('"in SQLite"', "Full-text search in SQLite"),
    ("“borrow checker”", "The borrow checker explained"), ('"unclosed tears', "Serialization without tears"),
    # left out
    ("rust -async -checker", "From C++ to Rust"), ("release -version", "Release notes are for readers"), ('search -"search engine"', "Full-text search in SQLite"),
    # beginnings
    ("gard", "Gardening in winter"), ("incr*", "Incremental compilation"), ("post*", "PostgreSQL as a search engine"), ("async runt", "A tour of async runtimes"),
    # slips
    ("asyncronous", "A tour of async runtimes"), ("databses that forgt", "Databases that forget"), ("borow cheker", "The borrow checker explained"),
    ("gardeninng", "Gardening in winter"), ("postgersql", "PostgreSQL as a search engine"), ("incremental complation", "Incremental compilation"),
    ("Muenchen Brief", "Ein Brief an München"),
    # accents
    ("cafe malaga", "Café culture in Málaga"), ("CAFÉ", "Café culture in Málaga"), ("creme brulee", "Café culture in Málaga"), ("munchen", "Ein Brief an München"),
    ("strasse", "Über die Häuser von Köln"), ("ecurie", "Les chevaux de l'écurie"), ("homme", "Les chevaux de l'écurie"),
    # scripts without spaces
    ("東京", "日本語の全文検索"), ("検索", "日本語の全文検索"), ("全文検索", "日本語の全文検索"), ("中文", "检索中文网页"), ("引擎", "检索中文网页"),
    ("단어", "한국어 형태소 분석"), ("형", "한국어 형태소 분석"), ("網", None), ("切", "检索中文网页"), ("日本語 rust", "日本語の全文検索"),
    # code
    ("c++", "From C++ to Rust"), ("C#", "C# records in practice"), ("don't", "Why we don't use floats for money"), ("dont", "Why we don't use floats for money"),
    ("don’t use floats", "Why we don't use floats for money"), ("node.js", "A note on node.js streams"), ("std::io", "A note on node.js streams"),
    ("unsafe_op_in_unsafe_fn", "The unsafe_op_in_unsafe_fn lint"), ("serde_json::Value", "Serialization without tears"), ("b-tree", "Databases that forget"),
    # a title as it is, also where others have all its words
    ("Announcing version 1.0", "Announcing version 1.0"), ("Announcing version 1.10", "Announcing version 1.10"), ("A note on node.js streams", "A note on node.js streams"),
    ("Über die Häuser von Köln", "Über die Häuser von Köln"), ("Why we don't use floats for money", "Why we don't use floats for money"),
    ("日本語の全文検索", "日本語の全文検索"), ("from c++ to rust", "From C++ to Rust"),
    # names
    ("grace hopper", "A tour of async runtimes"), ("codd", "Databases that forget"),
    # words that mean something elsewhere
    ("search OR engine NEAR", "PostgreSQL as a search engine"), ("boats AND churros", "Café culture in Málaga"),
]  # fmt: skip
# What FTS5 notes of all rows, and needs to forget one, is in no row and no term.
INNER = {**INDEX_DAMAGE, "no totals": "UPDATE reader_found_data SET block = x'000000000000' WHERE id = 1"}


@pytest.fixture
def library(published):
    """A small library of posts that have much in common."""
    for title, body, more in POSTS:
        published(title, body=f"{body}\n\n{FILLER if more.get('language', 'en') == 'en' else ''}", **more)


def titles(text, **facts):
    return [hit.article.title for hit in search(text, facts).hits]


def test_the_post_that_is_meant_comes_first(library):
    missed = {
        typed: (titles(typed)[:3], first)
        for typed, first in TABLE
        if titles(typed)[:1] != ([first] if first else [])
    }
    assert not missed


def test_facts_narrow_and_offer_what_narrows_further(library):
    found = search("rust")
    assert {(one.kind, one.name) for one in found.narrowers} >= {("tag", "async"), ("author", "Grace Hopper")}
    assert titles("rust", tag="async") == ["A tour of async runtimes"]
    assert titles("", author="edgar-codd") == ["Databases that forget"]
    assert len(titles("", tag="databases", year="2026")) == 2
    assert titles("search", year="2011") == titles("", tag="no such tag") == []


def test_what_is_not_found_as_typed_is_said_and_something_near_is_shown(library):
    slip = search("databses")
    assert (slip.instead, slip.partly) == ("databases", False)
    some = search("churros zeppelin gardening")
    assert some.partly
    assert {"Café culture in Málaga", "Gardening in winter"} <= {hit.article.title for hit in some.hits}
    nothing = search("zzyzx")
    assert (nothing.hits, nothing.instead, nothing.meant, nothing.partly) == ([], "", "", False)


def test_a_slip_that_a_post_has_made_itself_asks_what_was_meant(published):
    published("A post with a slip", body="The compilr complained.")
    for number in range(5):
        published(f"Number {number}", body="The compiler is content.")
    found = search("compilr")
    assert [hit.article.title for hit in found.hits] == ["A post with a slip"]
    assert found.meant == "compiler"


@pytest.mark.parametrize("word", ["unlisted", "withdrawn", "changed", "draft"])
def test_only_what_is_public_and_listed_is_found_or_offered(published, draft, edit, give, word):
    published("Something else", body="To be found.")
    secret = f"zanzibar{word}"
    if word == "draft":
        draft(secret, body=secret)
    elif word == "unlisted":
        published(secret, body=secret, unlisted=True)
    else:
        post_id = published(secret, body=secret, tags=[secret])
        assert titles(secret) == titles(secret[:-1]) == [secret]
        if word == "withdrawn":
            give(commands.unpublish, post_id)
        else:
            edit(post_id, title="Other", body="Words.", tags=())
            give(commands.publish, post_id)
    for typed in (secret, secret[:-1], f"{secret}x", secret.replace("n", "m", 1)):
        found = search(typed)
        assert (found.hits, found.instead, found.meant) == ([], "", "")


@pytest.mark.postgresql
def test_the_index_is_asked_in_a_small_blog_too(library):
    with CaptureQueriesContext(connections["reader"]) as done:
        search("zeppelin")
    sql = next(query["sql"] for query in done if "MATERIALIZED" in query["sql"])
    with connections["reader"].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = on")  # the whole test is one transaction
        cursor.execute("ANALYZE reader_terms")
        cursor.execute("EXPLAIN " + sql)
        assert "Seq Scan on reader_terms" in str(cursor.fetchall())  # which reads what is stored apart
    with postgresql.by_index() as ask:
        assert "Seq Scan on reader_terms" not in str(ask("EXPLAIN " + sql, []))


def test_a_post_is_found_the_moment_it_is_published_and_not_after(draft, give, edit, client):
    post_id = draft("Hello", body="Some perispomenon.")
    for command, shown in ((commands.publish, True), (commands.unpublish, False), (commands.publish, True)):
        give(command, post_id)
        answer = client.get("/search/?q=perispomenon").content.decode()
        assert ("/posts/hello/" in answer) == shown
    edit(post_id, body="Another word.", unlisted=True)
    give(commands.publish, post_id)
    assert "/posts/hello/" not in client.get("/search/?q=hello").content.decode()


def test_names_changed_later_are_found_by_the_new_ones(published, give):
    published("Hello", tags=["old"], authors=["Ada"])
    give(commands.rename_tag, Tag.objects.get().pk, name="Brandnew")
    give(commands.rename_author, Author.objects.get().pk, name="Lovelace")
    assert titles("brandnew") == titles("lovelace") == ["Hello"]
    assert titles("Ada") == []


def test_a_long_list_is_paged(published, client):
    for number in range(23):
        published(f"Needle {number}")
    pages = [client.get(f"/search/?q=needle&page={number}") for number in (1, 2, 3, 4)]
    assert [page.status_code for page in pages] == [200, 200, 200, 404]
    shown = [re.findall("/posts/([^/]+)/", page.content.decode()) for page in pages[:3]]
    assert [len(found) for found in shown] == [10, 10, 3]
    assert len({path for paths in shown for path in paths}) == 23
    assert "page=2" in pages[0].content.decode()


@pytest.mark.sqlite
def test_of_a_long_beginning_the_index_is_asked_term_by_term(library):
    asked = clauses(parse("announc"), {}, ["english"])
    known = sqlite.continued({"=announc", "^announc"})
    assert known == {"=announc": ["=announcement", "=announcing"], "^announc": ["^announc"]}
    assert " *" not in sqlite.match(asked[-1], known)
    assert titles("announcin")[0].startswith("Announcing version")


@pytest.mark.postgresql
@pytest.mark.parametrize(("text", "way"), [("quiet", "LIMIT 5000"), ("tokio", "every")])
def test_many_are_found_among_the_newest_and_few_by_the_index(library, text, way):
    with CaptureQueriesContext(connections["reader"]) as done:
        assert titles(text)
    asked = [
        query["sql"]
        for query in done.captured_queries
        if "tsquery" in query["sql"] and "UNION" in query["sql"]
    ]
    assert way in asked[0].rpartition("UNION")[2]


# The page


def test_the_page_shows_where_the_words_stand_and_nothing_that_runs(published, client):
    published("<b>Bold</b> words", body="Before & after `<script>alert('needle')</script>` the Needles.")
    html = client.get("/search/?q=needle+bold").content.decode()
    assert "&lt;b&gt;<mark>Bold</mark>&lt;/b&gt; words" in html
    assert (
        "&lt;script&gt;alert(&#x27;<mark>needle</mark>&#x27;)&lt;/script&gt; the <mark>Needles</mark>."
        in html
    )
    assert '<meta name="robots" content="noindex">' in html


def test_marks_stand_on_the_words_themselves():
    query = parse("café don't 全文検索 homme")
    assert marked("Cafés don’t cost: CAFÉ… 日本語の全文検索で l’homme", query, "english") == (
        "<mark>Cafés</mark> <mark>don’t</mark> cost: <mark>CAFÉ</mark>… 日本語の<mark>全文検索</mark>で l’<mark>homme</mark>"
    )
    shown = piece(f"{'far away ' * 200}the café {'and on ' * 200}", query, "english")
    assert "<mark>café</mark>" in shown
    assert len(shown) < 300


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/search/", 200, "side by side"),
        ("/search/?q=", 200, "side by side"),
        ("/search/?q=++%26%26", 200, "There is no word in"),
        ("/search/?q=xyzzy", 200, "Nothing was found for"),
        ("/search/?q=hello&tag=none", 200, "Search all posts for it"),
        ("/search/?q=%FF", 400, "could not be understood"),
        ("/search/?q=%ED%A0%80", 400, "could not be understood"),
        ("/search/?q=a%00b", 400, "could not be understood"),
        ("/search/?q=hello&page=2", 404, "There is no page"),
        ("/search/?q=hello&page=x", 404, "There is no page"),
        ("/search/?q=hello&page=99999999999999999999", 404, "There is no page"),
        ("/search/?q=hello&page=-1", 404, "There is no page"),
        ("/search/?q=hello&year=0000&tag=%F0%9F%92%A9&author='", 200, "Nothing was found"),
        ("/search/?q=" + "word+" * 2000, 200, "Nothing was found"),
    ],
)
def test_every_question_gets_an_answer(published, client, path, status, said):
    published("Hello")
    answer = client.get(path)
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert not answer.cookies


def test_the_page_is_only_read_and_is_asked_for_again_each_time(published, client):
    published("Hello")
    first = client.get("/search/?q=hello")
    assert "max-age=0" in first["Cache-Control"]
    assert client.get("/search/?q=hello", headers={"if-none-match": first["ETag"]}).status_code == 304
    published("Hello again")
    assert client.get("/search/?q=hello", headers={"if-none-match": first["ETag"]}).status_code == 200
    assert client.post("/search/").status_code == 405
    assert client.get("/search?q=hello")["Location"] == "/search/?q=hello"


def test_every_page_has_the_field_and_no_post_can_take_its_address(published, client, give):
    post_id = published("Hello", tags=["one"])
    for path in ("/", "/posts/hello/", "/tags/", "/tags/one/", "/nothing-here/", "/search/"):
        html = client.get(path).content.decode()
        assert 'role="search" action="/search/"' in html
        assert 'name="q"' in html
    with pytest.raises(commands.Refused):
        give(commands.add_aliases, post_id, paths=["/search/"])


def test_a_search_costs_as_many_selects_for_many_posts_as_for_few(published, client):
    def asked(text):
        with Statements() as statements:
            client.get("/search/", {"q": text})
        assert not statements.on("default")
        around = (
            "SET LOCAL ",
            "SAVEPOINT ",
            "RELEASE SAVEPOINT ",
        )  # PostgreSQL's; they read and write nothing
        selects = [sql for sql in statements.on("reader") if not sql.startswith(around)]
        assert all(sql.lstrip("(").startswith(("SELECT", "WITH")) for sql in selects)
        return len(selects)

    for number in range(3):
        published(f"Hello {number}", body="The compiler is content.")
    few = [asked(text) for text in ("hello", "compilr", "no such words")]
    for number in range(3, 15):
        published(f"Hello {number}", body="The compiler is content.")
    assert [asked(text) for text in ("hello", "compilr", "no such words")] == few
    assert max(few) <= 16


# Any text


def test_hostile_lines_are_words_like_others(published):
    for line in ALL[:20]:
        with suppress(commands.Refused):
            published(line[:200] or "x", body=f"{line}\n\nText.")
    for line in lines():
        soon(0.2, search, line)
    assert is_whole()


ODD = [
    "", " ", "c++", "don't", '"', '""', '"""', "AND", "OR NOT NEAR(", "a*", "*", "-", "--", "-a", "- a", "-*", "^x", "a:b", "{a} : b", "(", ")))",
    "x" * 60_000, "a " * 30_000, '"a" ' * 15_000, "-a " * 20_000, "\x00", "a\x00b", "\x01\x1f", "\ud800", "a\udfffb", "\u202e", "\ufeff", "'", "\\", "%", "%s",
    "日" * 30_000, "İ", "ß" * 500, "ﷺ" * 100, "👩‍👩‍👧‍👦", "e\u0301" * 500, "'; DROP TABLE reader_terms; --", "a|b", "a & !b", "a <-> b", ":*", "'a':*B", "_", "=a", "~a", "^^a_b",
]  # fmt: skip


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text)[:20])
def test_odd_texts_are_accepted(published, text):
    published("Hello world")
    soon(0.2, search, text, {"tag": text, "author": text, "year": text})
    soon(0.2, search, text)


@given(st.text(max_size=200))
@profile(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_text_is_accepted(both, text):
    assert search(text).number == 1
    assert search(f'"{text}" -{text} {text}*', {"tag": text}).hits == []


@given(st.text(max_size=80))
@profile(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_text_can_be_indexed(published, text):
    text = text.replace("\x00", "").encode(errors="ignore").decode()
    with suppress(commands.Refused):
        published("Anything", body=f"Needle. {text}", tags=[])
    assert is_whole()


# The index


@pytest.mark.parametrize(
    "body",
    [
        " ".join(f"word{number}" for number in range(15_000)),
        " ".join(chr(0x4E00 + number % 20_000) + chr(0x5E00 + number % 17) for number in range(50_000)),
        "x" * 150_000,
        "same " * 30_000,
    ],
    ids=["words", "pairs", "one word", "one word often"],
)
def test_no_text_is_too_long_to_be_published_and_found(published, client, body):
    published("A long one", body=body)
    assert client.get("/posts/a-long-one/").status_code == 200
    assert titles("a long one") == ["A long one"]


def test_posts_from_before_there_was_search_become_findable(published):
    published("Hello")
    Terms.objects.all().delete()
    Spelling.objects.all().delete()
    Article.objects.update(render_version="before")
    assert titles("hello") == []
    assert reconcile().exit_code == ExitCode.REPAIRED
    assert titles("hello") == titles("helol") == ["Hello"]


DAMAGE = {
    "terms": "UPDATE reader_terms SET title = 'forged'",
    "keys": "UPDATE reader_terms SET keys = keys || ' =forged'",
    "no terms": "DELETE FROM reader_terms",
    "no spellings": "DELETE FROM reader_spelling",
}


def damage(statement):
    with connections["reader"].cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("statement", DAMAGE.values(), ids=DAMAGE)
def test_damage_to_what_articles_are_found_by_is_found_and_repaired(published, statement):
    published("Hello", body="Some words.")
    damage(statement)
    assert check(deep=True).found == {"corrupt": 1}
    assert reconcile(deep=True).exit_code == ExitCode.REPAIRED
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
    assert titles("hello") == titles("helol") == ["Hello"]
    assert titles("forged") == []


@pytest.mark.sqlite
@pytest.mark.parametrize("statement", INNER.values(), ids=INNER)
def test_damage_to_the_index_itself_is_found_and_repaired(published, statement):
    published("Hello", body="Some words.")
    assert is_whole()
    damage(statement)
    assert not is_whole()
    assert check(deep=True).found == {"corrupt": 1}
    report = reconcile(deep=True)
    assert (report.exit_code, report.found) == (ExitCode.REPAIRED, {"corrupt": 1})
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
    assert titles("hello") == ["Hello"]


@pytest.mark.sqlite
@pytest.mark.django_db(
    transaction=True, databases=["default", "reader"]
)  # a savepoint may not be gone back to
@pytest.mark.parametrize("statement", INDEX_DAMAGE.values(), ids=INDEX_DAMAGE)
def test_a_damaged_index_holds_up_no_page(published, edit, give, client, statement):
    post_id, other_id = published("Hello", body="Some words.", tags=["one"]), published("Second")
    damage(statement)
    edit(post_id, body="Other words.")
    give(commands.publish, post_id)
    give(commands.unpublish, other_id)
    published("Third")
    assert "Other words." in client.get("/posts/hello/").content.decode()
    assert client.get("/posts/second/").status_code == 410
    assert client.get("/search/?q=second").status_code in (200, 503)
    assert not OutboxEvent.objects.pending().exists()
    assert reconcile(deep=True).exit_code == ExitCode.REPAIRED
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
    assert (titles("other"), titles("third"), titles("second")) == (["Hello"], ["Third"], [])


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True, databases=["default", "reader"])
def test_an_index_that_could_not_take_an_article_is_made_anew_by_the_ordinary_reconciliation(
    published, edit, give
):
    post_id = published("Hello", body="Some words.")
    damage(INDEX_DAMAGE["nothing"])
    edit(post_id, body="Other words.")
    give(commands.publish, post_id)
    assert reconcile().found == {"corrupt": 1, "outdated": 1}
    assert reconcile().exit_code == ExitCode.IN_SYNC
    assert titles("other") == ["Hello"]


@pytest.mark.sqlite
def test_a_fault_that_is_not_the_index_s_stops_the_projection(published, edit, give):
    post_id = published("Hello")
    damage("DROP TABLE reader_spelling")
    edit(post_id, body="Other words.")
    give(commands.publish, post_id)
    assert OutboxEvent.objects.pending().exists()


@pytest.mark.sqlite
def test_the_index_passes_the_databases_own_check(published, edit, give):
    post_id = published("Hello", tags=["one"])
    published("Another")
    edit(post_id, body="Other words.")
    give(commands.publish, post_id)
    give(commands.unpublish, Post.objects.get(title="Another").pk)
    damage("INSERT INTO reader_found (reader_found, rank) VALUES ('integrity-check', 1)")
    assert is_whole()


@pytest.mark.postgresql
def test_no_extension_is_needed(both):
    with connections["reader"].cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        assert cursor.fetchall() == [("plpgsql",)]
