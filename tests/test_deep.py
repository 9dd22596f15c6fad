"""Deep reconciliation: what was edited in place, on either side, is found to the byte and put right."""

import pytest
from django.db import connections

from cms.reconcile import check, reconcile
from cms.report import ExitCode
from reader.editions import Change
from reader.models import Article
from reader.names import Byline, Part, Tagging, Tongue
from reader.pages import Page
from tests.conftest import NOON
from writer.models import Author, Post, Revision, Tag

committed = pytest.mark.django_db(transaction=True, databases=["default", "reader"])

DAMAGE = {
    "an article's title": lambda: Article.objects.update(title="Hacked"),
    "an article's html": lambda: Article.objects.update(html="<p>Hacked</p>"),
    "a page's body": lambda: Page.objects.filter(status=200).update(body=b"\x1f\x8bnonsense"),
    "a page's status": lambda: Page.objects.filter(status=200).update(status=410),
    "a redirect's target": lambda: Page.objects.filter(status=301).update(location="/elsewhere/"),
    "a page's owner": lambda: Page.objects.filter(status=301).update(post_id=None),
    "taggings": lambda: Tagging.objects.all().delete(),
    "a place in a byline": lambda: Byline.objects.all().delete(),
    "a name in a byline": lambda: Byline.objects.update(name="Forged"),
    "a language": lambda: Tongue.objects.all().delete(),
    "a part of a series": lambda: Part.objects.all().delete(),
    "a part's number": lambda: Part.objects.update(part=9),
    "a month": lambda: Article.objects.update(month=None),
    "when it was changed": lambda: Change.objects.all().delete(),
    "a page that nobody made": lambda: Page.objects.filter(status=301).update(path="/forged/"),
}
EDITS = {
    "a revision's text": lambda: Revision.objects.update(body="Edited in place."),
    "a tag's name": lambda: Tag.objects.update(name="Renamed in place"),
    "an author's name": lambda: Author.objects.update(name="Renamed in place"),
}


@pytest.fixture
def post(published, give):
    """A public post with everything a post can have."""
    from writer import commands

    sea = commands.find_or_add_series("The sea")
    post_id = published("Hello", body="Some words.", tags=["one"], authors=["Ada"], series_id=sea)
    give(commands.add_aliases, post_id, paths=["/old/"])
    return post_id


def test_a_read_side_that_is_right_is_in_sync(post):
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_in_the_reader_is_found_and_repaired(post, client, damage):
    before = client.get("/posts/hello/").content
    damage()
    assert check(deep=True).exit_code == ExitCode.DRIFT_REMAINS
    report = reconcile(deep=True)
    assert report.exit_code == ExitCode.REPAIRED, report.findings
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
    assert client.get("/posts/hello/").content == before
    assert client.get("/old/")["Location"] == "/posts/hello/"
    assert "Hello" in client.get("/tags/one/").content.decode()


@committed
def test_pages_whose_article_is_lost_are_taken_down_if_their_post_is_not_public(post, client):
    Article.objects.all().delete()
    Post.objects.update(live=None)
    assert client.get("/posts/hello/").status_code == 200
    report = reconcile(deep=True, force=True)
    assert (report.found, report.exit_code) == ({"orphan": 1}, ExitCode.REPAIRED)
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
    assert [client.get(path).status_code for path in ("/posts/hello/", "/old/")] == [410, 410]


@committed
def test_a_tombstone_that_is_still_listed_is_an_orphan(post, client):
    Article.objects.update(gone_at=NOON)
    Post.objects.update(live=None)
    assert client.get("/tags/one/").status_code == 200
    report = reconcile(deep=True, force=True)
    assert (report.found, report.exit_code) == ({"orphan": 1}, ExitCode.REPAIRED)
    assert client.get("/tags/one/").status_code == 404
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC


def test_one_post_that_cannot_be_rendered_any_more_hides_no_other(post, client, monkeypatch):
    for module in ("comparing", "projector"):
        monkeypatch.setattr(f"reader.{module}.article_of", lambda event, of: 1 / 0)
    report = reconcile(deep=True)
    assert (report.found, report.exit_code) == ({"corrupt": 1}, ExitCode.DRIFT_REMAINS)
    assert "ZeroDivisionError" in report.findings[0].error
    assert client.get("/posts/hello/").status_code == 200


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_around_the_commands_reaches_readers(post, client, edit, django_capture_on_commit_callbacks):
    edit()
    with django_capture_on_commit_callbacks(using="default", execute=True):
        assert check(deep=True).found == {"changed": 1}
        reconcile(deep=True)
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
    assert "in place" in client.get("/posts/hello/").content.decode()


def test_raw_sql_is_found_too(post):
    with connections["reader"].cursor() as cursor:
        cursor.execute("UPDATE reader_article SET summary = 'Hacked'")
    assert check(deep=True).found == {"corrupt": 1}
