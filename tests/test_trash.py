"""The trash: what lies in it long enough is deleted for ever, and nothing else is."""

import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from cms import schedule
from cms.models import Lease
from writer import commands
from writer.commands import emptying
from writer.models import OutboxEvent, Post
from writer.refusals import Refused


@pytest.fixture
def trashed(published, give):
    """Make a post that was put into the trash so many days ago."""

    def trashed(title, *, days):
        post_id = published(title)
        give(commands.trash, post_id, now=timezone.now() - timedelta(days=days, minutes=1))
        return post_id

    return trashed


def empty_trash(*given):
    """Run the command; return what it printed."""
    out = StringIO()
    call_command("empty_trash", *given, stdout=out)
    return out.getvalue()


def left():
    """Return the titles of the posts that are there."""
    return sorted(Post.objects.values_list("title", flat=True))


def test_what_has_lain_in_the_trash_for_thirty_days_is_deleted_for_ever(trashed, published):
    trashed("Old", days=30)
    trashed("Fresh", days=29)
    published("Live")
    assert empty_trash() == "empty_trash: 1 posts deleted for ever, 0 failed.\n"
    assert left() == ["Fresh", "Live"]
    assert OutboxEvent.objects.filter(kind="post.withdrawn").count() == 2  # what was public when is kept


def test_a_dry_run_names_the_posts_and_deletes_nothing(trashed):
    trashed("Old", days=31)
    day = timezone.localtime(timezone.now() - timedelta(days=31, minutes=1))
    printed = empty_trash("--dry-run")
    assert printed == f"{day:%Y-%m-%d} Old\nempty_trash: 1 posts would be deleted for ever.\n"
    assert left() == ["Old"]


def test_other_days_can_be_asked_for(trashed):
    trashed("A week", days=7)
    trashed("Today", days=0)
    empty_trash("--days", "7")
    assert left() == ["Today"]
    empty_trash("--days", "0")
    assert left() == []


@pytest.mark.parametrize("days", ["-1", "x", "1.5", "99999999999"])
def test_what_is_no_number_of_days_is_refused(trashed, days):
    trashed("Old", days=31)
    with pytest.raises(CommandError, match="no number of days"):
        empty_trash(f"--days={days}")
    assert left() == ["Old"]


def test_a_post_that_is_restored_meanwhile_is_kept(trashed, give):
    post_id = trashed("Old", days=31)
    give(commands.restore, post_id)
    moment = timezone.now() - commands.KEPT
    assert emptying.purge_if_outdated(post_id, before=moment, now=timezone.now()) is False
    give(commands.trash, post_id, now=timezone.now())  # and put there once more
    assert emptying.purge_if_outdated(post_id, before=moment, now=timezone.now()) is False
    assert left() == ["Old"]


def test_one_that_cannot_be_deleted_holds_up_no_other(trashed, monkeypatch):
    bad = trashed("Bad", days=40)
    trashed("Good", days=31)
    purge = emptying.purge

    def failing(post_id, **values):
        if post_id == bad:
            raise OSError("the disk is full")
        purge(post_id, **values)

    monkeypatch.setattr(emptying, "purge", failing)
    with pytest.raises(SystemExit) as ended:
        empty_trash()
    assert ended.value.code == 4
    assert left() == ["Bad"]


def test_the_daily_sweep_empties_the_trash(trashed):
    trashed("Old", days=31)
    trashed("Fresh", days=1)
    schedule.empty_trash()
    assert left() == ["Fresh"]


def test_the_daily_sweep_leaves_the_work_to_one_that_runs_already(trashed):
    trashed("Old", days=31)
    an_hour = timezone.now() + timedelta(hours=1)
    Lease.objects.create(name="empty_trash", holder=uuid.uuid4(), expires_at=an_hour)
    schedule.empty_trash()
    assert left() == ["Old"]


def test_a_sweep_that_runs_out_of_time_leaves_the_rest(trashed):
    trashed("Old", days=31)
    now = timezone.now()
    assert commands.empty_trash(before=now, now=now, seconds=0) == (0, 0)
    assert left() == ["Old"]


def test_a_post_in_the_trash_takes_no_earlier_revision(published, edit, give):
    post_id = published("Hello", body="First.")
    edit(post_id, body="Second.")
    give(commands.trash, post_id)
    with pytest.raises(Refused, match="in the trash"):
        give(commands.revert_to, post_id, number=1)
