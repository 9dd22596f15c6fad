"""The site itself: described at the desk, told to readers like a post, and put right like one."""

import re

import pytest
from django_q.models import OrmQ

from cms.events import SITE_ID
from cms.reconcile import check, reconcile
from cms.report import ExitCode
from reader.models import Article, Site
from tests import oracle
from writer import commands, delivery
from writer.models import OutboxEvent, SiteSettings
from writer.refusals import Refused

WORDS = {
    "name": "The Sea",
    "tagline": "Salt, and what it does",
    "logo": "/media/pictures/wave.png",
    "navigation": [
        ("Home", "/"),
        ("About", "/posts/about/"),
        ("Friends", "https://friends.example/?a=1&b=2"),
    ],
    "social": [("Mastodon", "https://mastodon.example/@sea"), ("Mail", "mailto:sea@example.org")],
    "per_page": 5,
    "footer": "© The *sea*",
}


@pytest.fixture
def describe(give):
    """Describe the site, with some words of it changed."""
    return lambda **changes: give(commands.describe_site, **{**WORDS, **changes})


def text(client, path="/"):
    return client.get(path).content.decode()


# --- from the desk to the pages


def test_lists_say_at_once_what_is_said_of_the_site(client, published, describe):
    published("Hello")
    assert "Imprint" in text(client)
    describe()
    html = text(client)
    assert "<title>The Sea</title>" in html
    assert "Imprint" not in html
    assert '<meta name="description" content="Salt, and what it does">' in html
    assert '<img src="/media/pictures/wave.png" alt="">' in html
    assert '<a href="/" aria-current="page" dir="auto">Home</a>' in html
    assert '<a href="https://friends.example/?a=1&amp;b=2" dir="auto">Friends</a>' in html
    assert '<a href="mailto:sea@example.org" rel="me" dir="auto">Mail</a>' in html
    assert "<p>© The <em>sea</em></p>" in html


def test_articles_are_outdated_and_follow_by_reconciliation(client, published, describe):
    published("Hello")
    before = text(client, "/posts/hello/")
    describe()
    assert text(client, "/posts/hello/") == before
    assert check().found == {"outdated": 1}
    assert reconcile().exit_code == ExitCode.REPAIRED
    assert "<p>© The <em>sea</em></p>" in text(client, "/posts/hello/")
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
    assert oracle.stored() == oracle.wanted()


def test_an_article_that_is_published_later_says_it_too(client, published, describe):
    describe()
    published("Hello")
    assert "The Sea" in text(client, "/posts/hello/")
    assert check(deep=True).exit_code == ExitCode.IN_SYNC


def test_the_number_of_posts_on_a_page_outdates_no_article(client, published, describe):
    describe()
    for number in range(7):
        published(f"Post {number}")
    assert (text(client).count("<h2>"), text(client, "/page/2/").count("<h2>")) == (5, 2)
    describe(per_page=6)
    assert (text(client).count("<h2>"), text(client, "/page/2/").count("<h2>")) == (6, 1)
    assert check().exit_code == ExitCode.IN_SYNC


def test_who_is_told_late_is_told_the_newest(client, describe, published, reader_down):
    published("Hello")
    with reader_down():
        describe(name="First")
        describe(name="Second")
    assert "Imprint" in text(client)
    first, second = OutboxEvent.objects.filter(post_id=SITE_ID).order_by("version")
    assert delivery.attempt(second) is None
    assert delivery.attempt(first) is None
    assert "<title>Second</title>" in text(client)


def test_a_page_costs_no_more_than_before(client, published, describe, django_assert_num_queries):
    describe()
    published("Hello")
    for path in ("/posts/hello/", "/"):
        client.get(path)  # is made, and kept
        with django_assert_num_queries(1, using="reader"), django_assert_num_queries(0, using="default"):
            assert client.get(path).status_code == 200


# --- what is refused


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"name": "  "}, "needs a name"),
        ({"name": "a\0"}, "cannot be stored"),
        ({"tagline": "a" * 201}, "at most 200 fit"),
        ({"logo": "wave.png"}, "begins with /media/"),
        ({"navigation": [("", "/")]}, "no label"),
        ({"navigation": [("Home", "//evil.example/")]}, "of this site or https"),
        ({"navigation": [("Home", "javascript:alert(1)")]}, "of this site or https"),
        ({"navigation": [("Home", "/a b")]}, "of this site or https"),
        ({"navigation": [("Home", "/")] * 21}, "at most 20 fit"),
        ({"social": [("Here", "/about/")]}, "or mailto"),
        ({"per_page": 4}, "5 to 50"),
        ({"per_page": 51}, "5 to 50"),
        ({"footer": "- " * 496 + "a"}, "deep"),
    ],
)
def test_what_cannot_be_said_of_the_site_is_refused_in_words(describe, words, reason):
    with pytest.raises(Refused, match=reason):
        describe(**words)
    assert not SiteSettings.objects.exists()
    assert not OutboxEvent.objects.exists()


def test_no_post_can_have_the_id_of_the_site(give):
    with pytest.raises(Refused, match="cannot be the id"):
        give(commands.create_draft, draft=commands.Draft(title="Hello"), post_id=SITE_ID)


# --- drift

rewritten = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


def restored_without():
    SiteSettings.objects.all().delete()


DAMAGE = {
    "missing": lambda: Site.objects.all().delete(),
    "stale": lambda: Site.objects.update(version=1),
    "changed": lambda: Site.objects.update(digest="0" * 64),
    "orphan": restored_without,
    "outdated": lambda: Site.objects.update(render_version="older"),
    "corrupt": lambda: Site.objects.update(name="Hacked"),
}


@rewritten
@pytest.mark.parametrize("kind", DAMAGE)
def test_each_way_in_which_the_site_can_drift_is_found_and_put_right(client, published, describe, kind):
    published("Hello")
    describe()
    reconcile()
    DAMAGE[kind]()
    assert {str(finding.kind) for finding in check(deep=True).findings if finding.post_id == SITE_ID} == {
        kind
    }
    report = reconcile(deep=True)
    assert report.exit_code == ExitCode.REPAIRED, report
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
    assert oracle.stored() == oracle.wanted()
    expected = "Imprint" if kind == "orphan" else "The Sea"
    assert f"<title>{expected}</title>" in text(client)
    assert expected in text(client, "/posts/hello/")


@rewritten
def test_settings_that_were_edited_around_the_command_are_announced(client, describe):
    describe()
    SiteSettings.objects.update(name="Around")
    assert check(deep=True).found == {"changed": 1}
    assert reconcile(deep=True).exit_code == ExitCode.REPAIRED
    assert "<title>Around</title>" in text(client)


@rewritten
def test_a_reader_that_is_ahead_is_left_alone_until_the_writer_is_trusted(client, describe):
    describe()
    Site.objects.update(version=2**52, name="Newer")
    assert reconcile().exit_code == ExitCode.REFUSED
    assert reconcile(trust_writer=True).exit_code == ExitCode.REPAIRED
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
    assert "<title>The Sea</title>" in text(client)


@rewritten
def test_a_reader_that_lost_everything_has_site_and_articles_after_one_run(client, published, describe):
    describe()
    published("Hello")
    Site.objects.all().delete()
    Article.objects.all().delete()
    assert reconcile().exit_code == ExitCode.REPAIRED
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
    assert "The Sea" in text(client, "/posts/hello/")


def test_the_site_is_not_counted_among_the_posts(published, describe):
    describe()
    published("Hello")
    assert "1 posts compared" in str(check())


# --- at the desk

PATH = "sitesettings/1/change/"
TYPED = {
    "name": "The Sea",
    "tagline": "",
    "logo": "",
    "navigation_lines": "Home | /\n\nA | B | https://a.example/\r\n",
    "social_lines": "",
    "per_page": "7",
    "footer": "Line\r\nline",
}


def test_the_desk_shows_what_holds_until_something_else_is_said(desk):
    html = desk.get(PATH)
    assert 'value="Imprint"' in html
    assert "Writing | /\nTags | /tags/</textarea>" in html
    assert not SiteSettings.objects.exists()


def test_what_is_said_at_the_desk_reaches_readers(desk, client, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(using="default", execute=True):
        html = desk.post(PATH, **TYPED)
    assert "Lists show it now" in html
    assert "Home | /\nA | B | https://a.example/</textarea>" in html
    assert "<title>The Sea</title>" in text(client)
    assert SiteSettings.objects.get().footer == "Line\nline"
    assert [task.func() for task in OrmQ.objects.all()] == ["cms.schedule.reconcile"]


def test_a_refusal_keeps_what_was_typed_on_the_screen(desk):
    html = desk.post(PATH, **{**TYPED, "navigation_lines": "Home", "social_lines": "X | /x/", "logo": "a"})
    assert "Line 1 has no bar between label and address. Write it as: Label | Home" in html
    assert "“X” leads to “/x/”. Write its address as https://… or mailto:…." in html
    assert "begins with /media/" in html
    assert re.search(r"<textarea[^>]*>\s*Home</textarea>", html)
    assert not OutboxEvent.objects.exists()


def test_the_list_leads_to_the_one_page(desk):
    assert 'value="Imprint"' in desk.post("sitesettings/")


def test_there_is_no_other_site(client, author, desk):
    for path in ("sitesettings/2/change/", "sitesettings/add/", "sitesettings/1/delete/"):
        assert client.get(f"/admin/writer/{path}").status_code in (302, 403)
    assert not SiteSettings.objects.exists()
