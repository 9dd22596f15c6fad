"""A run of reconcile: what it writes, what it is told to look for, how fast, in how many rounds, and how it is gone on with."""

import json
import time
import uuid
from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.db import DatabaseError, connections
from django.utils import timezone

from cms import cores, drift, mending, pulse, reconcile, recording
from cms.models import Lease, Reconciliation
from cms.report import ExitCode, Kind
from reader import projector, queries
from reader.editions import Edition
from reader.models import Article
from reader.pages import Page
from tests.test_reconcile import run, text
from writer import commands
from writer.models import Post

both_for_real = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@pytest.fixture
def five(published):
    """Publish five posts; return their ids in the order in which they are compared."""
    return sorted(published(f"Post {number}") for number in range(5))


# --- a check


@both_for_real
@pytest.mark.parametrize("model", [Post, Page])
def test_while_a_check_looks_the_databases_refuse_to_be_written(five, monkeypatch, model):
    find = drift.find

    def find_and_write(report, going_on):
        find(report, going_on)
        model.objects.all().delete()

    monkeypatch.setattr(reconcile, "find", find_and_write)
    with pytest.raises(DatabaseError, match=r"readonly|read-only"):
        reconcile.check()
    model.objects.all().update(version=1)  # afterwards they can be written again


@both_for_real
def test_a_check_needs_no_lease_and_leaves_no_row(five):
    an_hour = timezone.now() + timedelta(hours=1)
    Lease.objects.create(name="reconcile", holder=uuid.uuid4(), expires_at=an_hour)
    assert run("--check").code == 0
    assert run().code == ExitCode.BUSY
    assert not Reconciliation.objects.exists()


# --- what is believed


def test_a_post_that_does_not_hold_still_is_on_its_way(five, give, monkeypatch):
    restless, entry = five[0], queries.entry
    Page.objects.filter(post_id=restless).delete()

    def entry_and_then(post_id):
        found = entry(post_id)
        if post_id == restless:
            live = Post.objects.get(pk=post_id).live_id
            give(commands.unpublish if live else commands.publish, post_id)
        return found

    monkeypatch.setattr(queries, "entry", entry_and_then)
    report = reconcile.reconcile()
    assert (report.waiting, report.found) == (1, {})


# --- what is looked for


def test_only_the_kinds_that_are_asked_for_are_found_and_repaired(five):
    Page.objects.filter(post_id=five[0]).delete()
    Article.objects.filter(pk=five[1]).update(digest="other")
    Article.objects.filter(pk=five[2]).update(render_version="older")
    assert run("--only", "changed", "--only", "outdated").named == sorted(
        [("changed", str(five[1])), ("outdated", str(five[2]))]
    )
    assert run().named == [("missing", str(five[0]))]


def test_what_is_ahead_stops_a_run_that_looks_for_something_else(five):
    Article.objects.filter(pk=five[0]).update(version=2**52)
    Page.objects.filter(post_id=five[1]).delete()
    assert run("--only", "missing").code == ExitCode.REFUSED
    assert run("--only", "missing", "--check").named == sorted(
        [("ahead", str(five[0])), ("missing", str(five[1]))]
    )


@pytest.mark.parametrize(
    "options",
    [
        ["--only", "lost"],
        ["--only", "corrupt"],
        ["--check", "--rerender"],
        ["--limit-per-second", "0"],
        ["--limit-per-second", "-1"],
        ["--limit-per-second", "nan"],
        ["--limit-per-second", "many"],
    ],
)
def test_options_that_make_no_sense_are_refused(both, options):
    with pytest.raises(CommandError):
        run(*options)
    assert not Reconciliation.objects.exists()


# --- pace and rounds


def test_no_more_is_repaired_in_a_second_than_allowed(five):
    Page.objects.filter(post_id__in=five[:3]).delete()
    begun = time.monotonic()
    assert run("--limit-per-second", "10").code == 3
    assert time.monotonic() - begun >= 0.3


def test_more_than_a_round_holds_is_repaired_in_several(client, five, monkeypatch):
    monkeypatch.setattr("cms.report.AT_MOST", 2)
    Page.objects.all().delete()
    report = reconcile.reconcile()
    assert (report.found, report.repaired, report.exit_code) == ({"missing": 5}, 5, ExitCode.REPAIRED)
    assert client.get("/posts/post-4/").status_code == 200
    assert run().code == 0


def test_a_round_that_repairs_nothing_is_the_last(five, monkeypatch):
    monkeypatch.setattr("cms.report.AT_MOST", 2)
    monkeypatch.setattr(projector, "made_of", lambda events: 1 / 0)
    Page.objects.all().delete()
    report = reconcile.reconcile()
    assert (report.found, report.repaired, report.exit_code) == ({"missing": 5}, 0, ExitCode.DRIFT_REMAINS)
    assert len(report.findings) == 2


def test_the_brake_counts_more_than_a_round_holds(five, published, monkeypatch):
    monkeypatch.setattr("cms.report.AT_MOST", 2)
    monkeypatch.setattr(reconcile, "BRAKE", 3)
    published("One more")
    Post.objects.filter(pk__in=five[:4]).update(live=None)
    assert run().code == ExitCode.REFUSED
    assert Article.objects.filter(gone_at=None).count() == 6


# --- rendering everything anew


def test_rerender_makes_every_article_anew_and_changes_nothing_else(client, five, give):
    give(commands.unpublish, five[4])
    right = text(client, "/posts/post-1/")
    edition = Edition.objects.get().number
    outcome = run("--rerender")
    assert (outcome.code, {kind for kind, _post in outcome.named}) == (3, {"outdated"})
    assert outcome.lines[-1] == "reconcile: 4 posts compared, 4 outdated, 4 repaired."
    assert Edition.objects.get().number == edition + 1  # all at once
    assert text(client, "/posts/post-1/") == right
    assert run("--deep").code == 0


def test_a_killed_rerender_is_gone_on_with(five, monkeypatch):
    made = []

    def project(events, real=projector.project_together):
        if made:
            raise KeyboardInterrupt
        made.extend(event.post_id for event in events)
        real(events)

    monkeypatch.setattr(cores, "TOGETHER", 2)
    monkeypatch.setattr(mending, "project_together", project)
    with pytest.raises(KeyboardInterrupt):
        run("--rerender")
    monkeypatch.undo()
    assert sorted(made) == five[:2]
    assert {post for _kind, post in run("--rerender").named} == {str(post) for post in five[2:]}


def test_a_rerender_that_was_killed_while_it_marked_goes_on_marking(five, monkeypatch):
    Article.objects.filter(pk__in=five[:2]).update(render_version="")
    assert len(run("--rerender").named) == 5


def test_any_run_goes_on_with_a_killed_rerender(five):
    Article.objects.filter(pk__in=five[3:]).update(render_version="")
    assert run().named == sorted(("outdated", str(post)) for post in five[3:])


def test_an_article_waits_for_its_turn_with_its_old_page(client, five, monkeypatch):
    seen = []

    def store(made, alongside):
        seen.append(client.get("/posts/post-0/").status_code)

    monkeypatch.setattr(projector, "store", store)
    run("--rerender")
    assert seen == [200] * 6  # together, and when that was in vain, one by one


# --- the row of a run


def test_a_row_tells_how_far_a_run_has_come(five, monkeypatch):
    Page.objects.all().delete()
    monkeypatch.setattr(pulse, "PULSE", 0)
    seen = []

    def watch(report):
        row = Reconciliation.objects.get()
        seen.append((row.compared, row.repaired, row.finished_at))

    reconcile.reconcile(watch=watch)
    assert seen[0] == (0, 0, None)
    assert seen[-1] == (5, 4, None)
    row = Reconciliation.objects.get()
    assert (row.compared, row.articles, row.repaired, row.exit_code) == (5, 5, 5, 3)
    assert row.finished_at >= row.started_at


def test_a_killed_run_leaves_a_row_without_an_end(five, monkeypatch):
    def killed(post_ids):
        raise KeyboardInterrupt

    Page.objects.filter(post_id=five[0]).delete()
    monkeypatch.setattr(mending, "mend_together", killed)
    with pytest.raises(KeyboardInterrupt):
        run()
    row = Reconciliation.objects.get()
    assert (row.finished_at, row.exit_code) == (None, None)


def test_rows_are_kept_for_a_season(five):
    long_ago = timezone.now() - recording.REMEMBERED - timedelta(days=1)
    Reconciliation.objects.create(started_at=long_ago, finished_at=long_ago, exit_code=0)
    run()
    assert Reconciliation.objects.count() == 1


def test_a_row_says_why_nothing_was_repaired(five):
    Article.objects.filter(pk=five[0]).update(version=2**52)
    run("--deep")
    row = Reconciliation.objects.get()
    assert (row.deep, row.exit_code, row.found) == (True, 5, {Kind.AHEAD: 1})
    assert "--trust-writer" in row.refusal


def test_json_counts_all_and_names_the_first(five, monkeypatch):
    monkeypatch.setattr("cms.report.KEPT", 3)
    Page.objects.all().delete()
    (line,) = run("--json").lines
    report = json.loads(line)
    assert (report["found"], report["repaired"], len(report["findings"])) == ({"missing": 5}, 5, 3)


def test_an_inventory_is_answered_by_its_index(five):
    """It would otherwise read the text of every post and article."""
    for alias, articles, index in (
        ("reader", Article.objects.order_by("post_id"), "article_inventory"),
        ("default", Post.objects.live().order_by("pk"), "post_inventory"),
    ):
        columns = {
            "reader": ("post_id", "version", "digest", "gone_at", "render_version", "page_count"),
            "default": ("pk", "version", "digest", "live_id", "announced_id"),
        }[alias]
        if connections[alias].vendor == "sqlite":  # PostgreSQL reads so small a table as a whole
            assert index in articles.values_list(*columns).explain()
