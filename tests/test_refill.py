"""Reconciling with the stream: the writer gives it what it lacks, and a node takes in what it lacks itself."""

import json

import pytest
from django.core.management import call_command
from django.db import connections
from django.test.utils import CaptureQueriesContext

from cms import documents, following, inventory, node, refill, schedule, stream
from cms.broker import Unreachable
from cms.events import SITE_ID
from cms.management.reconcile_node import Command as OnNode
from cms.report import ExitCode
from reader.checkpoint import Checkpoint
from reader.models import Article, Site
from tests.streaming import delete_stream, put, put_event
from tests.test_site import WORDS
from writer import commands
from writer.models import Address, OutboxEvent, Post, Revision, SiteSettings, Tag
from writer.public import public_state

pytestmark = pytest.mark.django_db(databases=["default", "reader"])
COMMITS = pytest.mark.django_db(databases=["default", "reader"], transaction=True)


@pytest.fixture
def blog(published, give):
    """A post that is public, one that was, one that was and is deleted for ever, and a site with a name."""
    ids = {name: published(name.title()) for name in ("public", "withdrawn", "deleted")}
    for name in ("withdrawn", "deleted"):
        give(commands.unpublish, ids[name])
    give(commands.trash, ids["deleted"])
    give(commands.purge, ids["deleted"])
    give(commands.describe_site, **WORDS)
    return ids


def found(report):
    """Return what a run found, by kind, and what it ended with."""
    return report.counted(), report.exit_code


def status(client, slug="hello"):
    return client.get(f"/posts/{slug}/").status_code


# --- the writer and the stream


def test_what_was_told_is_in_sync_with_the_stream(elsewhere, blog):
    assert found(refill.check_stream()) == ({}, ExitCode.IN_SYNC)
    assert refill.check_stream().compared == 4


def test_a_stream_that_lost_everything_is_given_all_of_it_again(elsewhere, blog, client):
    delete_stream(elsewhere)
    assert found(refill.refill()) == ({"missing": 4}, ExitCode.REPAIRED)
    assert found(refill.check_stream()) == ({}, ExitCode.IN_SYNC)
    following.catch_up()
    assert [status(client, name) for name in blog] == [200, 410, 410]
    assert Site.objects.get().name == "The Sea"
    assert found(node.reconcile_node(check=True)) == ({}, ExitCode.IN_SYNC)


def test_a_blog_that_had_no_stream_is_told_to_it_by_the_next_sweep(
    both, published, nats, settings, request, client
):
    published("Hello")
    request.getfixturevalue("events_url")
    schedule.reconcile()
    assert inventory.holdings().keys() == {Post.objects.get().pk}


def test_a_message_that_was_lost_or_replaced_is_given_again(elsewhere, published, client):
    post_id = published("Hello")
    put(stream.subject_of(post_id), b"somebody was here")
    assert found(refill.refill()) == ({"stale": 1}, ExitCode.REPAIRED)
    following.catch_up()
    assert status(client) == 200


def test_a_message_of_the_same_version_that_says_something_else_is_replaced(elsewhere, published):
    post_id = published("Hello")
    put_event(public_state(Post.objects.get()), title="Something else")
    assert found(refill.refill()) == ({"changed": 1}, ExitCode.REPAIRED)
    assert inventory.holding(post_id).digest == Post.objects.get().digest


def test_what_is_on_its_way_to_the_stream_is_no_drift(elsewhere, published, stream_down):
    with stream_down():
        published("Hello")
    stream.ensure()
    report = refill.check_stream()
    assert (found(report), report.waiting) == (({}, ExitCode.IN_SYNC), 1)


@COMMITS
def test_a_change_around_the_commands_is_announced_to_the_stream(elsewhere, published, draft, give):
    post_id = published("Hello")
    Post.objects.filter(pk=post_id).update(announced=None)
    assert found(refill.refill()) == ({"changed": 1}, ExitCode.REPAIRED)
    assert OutboxEvent.objects.filter(post_id=post_id).count() == 2


@COMMITS
def test_a_withdrawal_around_the_commands_is_announced_to_the_stream(elsewhere, published, client):
    Post.objects.filter(pk=published("Hello")).update(live=None)
    assert found(refill.refill()) == ({"changed": 1}, ExitCode.REPAIRED)
    following.catch_up()
    assert status(client) == 410


@COMMITS
def test_a_draft_made_live_around_the_commands_is_announced_to_the_stream(elsewhere, draft, client):
    post_id = draft("Hello")
    Post.objects.filter(pk=post_id).update(live=Revision.objects.get(post=post_id))
    assert found(refill.refill()) == ({"missing": 1}, ExitCode.REPAIRED)
    following.catch_up()
    assert status(client) == 200
    assert found(refill.refill()) == ({}, ExitCode.IN_SYNC)


@COMMITS
def test_a_change_around_the_commands_gets_its_address_though_a_name_was_changed_meanwhile(
    elsewhere, published, edit, give, client
):
    first = published("Hello", tags=["Tea"])
    edit(first, title="Other", slug="other")
    give(commands.publish, first)
    second = published("Second", slug="second")
    Post.objects.filter(pk=first).update(live=Revision.objects.get(post=first, title="Hello"))
    Address.objects.filter(path="/posts/hello/").update(post=second)  # as if it led there since
    give(commands.rename_tag, Tag.objects.get().pk, name="Green tea")
    assert found(refill.refill()) == ({"changed": 1}, ExitCode.REPAIRED)
    following.catch_up()
    assert [status(client), status(client, "second")] == [200, 200]
    assert found(node.reconcile_node(check=True)) == ({}, ExitCode.IN_SYNC)


@COMMITS
def test_what_the_stream_holds_as_gone_comes_back_by_a_higher_version_only(elsewhere, published, client):
    event = public_state(Post.objects.get(pk=published("Hello")))
    put_event(documents.withdrawal(event.post_id, above=event.version - 1, paths=event.paths))
    stream.publish(event)
    assert inventory.holding(event.post_id).gone
    assert found(refill.refill()) == ({"changed": 1}, ExitCode.REPAIRED)
    assert inventory.holding(event.post_id).version > event.version
    following.catch_up()
    assert status(client) == 200
    assert found(refill.refill()) == ({}, ExitCode.IN_SYNC)


@COMMITS
def test_a_stream_that_is_ahead_of_the_writer_is_left_alone_until_the_writer_is_trusted(elsewhere, published):
    post_id = published("Hello")
    published("Other")
    put_event(public_state(Post.objects.get(pk=post_id)), version=2**52, title="Lost in the backup")
    report = refill.refill()
    assert found(report) == ({"ahead": 1}, ExitCode.REFUSED)
    assert "run again with --trust-writer" in report.refusal
    assert found(refill.refill(trust_writer=True)) == ({"ahead": 1}, ExitCode.REPAIRED)
    following.catch_up()
    assert Article.objects.get(pk=post_id).title == "Hello"


def forget(post_id):
    """Let the writer know nothing of a post, as one restored from a backup does."""
    OutboxEvent.objects.filter(post_id=post_id).delete()
    post = Post.objects.get(pk=post_id)
    post.addresses.all().delete()
    Post.objects.filter(pk=post_id).update(live=None, announced=None)
    post.revisions.all().delete()
    Post.objects.filter(pk=post_id).delete()


def test_what_the_writer_does_not_know_is_withdrawn(elsewhere, published, client):
    ids = [published(f"Post {number}") for number in range(3)]
    following.catch_up()
    forget(ids[0])
    assert found(refill.refill()) == ({"orphan": 1}, ExitCode.REPAIRED)
    following.catch_up()
    assert [status(client, f"post-{number}") for number in range(3)] == [410, 200, 200]


def test_a_wrong_database_does_not_empty_the_stream(elsewhere, published, monkeypatch):
    for number in range(6):
        published(f"Post {number}")
    monkeypatch.setattr("writer.told.everything", lambda: iter(()))
    report = refill.refill()
    assert found(report) == ({}, ExitCode.IN_SYNC)  # each is looked at once more, and then it is there
    monkeypatch.setattr("writer.told.told_of", lambda post_id: None)
    report = refill.refill()
    assert found(report) == ({"orphan": 6}, ExitCode.REFUSED)
    assert "Is this the right writer database?" in report.refusal


def test_a_stream_that_cannot_be_asked_is_said(elsewhere, published, stream_down, capsys):
    published("Hello")
    with stream_down(), pytest.raises(SystemExit) as end:
        call_command("reconcile", "--check")
    assert end.value.code == ExitCode.REFUSED
    assert "stream: 0 posts compared, no drift, 0 repaired. Nothing was compared: All NATS" in (
        capsys.readouterr().out
    )


def test_a_stream_that_goes_away_in_the_midst_is_no_error_of_ours(elsewhere, published, monkeypatch, caplog):
    published("Hello")
    delete_stream(elsewhere)

    def unreachable(event):
        raise Unreachable("All NATS servers are down.")

    monkeypatch.setattr(stream, "publish", unreachable)
    report = refill.refill()
    assert found(report) == ({"missing": 1}, ExitCode.DRIFT_REMAINS)
    assert report.findings[0].error == "All NATS servers are down."
    assert "Traceback" not in caplog.text


def test_a_writer_without_readers_tells_of_the_stream(elsewhere, published, settings, capsys):
    post_id = published("Hello")
    settings.PROJECTS = False
    delete_stream(elsewhere)
    with CaptureQueriesContext(connections["reader"]) as asked, pytest.raises(SystemExit):
        call_command("reconcile")
    assert asked.captured_queries == []
    assert f"missing   {post_id} “Hello”" in capsys.readouterr().out


def test_reconcile_tells_of_readers_and_stream(events_url, published, capsys):
    post_id = published("Hello")
    delete_stream(events_url)
    with pytest.raises(SystemExit) as end:
        call_command("reconcile", "--check")
    assert end.value.code == ExitCode.DRIFT_REMAINS
    assert capsys.readouterr().out == (
        "reconcile: 1 posts compared, no drift, 0 repaired.\n"
        f"missing   {post_id} “Hello”\n"
        "stream: 1 posts compared, 1 missing, 0 repaired.\n"
    )
    with pytest.raises(SystemExit) as end:
        call_command("reconcile", "--json")
    assert end.value.code == ExitCode.REPAIRED
    assert [json.loads(line)["of"] for line in capsys.readouterr().out.splitlines()] == [
        "reconcile",
        "stream",
    ]
    call_command("reconcile", "--check")


# --- a node and the stream


def on_node(*options):
    """Run reconcile as a node does; return what it ended with."""
    try:
        call_command(OnNode(), *options)
    except SystemExit as end:
        return end.code
    return 0


def test_a_node_takes_in_what_it_has_lost(elsewhere, published, client, capsys):
    post_id = published("Hello")
    following.catch_up()
    Article.objects.all().delete()
    assert on_node("--check") == ExitCode.DRIFT_REMAINS
    assert status(client) == 404 or Article.objects.count() == 0
    assert on_node() == ExitCode.REPAIRED
    assert status(client) == 200
    assert on_node("--check") == ExitCode.IN_SYNC
    assert f"missing   {post_id}" in capsys.readouterr().out


def test_a_node_puts_right_what_was_changed_on_it(elsewhere, published, client):
    published("Hello")
    published("Other")
    following.catch_up()
    Article.objects.filter(slug="hello").update(version=1)
    Article.objects.filter(slug="other").update(digest="0" * 64)
    assert found(node.reconcile_node()) == ({"changed": 1, "stale": 1}, ExitCode.REPAIRED)
    assert found(node.reconcile_node(check=True)) == ({}, ExitCode.IN_SYNC)


def test_a_node_makes_pages_anew_after_the_site_was_described(elsewhere, published, give, client):
    published("Hello")
    following.catch_up()
    give(commands.describe_site, **WORDS)
    following.catch_up()
    assert found(node.reconcile_node()) == ({"outdated": 1}, ExitCode.REPAIRED)
    assert "The Sea" in client.get("/posts/hello/").content.decode()


def test_a_node_makes_pages_anew_after_it_has_lost_the_site(elsewhere, published, give):
    published("Hello")
    give(commands.describe_site, **WORDS)
    following.catch_up()
    node.reconcile_node()
    Site.objects.all().delete()
    assert found(node.reconcile_node()) == ({"missing": 1, "outdated": 1}, ExitCode.REPAIRED)
    assert found(node.reconcile_node()) == ({}, ExitCode.IN_SYNC)


def test_a_node_goes_by_the_stream_when_the_writer_is_dead(elsewhere, published, client, monkeypatch):
    published("Hello")
    monkeypatch.setattr("writer.queries.inventory", None)
    monkeypatch.setattr("writer.told.everything", None)
    assert found(node.reconcile_node()) == ({"missing": 1}, ExitCode.REPAIRED)
    assert status(client) == 200


def test_what_a_node_takes_in_out_of_turn_does_not_move_its_place(elsewhere, published):
    published("Hello")
    node.reconcile_node()
    assert not Checkpoint.objects.filter(sequence__gt=0).exists()


def test_a_node_keeps_what_a_stream_lacks_that_was_made_anew(elsewhere, published, client, capsys):
    published("Hello")
    following.catch_up()
    delete_stream(elsewhere)
    stream.ensure()
    assert on_node() == ExitCode.REFUSED
    assert status(client) == 200
    assert "1 articles that the stream does not hold" in capsys.readouterr().out
    assert on_node("--force") == ExitCode.REPAIRED
    assert status(client) == 410


def test_a_node_keeps_what_a_stream_lacks_that_is_made_anew_during_the_repair(
    elsewhere, published, client, monkeypatch
):
    published("Hello")
    following.catch_up()
    Article.objects.update(version=1)
    put_right = node.repair

    def repair(*args, **kwargs):
        delete_stream(elsewhere)
        stream.ensure()
        return put_right(*args, **kwargs)

    monkeypatch.setattr(node, "repair", repair)
    report = node.reconcile_node()
    assert found(report) == ({"stale": 1}, ExitCode.DRIFT_REMAINS)
    assert report.findings[0].error == "It is still orphan."
    assert status(client) == 200


def test_a_node_keeps_what_the_stream_holds_in_an_older_version(elsewhere, published, edit, give):
    post_id = published("Hello")
    older = public_state(Post.objects.get())
    edit(post_id, title="Newer")
    give(commands.publish, post_id)
    following.catch_up()
    put_event(older)
    assert found(node.reconcile_node()) == ({"ahead": 1}, ExitCode.REFUSED)
    assert Article.objects.get().title == "Newer"
    assert found(refill.refill()) == ({"stale": 1}, ExitCode.REPAIRED)
    assert found(node.reconcile_node()) == ({}, ExitCode.IN_SYNC)


def test_what_a_node_has_as_gone_comes_back_by_the_same_version_when_it_is_told_to(
    elsewhere, published, client
):
    event = public_state(Post.objects.get(pk=published("Hello")))
    put_event(documents.withdrawal(event.post_id, above=event.version - 1, paths=event.paths))
    following.catch_up()
    delete_stream(elsewhere)
    stream.publish(event)
    following.catch_up()
    assert status(client) == 410
    assert found(node.reconcile_node()) == ({"changed": 1}, ExitCode.DRIFT_REMAINS)
    assert found(node.reconcile_node(force=True)) == ({"changed": 1}, ExitCode.REPAIRED)
    assert status(client) == 200


def test_a_node_that_is_ahead_follows_the_stream_when_it_is_told_to(
    elsewhere, published, draft, give, client
):
    older = public_state(Post.objects.get(pk=published("Hello")))
    put_event(older, version=2**52, slug="other", title="Lost in a restored writer")
    following.catch_up()
    delete_stream(elsewhere)
    refill.refill()
    assert [status(client), status(client, "other")] == [404, 200]
    assert found(node.reconcile_node()) == ({"ahead": 1}, ExitCode.REFUSED)
    assert found(node.reconcile_node(force=True)) == ({"ahead": 1}, ExitCode.REPAIRED)
    assert [status(client), status(client, "other")] == [200, 404]
    assert found(node.reconcile_node()) == ({}, ExitCode.IN_SYNC)


def test_what_was_taken_down_too_early_comes_back(elsewhere, published, client):
    published("Hello")
    following.catch_up()
    delete_stream(elsewhere)
    stream.ensure()
    node.reconcile_node(force=True)
    refill.refill()
    assert status(client) == 410
    assert found(node.reconcile_node(force=True)) == ({"ahead": 1}, ExitCode.REPAIRED)
    assert status(client) == 200


def test_a_node_without_the_site_forgets_none_by_itself(elsewhere, give):
    give(commands.describe_site, **WORDS)
    following.catch_up()
    delete_stream(elsewhere)
    stream.ensure()
    assert found(node.reconcile_node()) == ({"orphan": 1}, ExitCode.REFUSED)
    assert Site.objects.get().pk == SITE_ID


def test_every_node_forgets_a_site_that_the_writer_does_not_know(elsewhere, published, give, client):
    give(commands.describe_site, **WORDS)
    published("Hello")
    following.catch_up()
    SiteSettings.objects.all().delete()
    assert found(refill.refill(force=True)) == ({"orphan": 1}, ExitCode.REPAIRED)
    assert found(node.reconcile_node()) == ({"stale": 1, "outdated": 1}, ExitCode.REPAIRED)
    assert not Site.objects.exists()
    assert "The Sea" not in client.get("/posts/hello/").content.decode()
    following.catch_up()
    assert found(node.reconcile_node()) == ({}, ExitCode.IN_SYNC)
    assert Article.objects.count() == 1


def test_a_site_that_is_described_again_reaches_nodes_that_forgot_it(elsewhere, give):
    give(commands.describe_site, **WORDS)
    SiteSettings.objects.all().delete()
    refill.refill(force=True)
    following.catch_up()
    give(commands.describe_site, **WORDS)
    refill.refill(trust_writer=True)
    following.catch_up()
    assert Site.objects.get().name == WORDS["name"]
    assert found(refill.refill()) == ({}, ExitCode.IN_SYNC)


def test_a_node_that_cannot_ask_the_stream_says_so(elsewhere, published, stream_down, client):
    published("Hello")
    following.catch_up()
    with stream_down():
        report = node.reconcile_node()
    assert (report.exit_code, report.refusal) == (
        ExitCode.REFUSED,
        "Nothing was compared: All NATS servers are down.",
    )
    assert status(client) == 200
