"""Reconciliation: whatever was done to either side behind the commands' back is named and put right."""

import json
import uuid
from datetime import timedelta
from io import StringIO
from typing import NamedTuple

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from cms import mending, pulse, reconcile
from cms.lease import lease
from cms.models import Lease, Reconciliation
from reader import projector, queries
from reader.models import Article
from reader.pages import Page
from writer import commands, delivery
from writer import queries as writer
from writer.models import Address, OutboxEvent, Post, Revision

# Repair may announce a post anew, and that is delivered after the commit: it must be a real one.
committed = pytest.mark.django_db(transaction=True, databases=["default", "reader"])

FIRST, SECOND = "The first words.", "The second words."


class Run(NamedTuple):
    """How a run ended, and what it printed."""

    code: int
    lines: list[str]

    @property
    def named(self):
        """Return (kind, post) for each line before the summary."""
        return sorted(tuple(line.split()[:2]) for line in self.lines[:-1])


def run(*options):
    """Run `manage.py reconcile`."""
    out, code = StringIO(), 0
    try:
        call_command("reconcile", *options, stdout=out)
    except SystemExit as end:
        code = end.code
    return Run(code, out.getvalue().splitlines())


def everything(*, but=()):
    """Return all rows of both databases."""
    rows = {}
    for alias in ("default", "reader"):
        with connections[alias].cursor() as cursor:
            for table in connections[alias].introspection.table_names(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')
                found = [
                    [bytes(value) if isinstance(value, memoryview) else value for value in row]
                    for row in cursor.fetchall()
                ]
                rows[alias, table] = sorted(map(repr, found))
    return {name: values for name, values in rows.items() if name[1] not in but}


def sql(alias, statement, *post_ids):
    """Do to a database what no command does. Foreign keys are checked at the end."""
    ids = [post_id.hex if connections[alias].vendor == "sqlite" else post_id for post_id in post_ids]
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        for part in statement.split(";"):
            cursor.execute(part, ids[: part.count("%s")])


def text(client, path):
    """Return the status of a page and its text."""
    page = client.get(path)
    return page.status_code, page.content.decode()


@pytest.fixture
def rewritten(published, edit, give):
    """Make a post with tag, author, and an old address, published twice; return its id."""
    post = published("Hello", body=FIRST, slug="old", tags=["Sea"], authors=["Ada"])
    edit(post, body=SECOND, slug="hello")
    give(commands.publish, post)
    return post


@pytest.fixture
def bystanders(published):
    """Make posts that nothing happens to."""
    return [published(f"Bystander {number}", tags=["Sea"]) for number in range(3)]


# --- every kind of drift


def article_deleted(post):
    sql(
        "reader",
        "DELETE FROM reader_tagging WHERE article_id = %s; DELETE FROM reader_byline WHERE article_id = %s; "
        "DELETE FROM reader_part WHERE article_id = %s; DELETE FROM reader_tongue WHERE article_id = %s; "
        "DELETE FROM reader_terms WHERE article_id = %s; DELETE FROM reader_article WHERE post_id = %s",
        post,
    )


def article_and_pages_deleted(post):
    article_deleted(post)
    sql("reader", "DELETE FROM reader_page WHERE post_id = %s", post)


def page_deleted(post):
    Page.objects.filter(post_id=post, status=200).delete()


def redirect_deleted(post):
    Page.objects.filter(post_id=post, status=301).delete()


def article_marked_as_gone(post):
    Article.objects.filter(pk=post).update(gone_at=timezone.now())


def page_older(post):
    sql("reader", "UPDATE reader_page SET version = version - 1 WHERE post_id = %s AND status = 200", post)


def article_older(post):
    sql("reader", "UPDATE reader_article SET version = version - 1 WHERE post_id = %s", post)


def article_and_pages_older(post):
    article_older(post)
    sql("reader", "UPDATE reader_page SET version = version - 1 WHERE post_id = %s", post)


def post_newer(post):
    sql("default", "UPDATE writer_post SET version = version + 1 WHERE id = %s", post)


def article_digest_changed(post):
    sql("reader", "UPDATE reader_article SET digest = 'other' WHERE post_id = %s", post)


def post_digest_changed(post):
    Post.objects.filter(pk=post).update(digest="other")


def post_digest_emptied(post):
    sql("default", "UPDATE writer_post SET digest = '' WHERE id = %s", post)


def announced_forgotten(post):
    Post.objects.filter(pk=post).update(announced=None)


def rendered_by_another(post):
    sql("reader", "UPDATE reader_article SET render_version = 'older' WHERE post_id = %s", post)


def both_sides_touched(post):
    Post.objects.filter(pk=post).update(digest="other")
    article_and_pages_deleted(post)


@committed
@pytest.mark.parametrize(
    ("kind", "damage"),
    [
        ("missing", article_deleted),
        ("missing", article_and_pages_deleted),
        ("missing", page_deleted),
        ("missing", redirect_deleted),
        ("missing", article_marked_as_gone),
        ("missing", page_older),
        ("missing", both_sides_touched),
        ("stale", article_older),
        ("stale", article_and_pages_older),
        ("stale", post_newer),
        ("changed", article_digest_changed),
        ("changed", post_digest_changed),
        ("changed", post_digest_emptied),
        ("changed", announced_forgotten),
        ("outdated", rendered_by_another),
    ],
)
def test_drift_is_named_by_a_check_and_put_right_by_a_run(client, rewritten, bystanders, kind, damage):
    right = {path: text(client, path) for path in ("/posts/hello/", "/posts/old/", "/", "/tags/sea/")}
    damage(rewritten)

    before = everything()
    check = run("--check")
    assert (check.code, check.named) == (4, [(kind, str(rewritten))])
    assert everything() == before

    repair = run()
    assert (repair.code, repair.named) == (3, [(kind, str(rewritten))])
    assert repair.lines[-1] == f"reconcile: 4 posts compared, 1 {kind}, 1 repaired."
    assert {path: text(client, path) for path in right} == right

    again = run()
    assert again == (0, ["reconcile: 4 posts compared, no drift, 0 repaired."])


@committed
def test_a_post_that_was_taken_off_by_an_update_is_an_orphan(client, rewritten, bystanders):
    Post.objects.filter(pk=rewritten).update(live=None)
    assert text(client, "/posts/hello/")[0] == 200
    before = everything()
    check = run("--check")
    assert (check.code, check.named) == (4, [("orphan", str(rewritten))])
    assert everything() == before
    repair = run()
    assert (repair.code, repair.named) == (3, [("orphan", str(rewritten))])
    assert [text(client, path)[0] for path in ("/posts/hello/", "/posts/old/")] == [410, 410]
    assert "Hello" not in text(client, "/")[1]
    assert run().code == 0


@committed
def test_a_post_deleted_by_sql_is_an_orphan(client, published, bystanders):
    post = published("Hello")
    Post.objects.filter(pk=post).update(live=None, announced=None)
    sql(
        "default",
        "DELETE FROM writer_address WHERE post_id = %s; DELETE FROM writer_revision WHERE post_id = %s;"
        "DELETE FROM writer_post WHERE id = %s",
        post,
        post,
        post,
    )
    assert run("--check").named == [("orphan", str(post))]
    assert run().code == 3
    assert text(client, "/posts/hello/")[0] == 410
    assert run().code == 0


@committed
def test_an_orphan_takes_no_address_along_that_another_post_has_by_now(
    client, published, bystanders, edit, give
):
    orphan, heir = published("First"), published("Second")
    Post.objects.filter(pk=orphan).update(live=None)
    edit(heir, slug="first")
    give(commands.publish, heir)
    # a withdrawal is one version higher: here, that of the heir
    Article.objects.filter(pk=orphan).update(version=Article.objects.get(pk=heir).version - 1)

    assert run().named == [("orphan", str(orphan))]
    assert "Second" in text(client, "/posts/first/")[1]
    assert run("--deep").code == 0


@committed
def test_an_orphan_that_is_published_while_it_is_taken_down_stays(
    client, published, bystanders, edit, give, monkeypatch
):
    orphan = published("Hello")
    edit(orphan, body="The third words.")
    Post.objects.filter(pk=orphan).update(live=None)
    known, looked = Article.objects.get(pk=orphan).version, mending.writer.public_event

    def published_before(post_id):
        monkeypatch.undo()
        give(commands.publish, orphan, now=timezone.now() - timedelta(days=3650))
        return looked(post_id)

    monkeypatch.setattr(mending.writer, "public_event", published_before)
    run()
    assert Article.objects.get(pk=orphan).version == known + 1  # as the withdrawal would: the clock is behind
    assert "The third words." in text(client, "/posts/hello/")[1]
    assert run("--deep").code == 0


@committed
def test_an_orphan_can_be_published_again(client, rewritten, bystanders, edit, give):
    Post.objects.filter(pk=rewritten).update(live=None)
    run()
    edit(rewritten, body="The third words.")
    give(commands.publish, rewritten)
    assert "The third words." in text(client, "/posts/hello/")[1]
    assert run().code == 0


@committed
def test_a_tombstone_that_came_back_to_life_is_an_orphan(client, rewritten, bystanders, give):
    rows = [*Article.objects.filter(pk=rewritten), *Page.objects.filter(post_id=rewritten)]
    give(commands.unpublish, rewritten)
    assert text(client, "/posts/hello/")[0] == 410
    for row in rows:  # a backup of the reader, put back
        row.save(force_update=True)
    assert text(client, "/posts/hello/")[0] == 200
    assert run("--check").named == [("orphan", str(rewritten))]
    assert run().code == 3
    assert text(client, "/posts/hello/")[0] == 410
    assert run().code == 0


@committed
def test_an_older_revision_made_live_by_an_update_is_a_change(client, rewritten, bystanders):
    older = Revision.objects.get(post=rewritten, body=FIRST)
    Post.objects.filter(pk=rewritten).update(live=older)
    assert run("--check").named == [("changed", str(rewritten))]
    assert run().code == 3
    assert FIRST in text(client, "/posts/old/")[1]
    assert client.get("/posts/hello/")["Location"] == "/posts/old/"
    assert run().code == 0


@committed
def test_a_draft_made_live_by_an_update_is_missing(client, draft, bystanders):
    post = draft("Hello", body=FIRST)
    Post.objects.filter(pk=post).update(live=Revision.objects.get(post=post))
    assert run("--check").named == [("missing", str(post))]
    assert run().code == 3
    assert FIRST in text(client, "/posts/hello/")[1]
    assert run().code == 0


@committed
def test_a_withdrawn_post_made_live_by_an_update_is_missing(client, rewritten, bystanders, give):
    live = Post.objects.get(pk=rewritten).live
    give(commands.unpublish, rewritten)
    Post.objects.filter(pk=rewritten).update(live=live)
    assert run("--check").named == [("missing", str(rewritten))]
    assert run().code == 3
    assert SECOND in text(client, "/posts/hello/")[1]
    assert run().code == 0


@committed
def test_an_address_that_the_writer_has_lost_is_taken_back_in_one_run(client, draft, edit, give, clock):
    owner, other = sorted([draft(), draft()])  # in the order in which they are repaired
    for post_id, slug in ((owner, "here"), (other, "there")):
        edit(post_id, title=f"At {slug}", slug=slug)
        give(commands.publish, post_id)
    Address.objects.filter(path="/posts/here/").update(post=other)
    commands.announce_again(other, now=clock())
    Article.objects.all().delete()
    Page.objects.all().delete()
    assert run().code == 3
    assert run().code == 0
    assert "At here" in client.get("/posts/here/").content.decode()
    assert Address.objects.get(path="/posts/here/").post_id == owner


@committed
def test_a_reader_that_lost_everything_is_made_again(client, rewritten, bystanders):
    paths = ["/posts/hello/", "/posts/old/", "/posts/bystander-1/", "/", "/tags/", "/tags/sea/"]
    right = {path: text(client, path) for path in paths}
    sql("reader", "DELETE FROM reader_tagging; DELETE FROM reader_byline; DELETE FROM reader_part")
    sql("reader", "DELETE FROM reader_tongue; DELETE FROM reader_terms; DELETE FROM reader_page")
    sql("reader", "DELETE FROM reader_article; DELETE FROM reader_edition")
    assert text(client, "/posts/hello/")[0] == 404
    assert run("--check").named == sorted(("missing", str(post)) for post in [rewritten, *bystanders])
    repair = run()
    assert (repair.code, len(repair.named)) == (3, 4)
    assert {path: text(client, path) for path in paths} == right
    assert run().code == 0


@committed
def test_pages_that_are_all_lost_are_made_again(client, rewritten, bystanders):
    right = text(client, "/posts/hello/")
    sql("reader", "DELETE FROM reader_page")
    assert text(client, "/posts/hello/")[0] == 404
    assert run().code == 3
    assert text(client, "/posts/hello/") == right


@committed
def test_several_kinds_at_once_are_told_apart(rewritten, bystanders):
    first, second, third = bystanders
    article_deleted(first)
    article_older(second)
    Post.objects.filter(pk=third).update(live=None)
    rendered_by_another(rewritten)
    repair = run()
    assert repair.named == sorted(
        [
            ("missing", str(first)),
            ("stale", str(second)),
            ("orphan", str(third)),
            ("outdated", str(rewritten)),
        ]
    )
    assert (
        repair.lines[-1]
        == "reconcile: 3 posts compared, 1 missing, 1 orphan, 1 outdated, 1 stale, 4 repaired."
    )


@committed
def test_an_older_event_delivered_late_makes_no_drift(client, rewritten, bystanders, edit, give):
    row = OutboxEvent.objects.filter(post_id=rewritten).latest("version")
    edit(rewritten, body="The third words.")
    give(commands.publish, rewritten)
    delivery.deliver(row, now=timezone.now())
    assert run().code == 0
    assert "The third words." in text(client, "/posts/hello/")[1]


# --- what is not drift


def test_an_empty_site_is_in_sync(both):
    assert run() == (0, ["reconcile: 0 posts compared, no drift, 0 repaired."])


def test_drafts_schedules_changes_trash_and_tombstones_are_in_sync(published, draft, edit, give, clock):
    draft("Draft")
    give(commands.schedule, draft("Later"), publish_at=clock() + timedelta(days=1), zone="UTC")
    edit(published("Changed"), body="Newer words.")
    give(commands.trash, published("Trashed"))
    give(commands.unpublish, published("Taken back"))
    purged = published("Purged")
    give(commands.trash, purged)
    give(commands.purge, purged)
    published("Live")
    assert run() == (0, ["reconcile: 2 posts compared, no drift, 0 repaired."])


def test_a_pending_event_is_lag_and_not_drift(client, draft, give, reader_down):
    post = draft("Hello")
    with reader_down():
        give(commands.publish, post)
    for options in (["--check"], []):
        assert run(*options) == (
            0,
            ["reconcile: 1 posts compared, no drift, 1 on the way, 0 repaired."],
        )
    assert client.get("/posts/hello/").status_code == 404
    assert Reconciliation.objects.get().waiting == 1
    delivery.relay(now=timezone.now(), patient=False)
    assert run().lines == ["reconcile: 1 posts compared, no drift, 0 repaired."]


def test_a_pending_withdrawal_is_lag_and_not_an_orphan(client, published, give, reader_down):
    post = published("Hello")
    with reader_down():
        give(commands.unpublish, post)
    assert run() == (0, ["reconcile: 0 posts compared, no drift, 1 on the way, 0 repaired."])
    assert client.get("/posts/hello/").status_code == 200


@committed
def test_an_event_lost_from_the_outbox_is_drift(client, draft, give, reader_down):
    post = draft("Hello")
    with reader_down():
        give(commands.publish, post)
    OutboxEvent.objects.all().delete()
    assert run().named == [("missing", str(post))]
    assert client.get("/posts/hello/").status_code == 200
    assert run().code == 0


def test_what_is_published_and_taken_back_while_a_run_compares_is_not_drift(
    client, published, draft, give, monkeypatch
):
    leaving, coming = published("Leaving"), draft("Coming")
    inventory = queries.inventory

    def meanwhile():
        batches = inventory()
        first = next(batches)
        give(commands.unpublish, leaving)
        give(commands.publish, coming)
        yield first
        yield from batches

    monkeypatch.setattr(queries, "inventory", meanwhile)
    assert run() == (0, ["reconcile: 1 posts compared, no drift, 0 repaired."])
    assert [client.get(f"/posts/{slug}/").status_code for slug in ("leaving", "coming")] == [410, 200]


def test_what_is_delivered_while_a_post_is_looked_at_is_not_drift(
    client, published, draft, give, monkeypatch
):
    published("First")
    post = draft("Hello")
    inventory, entry = queries.inventory, queries.entry

    def meanwhile():
        (batch,) = inventory()
        give(commands.publish, post)
        yield batch

    def entry_and_then(post_id):
        found = entry(post_id)
        if Post.objects.get(pk=post_id).live_id:
            give(commands.unpublish, post_id)
        return found

    monkeypatch.setattr(queries, "inventory", meanwhile)
    monkeypatch.setattr(queries, "entry", entry_and_then)
    assert run().code == 0
    assert client.get("/posts/hello/").status_code == 410


# --- a writer that was restored from a backup


@pytest.fixture
def restored(published, edit, give):
    """Publish a post twice, then put the writer back to what it was after the first time."""
    post = published("Hello", body=FIRST)
    backup = Post.objects.get(pk=post)
    edit(post, body=SECOND)
    give(commands.publish, post)
    backup.save(force_update=True)
    Revision.objects.filter(post=post, body=SECOND).delete()
    OutboxEvent.objects.latest("pk").delete()
    return post


@committed
def test_articles_ahead_of_the_writer_are_refused_until_the_writer_is_trusted(client, restored, bystanders):
    before = everything(but=["cms_reconciliation", "cms_lease"])
    check = run("--check")
    assert (check.code, check.named) == (4, [("ahead", str(restored))])
    refused = run()
    assert (refused.code, refused.named) == (5, [("ahead", str(restored))])
    assert "--trust-writer" in refused.lines[-1]
    assert everything(but=["cms_reconciliation", "cms_lease"]) == before
    assert SECOND in text(client, "/posts/hello/")[1]

    trusted = run("--trust-writer")
    assert (trusted.code, trusted.named) == (3, [("ahead", str(restored))])
    assert FIRST in text(client, "/posts/hello/")[1]
    assert run().code == 0


@committed
def test_while_articles_are_ahead_nothing_else_is_repaired(client, restored, bystanders):
    page_deleted(bystanders[0])
    assert run().code == 5
    assert text(client, "/posts/bystander-0/")[0] == 404
    assert run("--trust-writer").code == 3
    assert text(client, "/posts/bystander-0/")[0] == 200


@committed
def test_what_a_restored_writer_publishes_next_is_newer_than_all_before(client, restored, edit, give):
    edit(restored, body="The third words.")
    give(commands.publish, restored, now=timezone.now())
    assert "The third words." in text(client, "/posts/hello/")[1]
    assert run().code == 0


@committed
def test_what_is_gone_comes_back_by_no_version_that_was_given_before(client, published, edit, give):
    post, behind = published("Hello", body=FIRST), timezone.now() - timedelta(days=3650)
    backup = Post.objects.get(pk=post)
    give(commands.unpublish, post, now=behind)
    OutboxEvent.objects.latest("pk").delete()
    backup.save(force_update=True)
    edit(post, body=SECOND)
    give(commands.publish, post, now=behind)
    gone = Article.objects.get(pk=post)
    assert gone.version == Post.objects.get(pk=post).version
    assert text(client, "/posts/hello/")[0] == 410
    assert run("--check").named == [("missing", str(post))]

    assert run().code == 3
    assert SECOND in text(client, "/posts/hello/")[1]
    assert Article.objects.get(pk=post).version > gone.version
    assert run().code == 0


@committed
def test_a_version_lowered_by_sql_is_refused(rewritten, bystanders):
    sql("default", "UPDATE writer_post SET version = version - 1 WHERE id = %s", rewritten)
    assert run().code == 5
    assert run("--trust-writer").code == 3
    assert run().code == 0


@committed
def test_an_article_from_a_clock_that_ran_ahead_is_refused_until_the_writer_is_trusted(rewritten, bystanders):
    sql(
        "reader",
        "UPDATE reader_article SET version = version + 1000000000000000 WHERE post_id = %s",
        rewritten,
    )
    assert run().code == 5
    assert run("--trust-writer").code == 3
    assert run().code == 0


# --- the brake


@pytest.fixture
def sixty(published):
    """Publish sixty posts."""
    return [published(f"Number {number}") for number in range(60)]


def empty_the_writer():
    Post.objects.update(live=None)
    Post.objects.all().delete()


def test_an_emptied_writer_takes_no_site_down_unless_forced(client, sixty):
    empty_the_writer()
    before = everything(but=["cms_reconciliation", "cms_lease"])
    refused = run()
    assert refused.code == 5
    assert "60 of 60 articles would be taken down" in refused.lines[-1]
    assert "--force" in refused.lines[-1]
    assert everything(but=["cms_reconciliation", "cms_lease"]) == before
    assert client.get("/posts/number-7/").status_code == 200

    forced = run("--force")
    assert (forced.code, len(forced.named)) == (3, 60)
    assert {client.get(f"/posts/number-{number}/").status_code for number in range(60)} == {410}
    assert run().code == 0


@committed
def test_the_brake_lets_fifty_of_many_go(client, sixty):
    Post.objects.filter(pk__in=sixty[:50]).update(live=None)
    assert run().code == 3
    assert [client.get(f"/posts/number-{number}/").status_code for number in (49, 50)] == [410, 200]


def test_the_brake_holds_one_more(client, sixty):
    Post.objects.filter(pk__in=sixty[:51]).update(live=None)
    assert run().code == 5
    assert client.get("/posts/number-0/").status_code == 200


def test_a_small_site_is_not_wiped_either(client, published):
    for number in range(6):
        published(f"Number {number}")
    empty_the_writer()
    assert run().code == 5
    assert client.get("/posts/number-5/").status_code == 200


def test_the_brake_does_not_mind_repairs_that_take_nothing_down(client, sixty):
    Page.objects.all().delete()
    assert run().code == 3
    assert client.get("/posts/number-0/").status_code == 200


# --- the run itself


def test_one_run_at_a_time(client, published):
    post = published("Hello")
    page_deleted(post)
    an_hour = timezone.now() + timedelta(hours=1)
    Lease.objects.create(name="reconcile", holder=uuid.uuid4(), expires_at=an_hour)
    assert run() == (75, ["reconcile: another run is under way; nothing was done."])
    assert client.get("/posts/hello/").status_code == 404
    assert run("--check").code == 4


def test_the_lease_of_a_killed_run_runs_out(client, published):
    page_deleted(published("Hello"))
    a_second_ago = timezone.now() - timedelta(seconds=1)
    Lease.objects.create(name="reconcile", holder=uuid.uuid4(), expires_at=a_second_ago)
    assert run().code == 3
    assert client.get("/posts/hello/").status_code == 200


def test_a_lease_that_was_given_back_is_free_though_the_clock_went_back(both):
    Lease.objects.create(name="reconcile", expires_at=timezone.now() + timedelta(hours=1))
    assert run().code == 0


def test_a_lease_is_renewed_now_and_then(both, monkeypatch, django_assert_num_queries):
    with lease("reconcile") as renew, django_assert_num_queries(0):
        renew()  # a thousand times a second, it would be a thousand commits
    monkeypatch.setattr(pulse, "PULSE", 0)
    with lease("reconcile") as renew:
        Lease.objects.update(expires_at=timezone.now())
        renew()
        assert Lease.objects.get().expires_at > timezone.now() + timedelta(seconds=50)


def test_a_run_gives_its_lease_back(both):
    assert [run().code, run().code] == [0, 0]
    assert Lease.objects.get(name="reconcile").holder is None


def test_a_run_that_crashes_gives_its_lease_back(both, monkeypatch):
    def crash(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cms.reconcile.find", crash)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert run().code == 0


def test_a_run_that_has_no_time_left_says_so_and_the_next_goes_on(client, published):
    page_deleted(published("Hello"))
    report = reconcile.reconcile(seconds=0)
    assert report.exit_code == 4
    assert [finding.error for finding in report.findings] == ["There was no time left for it."]
    assert run().code == 3
    assert client.get("/posts/hello/").status_code == 200


def test_json_is_one_line(published):
    post = published("Hello")
    page_deleted(post)
    (line,) = run("--json").lines
    assert json.loads(line) == {
        "of": "reconcile",
        "exit_code": 3,
        "compared": 1,
        "waiting": 0,
        "found": {"missing": 1},
        "repaired": 1,
        "refusal": "",
        "findings": [{"kind": "missing", "post_id": str(post), "error": ""}],
    }
    (line,) = run("--json").lines
    assert json.loads(line)["exit_code"] == 0


def test_findings_are_shown_with_their_titles_and_not_without_end(published, monkeypatch):
    monkeypatch.setattr("cms.report.KEPT", 2)
    posts = [published(f"Post {number}") for number in range(3)]
    for post in posts:
        page_deleted(post)
    lines = run("--check").lines
    assert len(lines) == 4
    assert all("“Post " in line for line in lines[:2])
    assert lines[2] == "… and 1 more"


def test_a_database_that_is_down_is_a_sentence(both, monkeypatch):
    def down(*args, **options):
        raise OperationalError("connection refused")

    monkeypatch.setattr("cms.management.reconcile_writer.reconcile", down)
    with pytest.raises(CommandError, match="A database cannot be used: connection refused") as refused:
        run()
    assert refused.value.returncode == 1


def test_every_run_leaves_a_report_and_a_check_leaves_none(published):
    post = published("Hello")
    run("--check")
    assert not Reconciliation.objects.exists()
    run()
    page_deleted(post)
    run()
    Post.objects.update(version=1)
    run()
    kept = Reconciliation.objects.order_by("started_at")
    assert list(kept.values_list("exit_code", "compared", "repaired", "found")) == [
        (0, 1, 0, {}),
        (3, 1, 1, {"missing": 1}),
        (5, 1, 0, {"ahead": 1}),
    ]
    assert kept[1].findings == [{"kind": "missing", "post_id": str(post), "error": ""}]
    assert all(report.finished_at >= report.started_at for report in kept)


def test_what_is_public_of_many_posts_is_read_by_the_queries_of_one(
    published, rewritten, bystanders, give, django_assert_num_queries
):
    sea, ocean = map(commands.find_or_add_tag, ("Sea", "Ocean"))
    give(commands.merge_tags, sea, into=ocean)
    withdrawn = published("Withdrawn", tags=["Land"])
    give(commands.unpublish, withdrawn)
    posts = [rewritten, *bystanders, withdrawn]
    with django_assert_num_queries(8):
        one = writer.public_events([rewritten])
    with django_assert_num_queries(8):
        together = writer.public_events([*posts, uuid.uuid4()])
    assert together == {post: writer.public_event(post) for post in posts}
    assert one[rewritten].tags[0].aliases == ("sea",)
    assert one[rewritten].aliases == ("/posts/old/",)
    assert one[rewritten].authors[0].name == "Ada"
    assert together[withdrawn].paths == ("/posts/withdrawn/",)


def test_one_post_that_cannot_be_repaired_holds_up_no_other(client, published, monkeypatch):
    bad, good = published("Bad"), published("Good")
    page_deleted(bad)
    page_deleted(good)
    made_of = projector.made_of

    def fails_for_one(events):
        if bad in [event.post_id for event in events]:
            raise OSError("the disk is full")
        return made_of(events)

    with monkeypatch.context() as patch:
        patch.setattr(projector, "made_of", fails_for_one)
        outcome = run()
    assert outcome.code == 4
    assert f"missing   {bad} “Bad” OSError: the disk is full" in outcome.lines
    assert outcome.lines[-1].endswith("2 missing, 1 repaired.")
    assert [client.get(f"/posts/{slug}/").status_code for slug in ("bad", "good")] == [404, 200]
    assert run().code == 3


def test_a_list_made_while_an_article_was_missing_is_not_served_after_its_repair(client, published):
    post = published("Hello", tags=["Sea"])
    article_deleted(post)
    assert "Hello" not in text(client, "/")[1]
    run()
    assert "Hello" in text(client, "/")[1]
    assert "Hello" in text(client, "/tags/sea/")[1]
