"""Appointments: what is due is published, late rather than never, and lateness shows."""

import uuid
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Schedule

from cms import schedule
from cms.lease import seen
from cms.models import Lease, Reconciliation
from tests.conftest import NOON
from writer import commands
from writer.models import OutboxEvent, Post
from writer.refusals import NeedsAnswer, Refused
from writer.wall_time import moment

ONE = NOON + timedelta(hours=1)
TWO = NOON + timedelta(hours=2)
DAYS_LATER = NOON + timedelta(days=3)


@pytest.fixture
def appoint(give):
    """Schedule a post; return its id."""

    def appoint(post_id, at=ONE, **values):
        give(commands.schedule, post_id, publish_at=at, zone="Europe/Berlin", **values)
        return post_id

    return appoint


@pytest.fixture
def sweep(django_capture_on_commit_callbacks):
    """Keep the appointments that are due at a moment, and let what waits for the commits happen."""

    def sweep(now):
        with django_capture_on_commit_callbacks(using="default", execute=True):
            return commands.publish_due(now=now)

    return sweep


@pytest.fixture
def somebody(django_user_model, author):
    """Another author."""
    return django_user_model.objects.create_user("grace")


def state(post_id):
    return Post.objects.get(pk=post_id).state


# --- publish_due


def test_what_is_due_is_published_in_the_name_of_who_scheduled_it(draft, appoint, sweep, client, somebody):
    appoint(draft("Hello"), actor=somebody)
    assert client.get("/posts/hello/").status_code == 404
    assert sweep(ONE) == (1, 0, 0)
    assert client.get("/posts/hello/").status_code == 200
    assert OutboxEvent.objects.get().actor == "grace"


def test_what_is_late_is_published_late_and_never_skipped(draft, appoint, sweep, client):
    for number, at in enumerate([ONE, TWO, NOON + timedelta(minutes=30)]):
        appoint(draft(f"Number {number}"), at)
    assert sweep(DAYS_LATER) == (3, 0, 0)
    assert [client.get(f"/posts/number-{number}/").status_code for number in range(3)] == [200] * 3
    assert {post.published_at for post in Post.objects.all()} == {DAYS_LATER}


def test_what_is_not_yet_due_is_left(draft, appoint, sweep, client):
    post = appoint(draft("Hello"), ONE)
    assert sweep(ONE - timedelta(microseconds=1)) == (0, 0, 0)
    assert client.get("/posts/hello/").status_code == 404
    assert state(post) == "scheduled"


def test_a_second_sweep_finds_nothing(draft, appoint, sweep):
    appoint(draft("Hello"))
    assert sweep(ONE) == (1, 0, 0)
    assert sweep(ONE) == (0, 0, 0)
    assert OutboxEvent.objects.count() == 1


def test_the_draft_is_published_as_it_is_by_then(draft, appoint, edit, sweep, client):
    post = appoint(draft("Hello", body="First thoughts."))
    edit(post, body="Second thoughts.")
    sweep(ONE)
    assert "Second thoughts." in client.get("/posts/hello/").content.decode()


def test_changes_of_a_public_post_can_be_scheduled(published, appoint, edit, sweep, client):
    post = published("Hello", body="Old words.")
    edit(post, body="New words.")
    appoint(post)
    assert "Old words." in client.get("/posts/hello/").content.decode()
    assert sweep(ONE) == (1, 0, 0)
    assert "New words." in client.get("/posts/hello/").content.decode()
    assert state(post) == "live"


def test_one_post_that_cannot_be_published_holds_up_no_other(draft, appoint, sweep, client):
    first, bad, last = (appoint(draft(title)) for title in ("First", "Bad", "Last"))
    Post.objects.filter(pk=bad).update(title="", publish_at=ONE - timedelta(minutes=1))
    assert sweep(ONE) == (2, 0, 1)
    assert [client.get(f"/posts/{slug}/").status_code for slug in ("first", "bad", "last")] == [200, 404, 200]
    assert (state(first), state(bad), state(last)) == ("live", "scheduled", "live")
    assert "title" in Post.objects.get(pk=bad).refusal


def test_a_post_that_was_refused_is_published_once_it_is_put_right(draft, appoint, edit, sweep, client):
    bad = appoint(draft("Bad"))
    Post.objects.filter(pk=bad).update(title="")
    sweep(ONE)
    edit(bad, title="Good", slug="good")
    assert sweep(TWO) == (1, 0, 0)
    assert client.get("/posts/good/").status_code == 200
    assert Post.objects.get(pk=bad).refusal == ""


def test_an_unforeseen_failure_holds_up_no_other_and_leaves_its_reason(draft, appoint, sweep, monkeypatch):
    bad, good = appoint(draft("Bad")), appoint(draft("Good"))
    publish_if_due = commands.schedules.publish_if_due

    def fails_for_one(post_id, *, now):
        if post_id == bad:
            raise OSError("the disk is full")
        return publish_if_due(post_id, now=now)

    monkeypatch.setattr(commands.schedules, "publish_if_due", fails_for_one)
    assert sweep(ONE) == (1, 0, 1)
    assert state(good) == "live"
    assert Post.objects.get(pk=bad).refusal == "OSError: the disk is full"


def test_the_desk_shows_why_a_schedule_could_not_be_kept(draft, appoint, sweep, client, author):
    bad = appoint(draft("Bad"))
    Post.objects.filter(pk=bad).update(title="")
    sweep(ONE)
    client.force_login(author)
    assert "A post needs a title" in client.get("/admin/writer/post/").content.decode()
    assert "A post needs a title" in client.get("/admin/writer/post/?state=failed").content.decode()


def test_a_slug_that_was_taken_meanwhile_is_a_refusal(draft, published, appoint, sweep, client):
    late = appoint(draft("Mine", slug="wanted"))
    published("Theirs", slug="wanted")
    assert sweep(ONE) == (0, 0, 1)
    assert "belongs to another public post" in Post.objects.get(pk=late).refusal
    assert "Theirs" in client.get("/posts/wanted/").content.decode()


def test_what_lies_in_the_trash_is_not_published(draft, appoint, give, sweep, client):
    post = appoint(draft("Hello"))
    give(commands.trash, post)
    assert sweep(ONE) == (0, 0, 0)
    give(commands.restore, post)
    assert sweep(ONE) == (0, 0, 0)
    assert client.get("/posts/hello/").status_code == 404


def test_a_post_published_by_hand_is_not_published_again(draft, appoint, give, sweep):
    post = appoint(draft("Hello"))
    give(commands.publish, post)
    assert sweep(ONE) == (0, 0, 0)
    assert OutboxEvent.objects.count() == 1


# --- taking back


def test_a_post_is_taken_back_when_its_time_has_come(published, give, sweep, client, somebody):
    post = published("Hello")
    give(commands.schedule_unpublish, post, unpublish_at=TWO, zone="UTC", actor=somebody)
    assert sweep(ONE) == (0, 0, 0)
    assert client.get("/posts/hello/").status_code == 200
    assert sweep(TWO) == (0, 1, 0)
    assert client.get("/posts/hello/").status_code == 410
    assert OutboxEvent.objects.latest("pk").actor == "grace"
    assert sweep(TWO) == (0, 0, 0)


def test_a_post_may_be_published_and_taken_back_by_appointment(draft, appoint, give, sweep, client):
    post = appoint(draft("Hello"))
    give(commands.schedule_unpublish, post, unpublish_at=TWO, zone="UTC")
    assert sweep(ONE) == (1, 0, 0)
    assert client.get("/posts/hello/").status_code == 200
    assert sweep(TWO) == (0, 1, 0)
    assert client.get("/posts/hello/").status_code == 410


def test_after_a_long_outage_both_appointments_are_kept_in_their_order(draft, appoint, give, sweep, client):
    post = appoint(draft("Hello"))
    give(commands.schedule_unpublish, post, unpublish_at=TWO, zone="UTC")
    assert sweep(DAYS_LATER) == (1, 1, 0)
    assert client.get("/posts/hello/").status_code == 410


def test_what_could_not_be_published_in_its_time_is_not_published_after_it(
    draft, published, edit, appoint, give, sweep, client
):
    other = published("Other", slug="hello")
    post = appoint(draft("Hello", slug="elsewhere"))
    give(commands.schedule_unpublish, post, unpublish_at=TWO, zone="UTC")
    Post.objects.filter(pk=post).update(slug="hello")
    assert sweep(ONE) == (0, 0, 1)
    sweep(TWO)
    edit(other, slug="moved-away")
    give(commands.publish, other)
    assert sweep(DAYS_LATER) == (0, 0, 0)
    kept = Post.objects.get(pk=post)
    assert (kept.live, kept.publish_at, kept.unpublish_at) == (None, None, None)


def test_a_schedule_that_must_fail_is_refused_at_once(draft, published, appoint):
    published("Hello")
    with pytest.raises(Refused, match="belongs to another public post, “Hello”"):
        appoint(draft("Other", slug="hello"))


def test_a_post_cannot_be_taken_back_before_it_is_published(draft, appoint, give):
    post = appoint(draft("Hello"), TWO)
    with pytest.raises(Refused, match="not after the time to publish"):
        give(commands.schedule_unpublish, post, unpublish_at=ONE, zone="UTC")


def test_a_draft_cannot_be_taken_back(draft, give):
    with pytest.raises(Refused, match="neither public nor to be published"):
        give(commands.schedule_unpublish, draft("Hello"), unpublish_at=ONE, zone="UTC")


def test_a_post_cannot_be_published_after_it_is_taken_back(published, edit, appoint, give):
    post = published("Hello")
    edit(post, body="New words.")
    give(commands.schedule_unpublish, post, unpublish_at=ONE, zone="UTC")
    with pytest.raises(Refused, match="not before the time at which the post is unpublished"):
        appoint(post, TWO)


def test_discarding_changes_forgets_when_they_were_to_be_published(published, edit, appoint, give, sweep):
    post = published("Hello")
    edit(post, body="New words.")
    appoint(post)
    give(commands.discard_changes, post)
    assert Post.objects.get().publish_at is None
    assert sweep(DAYS_LATER) == (0, 0, 0)


def test_an_appointment_without_changes_left_to_publish_is_dropped(published, edit, appoint, sweep):
    post = published("Hello", body="Old words.")
    edit(post, body="New words.")
    appoint(post)
    edit(post, body="Old words.")
    assert sweep(DAYS_LATER) == (0, 0, 0)
    kept = Post.objects.get()
    assert (kept.publish_at, kept.refusal, kept.state) == (None, "", "live")


def test_unpublishing_by_hand_forgets_every_appointment(published, edit, appoint, give, sweep, client):
    post = published("Hello")
    edit(post, body="New words.")
    appoint(post)
    give(commands.schedule_unpublish, post, unpublish_at=TWO, zone="UTC")
    give(commands.unpublish, post)
    assert sweep(DAYS_LATER) == (0, 0, 0)
    assert client.get("/posts/hello/").status_code == 410


# --- scheduling


def test_a_cancelled_schedule_is_not_kept(draft, appoint, give, sweep, client):
    post = appoint(draft("Hello"))
    give(commands.cancel_schedule, post)
    assert sweep(TWO) == (0, 0, 0)
    assert client.get("/posts/hello/").status_code == 404
    assert state(post) == "draft"


def test_there_must_be_a_schedule_to_cancel(draft, give):
    with pytest.raises(Refused, match="Nothing is scheduled"):
        give(commands.cancel_schedule, draft("Hello"))


@pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(days=365)])
def test_a_schedule_in_the_past_is_refused(draft, appoint, late):
    post = draft("Hello")
    with pytest.raises(Refused, match="has passed"):
        appoint(post, NOON - late, now=NOON)
    assert state(post) == "draft"


def test_a_draft_that_could_not_be_published_cannot_be_scheduled(draft, appoint):
    with pytest.raises(Refused, match="needs a text"):
        appoint(draft("Hello", body=" "))


def test_a_public_post_without_changes_cannot_be_scheduled(published, appoint):
    with pytest.raises(Refused, match="Nothing has changed"):
        appoint(published("Hello"))


def test_a_new_schedule_replaces_the_old_one(draft, appoint, sweep, client):
    post = appoint(draft("Hello"), ONE)
    appoint(post, TWO)
    assert sweep(ONE) == (0, 0, 0)
    assert sweep(TWO) == (1, 0, 0)


def test_the_command_says_what_it_did_and_ends_with_4_if_a_post_was_refused(draft, appoint):
    good, bad = appoint(draft("Good")), appoint(draft("Bad"))
    Post.objects.filter(pk=bad).update(title="")
    out = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("publish_due", stdout=out)
    assert end.value.code == 4
    assert out.getvalue() == "publish_due: 1 published, 0 withdrawn, 1 refused.\n"
    assert state(good) == "live"


# --- the author's clock


def wall(text):
    return datetime.fromisoformat(text)


def test_a_wall_time_is_a_moment():
    assert moment(wall("2026-07-01 09:00"), zone="Europe/Berlin") == datetime(2026, 7, 1, 7, 0, tzinfo=UTC)
    assert moment(wall("2026-01-01 09:00"), zone="Asia/Kathmandu") == datetime(2026, 1, 1, 3, 15, tzinfo=UTC)


def test_a_wall_time_that_the_clocks_skip_is_refused():
    with pytest.raises(Refused, match="2026-03-29 02:30 does not exist in Europe/Berlin") as refusal:
        moment(wall("2026-03-29 02:30"), zone="Europe/Berlin")
    assert not isinstance(refusal.value, NeedsAnswer)


@pytest.mark.parametrize("later", [False, True])
def test_no_answer_makes_a_skipped_wall_time_exist(later):
    with pytest.raises(Refused, match="does not exist"):
        moment(wall("2026-03-29 02:30"), zone="Europe/Berlin", later=later)


def test_a_wall_time_that_comes_twice_is_asked_about():
    with pytest.raises(NeedsAnswer, match="2026-10-25 02:30 comes twice in Europe/Berlin"):
        moment(wall("2026-10-25 02:30"), zone="Europe/Berlin")


@pytest.mark.parametrize(("later", "expected"), [(False, "00:30"), (True, "01:30")])
def test_the_answer_says_which_of_two_times_is_meant(later, expected):
    found = moment(wall("2026-10-25 02:30"), zone="Europe/Berlin", later=later)
    assert found == wall(f"2026-10-25 {expected}+00:00")
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-29 01:59", "00:59"),
        ("2026-03-29 03:00", "01:00"),
        ("2026-10-25 01:59", "23:59"),
        ("2026-10-25 03:00", "02:00"),
    ],
)
def test_the_minutes_around_a_change_of_clocks_are_clear(text, expected):
    assert f"{moment(wall(text), zone='Europe/Berlin'):%H:%M}" == expected


def test_seconds_are_cut():
    assert moment(wall("2026-07-01 09:00:59.999999"), zone="UTC") == wall("2026-07-01 09:00+00:00")


# --- the sweeps


def sweeps():
    return list(Schedule.objects.order_by("name").values_list("name", "func", "minutes", "repeats"))


REGISTERED = [
    ("empty_trash", "cms.schedule.empty_trash", 1440, -1),
    ("publish_due", "cms.schedule.publish_due", 1, -1),
    ("reconcile", "cms.schedule.reconcile", 10, -1),
    ("relay", "cms.schedule.relay", 1, -1),
    ("renditions", "cms.schedule.renditions", 1, -1),
]


def test_a_migration_registers_each_sweep_once(both):
    assert sweeps() == REGISTERED
    call_command("migrate", database="default", verbosity=0)
    assert sweeps() == REGISTERED


def test_a_migration_removes_doubles_and_restores_what_was_deleted(both):
    Schedule.objects.create(name="relay", func="cms.schedule.relay", schedule_type=Schedule.MINUTES)
    Schedule.objects.filter(name="publish_due").delete()
    Schedule.objects.filter(name="reconcile").update(minutes=9999, func="gone.away")
    call_command("migrate", database="default", verbosity=0)
    assert sweeps() == REGISTERED


def test_a_schedule_of_somebody_else_is_left_alone(both):
    Schedule.objects.create(name="mine", func="math.floor", schedule_type=Schedule.DAILY)
    schedule.register()
    assert len(sweeps()) == len(REGISTERED) + 1


@pytest.mark.parametrize("name", schedule.EVERY)
def test_a_sweep_over_an_empty_site_does_nothing(both, name):
    assert import_string(f"cms.schedule.{name}")() is None
    assert not OutboxEvent.objects.exists()
    assert all(run.exit_code == 0 and run.compared == 0 for run in Reconciliation.objects.all())


def test_the_relay_sweep_delivers_what_was_left_behind(draft, give, client, reader_down):
    with reader_down():
        give(commands.publish, draft("Hello"))
    OutboxEvent.objects.update(next_attempt_at=NOON)  # its pause is over
    schedule.relay()
    assert client.get("/posts/hello/").status_code == 200


def test_the_relay_sweep_leaves_the_work_to_one_that_runs_already(draft, give, client, reader_down):
    with reader_down():
        give(commands.publish, draft("Hello"))
    OutboxEvent.objects.update(next_attempt_at=NOON)  # its pause is over
    an_hour = timezone.now() + timedelta(hours=1)
    Lease.objects.create(name="relay", holder=uuid.uuid4(), expires_at=an_hour)
    schedule.relay()
    assert client.get("/posts/hello/").status_code == 404


def test_the_publishing_sweep_publishes(draft, appoint, client, django_capture_on_commit_callbacks):
    appoint(draft("Hello"))
    with django_capture_on_commit_callbacks(using="default", execute=True):
        schedule.publish_due()
    assert client.get("/posts/hello/").status_code == 200


# --- health


@pytest.fixture
def worker(both):
    """A worker that has just started."""
    seen("worker")


def test_healthz_asks_no_database(client):
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_readyz_says_that_the_site_is_in_order(published, client, worker):
    published("Hello")
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "reasons": []}
    assert answer["Cache-Control"] == "no-store"


def test_readyz_says_that_posts_are_overdue(draft, appoint, client, worker):
    now = timezone.now()
    appoint(draft("Hello"), now - timedelta(minutes=3), now=now - timedelta(hours=1))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False
    assert ["1 scheduled posts are overdue" in reason for reason in answer.json()["reasons"]] == [True]


def test_readyz_gives_the_sweep_its_minute(draft, appoint, client, worker):
    now = timezone.now()
    appoint(draft("Hello"), now - timedelta(minutes=1), now=now - timedelta(hours=1))
    assert client.get("/readyz").status_code == 200


def test_readyz_says_that_events_wait(draft, give, client, reader_down, worker):
    now = timezone.now()
    with reader_down():
        give(commands.publish, draft("Hello"), now=now - timedelta(minutes=10))
        give(commands.publish, draft("Fresh"), now=now)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    (reason,) = answer.json()["reasons"]
    assert reason.startswith("2 events wait to be delivered, the oldest for 60")


def test_readyz_gives_a_fresh_event_its_time(draft, give, client, reader_down, worker):
    with reader_down():
        give(commands.publish, draft("Hello"), now=timezone.now())
    assert client.get("/readyz").status_code == 200


def test_readyz_recovers_by_itself(draft, give, client, reader_down, worker):
    with reader_down():
        give(commands.publish, draft("Hello"))
    assert client.get("/readyz").status_code == 503
    OutboxEvent.objects.update(next_attempt_at=NOON)  # its pause is over
    schedule.relay()
    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_the_state_of_the_site_is_only_read(worker, client, path):
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200


def test_readyz_says_that_a_fresh_site_has_no_worker(both, client):
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["The worker has never shown itself. Start it: manage.py worker."]


@pytest.mark.parametrize("sweep", [schedule.relay, schedule.publish_due])
def test_either_sweep_shows_that_there_is_a_worker_or_cron(both, client, sweep):
    sweep()
    assert client.get("/readyz").status_code == 200


def test_readyz_says_that_the_worker_is_silent(worker, client):
    Lease.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    (reason,) = client.get("/readyz").json()["reasons"]
    assert reason.startswith("The worker has not shown itself for 3")


def test_reconcile_by_hand_is_no_sign_of_the_worker(both, client):
    schedule.reconcile()
    assert client.get("/readyz").status_code == 503
