"""Events: their versions and digests, and deliveries that are late, doubled, reordered or fail."""

import hashlib
import itertools
import json
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from cms import documents, events, markup
from cms.documents import Unspeakable
from cms.events import AuthorRef, Link, PostPublished, PostWithdrawn, SeriesRef, SiteDescribed, TagRef
from reader.editions import Edition
from reader.models import Article
from reader.names import Tagging
from reader.pages import Page
from tests.conftest import NOON
from tests.crashes import dying
from writer import commands, delivery, outbox
from writer.models import OutboxEvent, Post

POST_ID = UUID("0198c3a4-5e6f-7a8b-9c0d-112233445566")
BOTH = ["default", "reader"]


class Crash(BaseException):
    """The process ends here. No Exception: Django's robust ways of calling swallow those."""


@pytest.fixture
def nobody_listens():
    """Let the signal have no receiver, as if the reader's application were not loaded."""
    receivers, events.happened.receivers = events.happened.receivers, []
    yield
    events.happened.receivers = receivers


@pytest.fixture
def crash():
    """Let the process end as soon as a delivery begins."""

    def crash(**kwargs):
        raise Crash

    events.happened.connect(crash, dispatch_uid="crash")
    events.happened.receivers.insert(0, events.happened.receivers.pop())
    yield
    events.happened.disconnect(dispatch_uid="crash")


def rows(post_id=None):
    """Return the outbox, oldest first."""
    found = OutboxEvent.objects.order_by("pk")
    return list(found.filter(post_id=post_id) if post_id else found)


def versions(post_id):
    return [row.version for row in rows(post_id)]


def read_side():
    """Return all that readers could ever be shown; lists are made from it."""
    return (
        list(Article.objects.order_by("pk").values()),
        list(Page.objects.exclude(post_id=None).order_by("pk").values()),
        list(Tagging.objects.order_by("article", "slug").values("article", "slug", "name", "published_at")),
    )


def forget():
    """Empty the read side."""
    for model in (Tagging, Page, Article, Edition):
        model.objects.all().delete()


def assert_every_order_ends_alike(sent):
    """Deliver the events in every order, each of them twice, and find the same read side each time."""
    outcomes = []
    for order in itertools.permutations(sent):
        forget()
        for row in [*order, order[0]]:  # the first comes once more, after all others
            assert delivery.deliver(row, now=NOON)
            assert delivery.deliver(row, now=NOON)
        outcomes.append(read_side())
    assert all(outcome == outcomes[0] for outcome in outcomes)


# --- versions


def test_a_version_is_the_time_in_microseconds():
    assert outbox.next_version(0, NOON) == int(NOON.timestamp()) * 1_000_000


def test_a_version_grows_while_the_clock_stands_still_or_goes_back():
    first = outbox.next_version(0, NOON)
    second = outbox.next_version(first, NOON)
    third = outbox.next_version(second, NOON - timedelta(days=400))
    assert [second, third] == [first + 1, first + 2]


def test_a_version_fits_into_the_numbers_of_json_clients():
    assert outbox.next_version(0, datetime(2255, 1, 1, tzinfo=UTC)) < 2**53


def test_events_of_one_post_grow_with_a_clock_that_goes_back(draft, give, client):
    post = draft("Hello")
    give(commands.publish, post, now=NOON)
    give(commands.unpublish, post, now=NOON)
    give(commands.publish, post, now=NOON - timedelta(hours=3))
    first, second, third = versions(post)
    assert (second, third) == (first + 1, first + 2)
    assert client.get("/posts/hello/").status_code == 200


def test_who_takes_over_an_address_is_above_who_had_it(published, draft, give, client):
    old = published("Old", slug="wanted")
    give(commands.unpublish, old, now=NOON + timedelta(days=1))
    new = draft("New", body="The *new* owner.", slug="wanted")
    give(commands.publish, new, now=NOON - timedelta(days=1))
    assert versions(new)[-1] > versions(old)[-1]
    assert "<em>new</em>" in client.get("/posts/wanted/").content.decode()


# --- deliveries in any order


def test_every_order_of_publish_unpublish_publish_ends_alike(published, edit, give, client):
    post = published("Hello", body="One.", tags=["Sea"])
    give(commands.unpublish, post)
    edit(post, body="Two.")
    give(commands.publish, post)
    assert_every_order_ends_alike(rows())
    page = client.get("/posts/hello/")
    assert page.status_code == 200
    assert "Two." in page.content.decode()


def test_every_order_ends_alike_when_a_slug_passes_from_a_post_that_moved(published, edit, give, client):
    first = published("First", body="The first.", slug="prize")
    edit(first, slug="elsewhere")
    give(commands.publish, first)
    second = published("Second", body="The second.", slug="prize")
    assert [row.post_id for row in rows()] == [first, first, first, second]
    assert_every_order_ends_alike(rows())
    assert "The second." in client.get("/posts/prize/").content.decode()
    assert "The first." in client.get("/posts/elsewhere/").content.decode()


def test_every_order_ends_alike_when_a_slug_passes_from_a_post_that_is_gone(published, give, client):
    first = published("First", slug="prize")
    give(commands.unpublish, first)
    published("Second", body="The second.", slug="prize")
    assert_every_order_ends_alike(rows())
    assert "The second." in client.get("/posts/prize/").content.decode()


def test_every_order_ends_alike_when_a_slug_comes_back(published, edit, give, client):
    first = published("First", body="The first.", slug="prize")
    give(commands.unpublish, first)
    second = published("Second", body="The second.", slug="prize")
    give(commands.unpublish, second)
    edit(first, body="The first again.")
    give(commands.publish, first)
    assert_every_order_ends_alike(rows())
    assert "The first again." in client.get("/posts/prize/").content.decode()


def test_a_late_publish_does_not_bring_back_what_was_withdrawn(published, give, client):
    post = published("Hello")
    give(commands.unpublish, post)
    assert client.get("/posts/hello/").status_code == 410
    published_row, _withdrawn = rows(post)
    assert delivery.deliver(published_row, now=NOON)
    assert client.get("/posts/hello/").status_code == 410
    assert "Hello" not in client.get("/").content.decode()


def test_a_withdrawal_that_arrives_first_blocks_the_publish(draft, give, client, reader_down):
    post = draft("Hello")
    with reader_down():
        give(commands.publish, post)
        give(commands.unpublish, post)
    published_row, withdrawn_row = rows(post)
    delivery.deliver(withdrawn_row, now=NOON)
    delivery.deliver(published_row, now=NOON)
    assert client.get("/posts/hello/").status_code == 410


def test_a_delivered_event_settles_the_older_ones_of_its_post(draft, edit, give, reader_down):
    post, other = draft("Hello"), draft("Other")
    with reader_down():
        give(commands.publish, post)
        give(commands.publish, other)
        edit(post, title="Hello again")
        give(commands.publish, post)
    newest = rows(post)[-1]
    assert delivery.deliver(newest, now=NOON)
    assert [row.post_id for row in OutboxEvent.objects.pending()] == [other]


def test_an_older_event_does_not_settle_a_newer_one(draft, edit, give, client, reader_down):
    post = draft("Hello")
    with reader_down():
        give(commands.publish, post)
        edit(post, title="Hello again")
        give(commands.publish, post)
    older, newer = rows(post)
    assert delivery.deliver(older, now=NOON)
    assert list(OutboxEvent.objects.pending()) == [newer]
    assert "Hello again" not in client.get("/posts/hello/").content.decode()


# --- deliveries that fail


def test_an_event_that_nobody_hears_is_not_delivered(draft, give, nobody_listens):
    post = draft("Hello")
    give(commands.publish, post)
    row = OutboxEvent.objects.pending().get()
    assert row.attempts == 1
    assert "Nobody listens" in row.last_error


def test_a_delivery_that_fails_is_no_failure_of_the_command(draft, give, monkeypatch):
    def fail(row):
        raise OSError("the writer's database went away after the commit")

    post = draft("Hello")
    monkeypatch.setattr(delivery, "attempt", fail)
    give(commands.publish, post)
    assert Post.objects.get(pk=post).state == "live"
    assert OutboxEvent.objects.pending().count() == 1


def test_a_delivery_is_noted(published):
    published("Hello")
    row = OutboxEvent.objects.get()
    assert row.delivered_at is not None
    assert (row.attempts, row.last_error, row.actor) == (1, "", "ada")


def test_pauses_double_up_to_an_hour(draft, give, reader_down):
    post = draft("Hello")
    with reader_down():
        give(commands.publish, post)
        pauses = []
        for _attempt in range(12):
            OutboxEvent.objects.update(next_attempt_at=NOON)
            assert delivery.relay(now=NOON) == (0, 1)
            pauses.append(round((OutboxEvent.objects.get().next_attempt_at - NOON).total_seconds()))
    assert pauses == [20, 40, 80, 160, 320, 640, 1280, 2560, *[3600] * 4]
    assert delivery.pause(0) == timedelta(seconds=10)
    assert delivery.pause(2_000_000_000) == timedelta(hours=1)


def test_a_patient_relay_waits_for_the_pause_and_then_delivers(draft, give, client, reader_down):
    post = draft("Hello")
    with reader_down():
        give(commands.publish, post)
    due = OutboxEvent.objects.get().next_attempt_at
    assert delivery.relay(now=due - timedelta(seconds=1)) == (0, 0)
    assert client.get("/posts/hello/").status_code == 404
    assert delivery.relay(now=due) == (1, 0)
    assert client.get("/posts/hello/").status_code == 200
    assert OutboxEvent.objects.get().last_error == ""


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ({"schema": 99}, "schema 99"),
        ({"published_at": "soon"}, "cannot be read"),
        ({"unheard": "of"}, "cannot be read"),
        ({"body": "a" * (markup.LONGEST + 1)}, "Unrenderable"),
    ],
    ids=["schema", "value", "field", "body"],
)
def test_a_poison_event_holds_up_no_other(draft, give, client, reader_down, poison, reason):
    with reader_down():
        for title in ("Before", "Poison", "After"):
            give(commands.publish, draft(title))
    poisoned = rows()[1]
    poisoned.document |= poison
    poisoned.save()
    assert delivery.relay(now=NOON, patient=False) == (2, 1)
    statuses = [client.get(f"/posts/{slug}/").status_code for slug in ("before", "poison", "after")]
    assert statuses == [200, 404, 200]
    assert reason in OutboxEvent.objects.pending().get().last_error


def test_an_article_keeps_its_last_good_page_until_its_poison_is_replaced(
    published, edit, give, client, reader_down
):
    post = published("Hello", body="Good.")
    edit(post, body="Bad.")
    with reader_down():
        give(commands.publish, post)
    poisoned = OutboxEvent.objects.pending().get()
    poisoned.document["body"] = "a" * (markup.LONGEST + 1)
    poisoned.save()
    assert delivery.relay(now=NOON, patient=False) == (0, 1)
    assert "Good." in client.get("/posts/hello/").content.decode()
    edit(post, body="Better.")
    give(commands.publish, post)
    assert "Better." in client.get("/posts/hello/").content.decode()
    assert not OutboxEvent.objects.pending().exists()


@pytest.mark.django_db(transaction=True, databases=BOTH)
def test_a_crash_after_the_commit_leaves_the_event_pending(draft, give, client, crash):
    post = draft("Hello")
    with pytest.raises(Crash):
        give(commands.publish, post)
    assert Post.objects.get(pk=post).state == "live"
    assert OutboxEvent.objects.pending().get().attempts == 0
    assert client.get("/posts/hello/").status_code == 404
    events.happened.disconnect(dispatch_uid="crash")
    assert delivery.relay(now=NOON + timedelta(minutes=1)) == (1, 0)
    assert client.get("/posts/hello/").status_code == 200


@pytest.mark.parametrize(
    "send",
    [
        lambda: delivery.relay(now=NOON, patient=False),
        lambda: commands.deliver_all_again(actor=None, now=NOON),
    ],
    ids=["relay", "by hand"],
)
def test_what_is_no_longer_so_is_not_sent(published, edit, give, client, reader_down, send):
    post = published("Hello")
    with reader_down():
        give(commands.unpublish, post)
        edit(post, body="Back again.")
        give(commands.publish, post)
    with dying("after", "writer.delivery.attempt"):  # as the process died between the two
        send()
    assert "Back again." in client.get("/posts/hello/").content.decode()
    assert send() == (1, 0)
    assert not OutboxEvent.objects.pending().exists()


@pytest.mark.django_db(transaction=True, databases=BOTH)
def test_a_crash_before_the_commit_leaves_nothing(draft, client):
    post = draft("Hello")

    @transaction.atomic
    def publish_and_crash():
        commands.publish(post, actor=None, now=NOON)
        raise Crash

    with pytest.raises(Crash):
        publish_and_crash()
    assert Post.objects.get(pk=post).state == "draft"
    assert rows() == []
    assert client.get("/posts/hello/").status_code == 404


@pytest.mark.django_db(transaction=True, databases=BOTH)
def test_an_event_is_delivered_only_after_the_commit(draft, client):
    post = draft("Hello")
    with transaction.atomic():
        commands.publish(post, actor=None, now=NOON)
        assert client.get("/posts/hello/").status_code == 404
    assert client.get("/posts/hello/").status_code == 200


# --- documents and digests

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from("é\u0301ạ̈각ﬁÅ")
)
moments = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001  hypothesis wants naive bounds
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from(
        [UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-11))]
    ),
)
links = st.builds(Link, label=texts, url=texts)


def many(things):
    return st.lists(things, max_size=3).map(tuple)


published_events = st.builds(
    PostPublished,
    post_id=st.uuids(),
    version=st.integers(1, 2**53),
    slug=texts,
    aliases=st.lists(texts, max_size=3).map(tuple),
    title=texts,
    summary=texts,
    body=texts,
    language=texts,
    tags=many(st.builds(TagRef, slug=texts, name=texts, aliases=many(texts), description=texts)),
    authors=many(st.builds(AuthorRef, slug=texts, name=texts, bio=texts, picture=texts, links=many(links))),
    description=texts,
    canonical_url=texts,
    cover=texts,
    cover_alt=texts,
    series=st.none() | st.builds(SeriesRef, slug=texts, name=texts, part=st.integers(1, 9)),
    pinned=st.booleans(),
    unlisted=st.booleans(),
    translation_key=texts,
    published_at=moments,
    updated_at=moments,
    digest=st.just(""),
)
withdrawn_events = st.builds(
    PostWithdrawn,
    post_id=st.uuids(),
    version=st.integers(1, 2**53),
    paths=st.lists(texts, max_size=3).map(tuple),
    withdrawn_at=moments,
    digest=st.just(""),
)
site_events = st.builds(
    SiteDescribed,
    version=st.integers(1, 2**53),
    **dict.fromkeys(("name", "tagline", "logo", "footer"), texts),
    navigation=many(links),
    social=many(links),
    per_page=st.integers(5, 50),
    digest=st.just(""),
)


def event(**changes):
    """Return a small event."""
    values = {
        "post_id": POST_ID,
        "version": 1,
        "slug": "hello",
        "aliases": (),
        "title": "Hello",
        "summary": "",
        "body": "A text.",
        "language": "en",
        "tags": (TagRef(slug="sea", name="Sea", aliases=()),),
        "authors": (AuthorRef(slug="ada", name="Ada"),),
        "published_at": NOON,
        "updated_at": NOON,
    }
    return PostPublished(**{**values, **changes})


def strings(value):
    """Yield every text in a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from itertools.chain.from_iterable(map(strings, value.values()))
    elif isinstance(value, list):
        yield from itertools.chain.from_iterable(map(strings, value))


@settings(deadline=None)
@given(published_events | withdrawn_events | site_events)
def test_an_event_survives_the_journey_with_its_digest(told):
    sealed = documents.sealed(told)
    stored = json.loads(json.dumps(documents.document(sealed)))
    opened = documents.opened(documents.kind_of(sealed), stored, sealed.digest)
    assert documents.document(opened) == stored
    assert documents.sealed(opened) == opened
    assert all(unicodedata.is_normalized("NFC", text) for text in strings(stored))


@settings(deadline=None)
@given(published_events | withdrawn_events | site_events)
def test_the_digest_is_the_sha_256_of_the_canonical_json(told):
    document = documents.document(told)
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert documents.sealed(told).digest == hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def test_the_digest_of_a_known_event_never_changes():
    assert documents.sealed(event()).digest == (
        "991c03be2e5e2730dccb9d7578dadcb774cfe05976fa405630304b7d21df5ff2"
    )


def test_composed_and_decomposed_letters_are_one_text():
    assert documents.sealed(event(title="Caf\u00e9")) == documents.sealed(event(title="Cafe\u0301"))
    assert (
        documents.sealed(event(title="Caf\u00e9")).digest
        == documents.sealed(event(title="Cafe\u0301")).digest
    )


def test_the_same_moment_in_another_zone_is_the_same_document():
    there = NOON.astimezone(timezone(timedelta(hours=9)))
    assert documents.document(event(published_at=there)) == documents.document(event())


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "a\0b"},
        {"body": "\ud83d"},
        {"aliases": ("/a\0/",)},
        {"tags": (TagRef(slug="sea", name="\udc00", aliases=()),)},
        {"version": 1.5},
        {"version": float("nan")},
        {"published_at": NOON.replace(tzinfo=None)},
        {"summary": None},
        {"summary": b"bytes"},
    ],
    ids=["nul", "surrogate", "nul in a path", "surrogate in a tag", "float", "nan", "naive", "none", "bytes"],
)
def test_what_the_databases_would_not_both_keep_is_unspeakable(changes):
    with pytest.raises(Unspeakable):
        documents.document(event(**changes))


@pytest.mark.parametrize(
    "more",
    [
        {"description": "About."},
        {"canonical_url": "https://elsewhere.example/hello"},
        {"cover": "/media/a.png", "cover_alt": "A sea"},
        {"series": SeriesRef(slug="seas", name="Seas", part=2)},
        {"pinned": True},
        {"unlisted": True},
        {"tags": (TagRef(slug="sea", name="Sea", aliases=(), description="Salt."),)},
        {"authors": (AuthorRef(slug="ada", name="Ada", bio="Counts."),)},
        {
            "authors": (
                AuthorRef(slug="ada", name="Ada", links=(Link(label="Home", url="https://a.example"),)),
            )
        },
    ],
    ids=lambda more: next(iter(more)),
)
def test_a_document_that_says_more_than_schema_1_could_bears_schema_2(more):
    document = documents.document(event(**more))
    assert document["schema"] == 2
    assert documents.opened("post.published", document, "") == event(**more)
    assert document.keys() == {*documents.document(event()), *more}


def test_a_document_that_names_its_translations_bears_schema_3():
    document = documents.document(event(translation_key="sea"))
    assert document == {**documents.document(event()), "schema": 3, "translation_key": "sea"}
    assert documents.opened("post.published", document, "") == event(translation_key="sea")


def test_a_document_in_the_words_of_schema_1_is_what_it_was_then():
    """So the digest of every post that needs no new words is the one it had before."""
    document = documents.document(event())
    assert document["schema"] == 1
    assert document["tags"] == [{"slug": "sea", "name": "Sea", "aliases": []}]
    assert document["authors"] == [{"slug": "ada", "name": "Ada"}]
    opened = documents.opened("post.published", document, "")
    assert (opened.pinned, opened.unlisted, opened.series, opened.authors[0].links) == (
        False,
        False,
        None,
        (),
    )


def test_a_document_of_another_schema_is_not_opened():
    document = documents.document(event()) | {"schema": documents.SCHEMA + 1}
    with pytest.raises(ValueError, match="schema 4"):
        documents.opened("post.published", document, "")


def test_what_was_stored_is_what_was_digested(published):
    published("Cafe\u0301 ☕", body="Grüße, 世界 👋🏽", tags=["Été"], authors=["Zoë"])
    row = OutboxEvent.objects.get()
    assert documents.digest(row.document) == row.digest == Post.objects.get().digest
    assert Article.objects.get().digest == row.digest
