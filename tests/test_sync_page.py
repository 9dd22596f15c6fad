"""The Sync page: what the operator sees, and may do."""

import re
import uuid
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Permission
from django.db import OperationalError, connections
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django_q.models import OrmQ

from cms import charts, overview, schedule
from cms.figures import LAG, Slot
from cms.lease import seen
from cms.models import Lease, Reconciliation
from reader.models import Article
from tests.conftest import NOON
from writer import commands
from writer.models import OutboxEvent, Post

PAGE = "/admin/cms/reconciliation/"


@pytest.fixture
def sync(client, author):
    """The operator at the page: what it says, and what the page says after a button."""
    client.force_login(author)

    class Sync:
        def page(self, path=""):
            answer = client.get(PAGE + path)
            assert answer.status_code == 200
            return answer.content.decode()

        def says(self):
            html = re.sub(r"<(svg|head|header|nav).*?</\1>", "", self.page(), flags=re.S)
            return " ".join(re.sub(r"<[^>]+>", " ", html).split())

        def press(self, button, **fields):
            answer = client.post(PAGE, {button: "1", **fields}, follow=True)
            return answer.content.decode()

    return Sync()


@pytest.fixture
def worker(both):
    """A worker that showed itself just now."""
    seen("worker")


@pytest.fixture
def run(both):
    """Keep a run of reconcile; the first ended a minute ago."""

    def run(code=0, minutes=1, **fields):
        at = timezone.now() - timedelta(minutes=minutes)
        ended = None if code is None else at
        fields = {"articles": 751, "compared": 751, **fields}
        return Reconciliation.objects.create(started_at=at, finished_at=ended, exit_code=code, **fields)

    return run


@pytest.fixture
def failing(draft, give, reader_down):
    """A post whose event failed once."""
    post_id = draft("Letters")
    with reader_down():
        give(commands.publish, post_id, now=timezone.now() - timedelta(minutes=14))
    return post_id


# --- what it says first


def test_a_site_in_order_is_said_to_be(sync, worker, run):
    run(minutes=4)
    says = sync.says()
    assert "● Readers have everything that was published. Checked 4 min ago: 751 posts, no drift." in says


def test_a_new_site_says_what_is_missing_and_that_nothing_happened(sync):
    says = sync.says()
    assert "✕ Nobody has checked yet whether readers have everything that was published." in says
    assert "The worker has never shown itself" in says
    assert "Nothing was published in the last day." in says
    assert "Reconcile has not run yet." in says


def test_what_fails_is_named_with_reason_and_next_try(sync, worker, run, failing):
    run()
    OutboxEvent.objects.update(last_error="OperationalError: database is locked")
    says = sync.says()
    assert "✕ 1 published change has not reached readers, for 14 min." in says
    assert "✕ Letters" in says
    assert "The readers’ database does not answer (OperationalError: database is locked)" in says
    assert "tried once, next try at" in says
    assert f'href="/admin/writer/post/{failing}/change/"' in sync.page()


def test_what_fails_of_a_deleted_post_keeps_the_name_readers_know(sync, published, give, reader_down):
    post_id = published("Long gone")
    with reader_down():
        give(commands.trash, post_id)
        give(commands.purge, post_id)
    assert "✕ Long gone (to be taken down)" in sync.says()
    assert f"/admin/writer/post/{post_id}/change/" not in sync.page()


def test_a_refused_run_is_said_in_its_own_words(sync, worker, run):
    run(5, found={"orphan": 412}, refusal="Refused: 412 of 751 articles would be taken down.")
    run(0, minutes=11)
    says = sync.says()
    assert "Readers may get something else than was published: reconcile repaired nothing." in says
    assert says.count("Refused: 412 of 751 articles would be taken down.") == 2


def test_drift_that_remains_is_said(sync, worker, run):
    run(4, found={"missing": 2, "corrupt": 1}, repaired=2)
    assert "1 post differs between writers and readers and could not be repaired." in sync.says()


def test_that_nobody_checked_lately_is_said(sync, worker, run):
    run(minutes=200)
    assert "Nobody has checked for 3 h whether readers have everything." in sync.says()


def test_a_run_that_was_killed_is_said_to_be(sync, worker, run):
    run(None, minutes=30)
    run()
    assert "Did not end: it was killed or crashed; see the log." in sync.says()
    assert 'class="hollow"' in sync.page()


def test_overdue_and_scheduled_posts_are_listed_with_links(sync, worker, run, draft, give):
    ids = {title: draft(title) for title in ("Late", "Coming")}
    for post_id in ids.values():
        give(commands.schedule, post_id, publish_at=timezone.now() + timedelta(hours=1), zone="UTC")
    Post.objects.filter(title="Late").update(
        publish_at=timezone.now() - timedelta(minutes=30), refusal="A post needs a text."
    )
    says, html = sync.says(), sync.page()
    assert "1 scheduled post is overdue." in says
    assert says.index("Overdue Late") < says.index("A post needs a text.") < says.index("Scheduled Coming")
    assert all(f"/admin/writer/post/{post_id}/change/" in html for post_id in ids.values())


def test_with_the_readers_database_down_the_page_says_so(sync, worker, run, failing):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("connection refused")

    with connections["reader"].execute_wrapper(refuse):
        says = sync.says()
    assert "✕ Readers get no pages: their database does not answer." in says
    assert "✕ Letters" in says


# --- a worker that stopped: what depends on it is late, and nothing else


def test_what_depends_on_a_stopped_worker_is_late_and_said_so_everywhere(
    sync, run, client, draft, published, give, edit
):
    run()
    seen("worker")
    Lease.objects.update(seen_at=timezone.now() - timedelta(minutes=12))
    soon = timezone.now() + timedelta(hours=1)
    to_come, to_go = draft("To come"), published("To go")
    give(commands.schedule, to_come, publish_at=soon, zone="UTC")
    give(commands.schedule_unpublish, to_go, unpublish_at=soon, zone="UTC")
    past = timezone.now() - timedelta(minutes=5)
    Post.objects.filter(pk=to_come).update(publish_at=past)
    Post.objects.filter(pk=to_go).update(unpublish_at=past)

    by_hand = published("By hand")  # nobody at the desk notices
    assert client.get("/posts/by-hand/").status_code == 200
    edit(by_hand, body="Other words.")
    give(commands.publish, by_hand)
    assert "Other words." in client.get("/posts/by-hand/").content.decode()
    give(commands.unpublish, by_hand)
    assert client.get("/posts/by-hand/").status_code == 410

    assert client.get("/posts/to-come/").status_code == 404  # what the clock should have done
    assert client.get("/posts/to-go/").status_code == 200
    says = sync.says()
    assert "✕ Readers have everything that was published, but not all is in order." in says
    assert "2 scheduled posts are overdue. The worker has not shown itself for 12 min" in says
    first, second = client.get("/readyz").json()["reasons"]
    assert first.startswith("2 scheduled posts are overdue.")
    assert re.match(r"The worker has not shown itself for 7\d\d s\.", second)
    measured = client.get("/metrics").content.decode()
    assert "imprint_overdue_posts 2.0" in measured
    assert re.search(r"imprint_worker_heartbeat_seconds 7\d\d\.", measured)
    assert "imprint_lag_seconds 0.0" in measured

    schedule.publish_due()  # it is back
    assert "overdue" not in " ".join(client.get("/readyz").json()["reasons"])


# --- what can be done


def test_reconcile_now_queues_what_the_schedule_runs(sync, worker, run):
    run()
    html = sync.press("_reconcile")
    assert "A run of reconcile is queued. The worker begins it within seconds" in html
    assert '<meta http-equiv="refresh" content="3">' in html
    (task,) = OrmQ.objects.all()
    assert task.func() == schedule.Schedule.objects.get(name="reconcile").func
    import_string(task.func())(**task.kwargs())
    assert Reconciliation.objects.count() == 2
    task.delete()
    assert "refresh" not in sync.page()


def test_a_deep_run_can_be_asked_for(sync, worker):
    sync.press("_reconcile", deep="1")
    (task,) = OrmQ.objects.all()
    import_string(task.func())(**task.kwargs())
    assert Reconciliation.objects.get().deep


def test_a_second_press_queues_no_second_run(sync, worker):
    sync.press("_reconcile")
    assert "A run is queued already." in sync.press("_reconcile")
    assert OrmQ.objects.count() == 1


def test_without_a_worker_the_page_says_that_the_run_must_wait(sync):
    assert "There is no worker now, so a run begins only when it is back." in sync.page()
    assert "is queued, but there is no worker" in sync.press("_reconcile")


def test_a_task_that_a_killed_worker_left_behind_is_not_taken_for_a_queued_one(sync, worker):
    sync.press("_reconcile")
    OrmQ.objects.update(lock=timezone.now() + timedelta(minutes=5))  # taken ten minutes ago
    assert "queued" not in sync.says()


def test_a_run_under_way_shows_how_far_it_has_come(sync, worker, run):
    run(minutes=11)
    run(None, minutes=0, compared=320, repaired=7)
    Lease.objects.create(
        name="reconcile", holder=uuid.uuid4(), expires_at=timezone.now() + timedelta(minutes=1)
    )
    html = sync.page()
    assert "320 posts compared, 7 repaired so far." in html
    assert '<progress max="751" value="320">' in html
    assert '<meta http-equiv="refresh" content="3">' in html
    assert "_reconcile" not in html


def test_a_site_of_many_posts_is_not_offered_a_deep_run_that_would_be_killed(sync, worker, run):
    run(compared=overview.DEEP + 1)
    assert 'name="deep"' not in sync.page()
    assert "manage.py reconcile --deep" in sync.page()


def test_try_again_delivers_what_waits_whatever_its_pause(sync, worker, failing, client):
    assert "1 delivered, 0 failed" in sync.press("_deliver")
    assert client.get("/posts/letters/").status_code == 200
    assert 'name="_deliver"' not in sync.page()


def test_try_again_says_what_still_fails(sync, worker, failing, reader_down):
    with reader_down():
        assert "0 delivered, 1 failed" in sync.press("_deliver")
    assert OutboxEvent.objects.get().attempts == 2


def test_what_is_too_much_for_one_request_is_left_to_the_relay(
    sync, worker, draft, give, reader_down, monkeypatch
):
    monkeypatch.setattr("writer.delivery.AT_ONCE", 2)
    with reader_down():
        for title in ("One", "Two", "Three"):
            give(commands.publish, draft(title), now=timezone.now())
    assert "2 delivered, 0 failed" in sync.press("_deliver")
    schedule.relay()  # which no longer waits for the pause
    assert Article.objects.count() == 3


# --- one run


def test_a_run_shows_its_findings_with_links_and_errors(sync, run, published):
    post_id, lost = published("Hello"), uuid.uuid4()
    findings = [
        {"kind": "missing", "post_id": str(post_id), "error": ""},
        {"kind": "orphan", "post_id": str(lost), "error": "It is still orphan."},
    ]
    row = run(4, found={"missing": 1, "orphan": 3}, repaired=1, findings=findings)
    html = sync.page(f"{row.pk}/change/")
    assert f'<a href="/admin/writer/post/{post_id}/change/">Hello</a>' in html
    assert str(lost) in html
    assert "It is still orphan." in html
    assert "And 2 more." in html
    assert f'href="{PAGE}{row.pk}/change/"' in sync.page()


def test_a_run_that_there_never_was_is_not_found(client, author):
    client.force_login(author)
    assert client.get(f"{PAGE}1/change/").status_code == 404


# --- who may


@pytest.fixture
def allowed(client, django_user_model):
    """Log somebody in who may do no more than these things."""

    def allowed(*codenames):
        bob = django_user_model.objects.create_user("bob", is_staff=True)
        bob.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(bob)

    return allowed


def test_who_may_look_sees_the_page_and_can_press_nothing(allowed, client, failing, run):
    row = run(3, found={"stale": 1}, findings=[{"kind": "stale", "post_id": str(failing), "error": ""}])
    allowed("view_reconciliation")
    html = client.get(PAGE).content.decode()
    assert "Letters" in html
    assert "/admin/writer/post/" not in html
    assert 'name="_reconcile"' not in html
    assert 'name="_deliver"' not in html
    assert client.get(f"{PAGE}{row.pk}/change/").status_code == 200
    for button in ("_reconcile", "_deliver"):
        assert client.post(PAGE, {button: "1"}).status_code == 403
    assert OutboxEvent.objects.get().attempts == 1
    assert not OrmQ.objects.exists()


def test_who_may_not_look_is_refused(allowed, client, run):
    row = run()
    allowed("view_post")
    for path in (PAGE, f"{PAGE}{row.pk}/change/"):
        assert client.get(path).status_code == 403
        assert client.post(path, {"_reconcile": "1"}).status_code == 403


def test_nothing_is_added_edited_or_deleted(sync, client, run):
    row = run()
    for path in ("add/", f"{row.pk}/delete/"):
        assert client.get(PAGE + path).status_code == 403
    assert client.post(f"{PAGE}{row.pk}/change/", {"exit_code": "0"}).status_code == 403


# --- the page itself


def test_the_page_takes_a_fixed_number_of_queries(
    sync, client, worker, run, published, django_assert_max_num_queries
):
    run(3, found={"stale": 1}, repaired=1)
    published("First")
    client.get(PAGE)
    with django_assert_max_num_queries(30) as asked:
        client.get(PAGE)
    for number in range(15):
        published(f"Post {number}")
        run(minutes=number)
    with django_assert_max_num_queries(len(asked)):
        client.get(PAGE)


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_it_holds_no_script_no_style_and_charts_that_parse(
    sync, client, worker, run, failing, language, settings
):
    settings.LANGUAGE_CODE = language
    run(3, found={"stale": 1, "orphan": 4}, repaired=5)
    with translation.override(language):
        html = sync.page()
    body = html[html.index('<div class="sync">') :]
    assert "<script" not in body
    assert not re.search(r"\s(style|on\w+)=", body)
    charts = re.findall(r'<svg class="plot".*?</svg>', body, re.S)
    assert len(charts) == 2
    for chart in charts:
        root = ElementTree.fromstring(chart)
        assert (root.get("role"), bool(root.find("title").text), bool(root.find("desc").text)) == (
            "img",
            True,
            True,
        )
        for mark in root.iter("rect"):
            assert re.fullmatch(r"\d+\.\d\d%", mark.get("x"))


# --- charts


def slot(hours_ago, usual, longest):
    return Slot(NOON - timedelta(hours=hours_ago), 3, usual, longest)


def test_the_longer_it_took_the_higher_the_bar_and_what_is_late_looks_so():
    chart = charts.lag([slot(20, 0.2, 0.9), slot(10, 1, 30), slot(1, 3, 400)], now=NOON, late=LAG)
    tops = [float(mark.y.rstrip("%")) for mark in chart.marks]
    assert tops == sorted(tops, reverse=True)
    assert [mark.look for mark in chart.marks] == ["", "", "late"]
    assert [line.label for line in chart.lines] == ["1 s", "10 s", "1 min", "10 min"]


@pytest.mark.parametrize("longest", [0, 0.1, 7, 59, 3600, 90_000, 400_000])
def test_every_mark_stands_within_the_chart(longest):
    chart = charts.lag([slot(24, 0, longest), slot(0.4, longest, longest)], now=NOON, late=LAG)
    for mark in chart.marks:
        x, y, width, height = (
            float(number.rstrip("%")) for number in (mark.x, mark.y, mark.width, mark.height)
        )
        assert x >= 0
        assert x + width <= 100
        assert y >= 0
        assert y + height <= 100


def test_the_hours_are_those_of_whoever_looks():
    noon = timezone.localtime(NOON, timezone.get_fixed_timezone(60))
    assert [hour.label for hour in charts.lag([], now=noon, late=LAG).hours] == [
        "18:00",
        "00:00",
        "06:00",
        "12:00",
    ]


def test_the_strip_has_a_row_for_each_kind_that_was_found():
    codes = [(0, {}), (3, {"stale": 4, "orphan": 1}), (5, {"orphan": 9}), (None, {})]
    runs = [
        Reconciliation(exit_code=code, found=found, finished_at=None if code is None else NOON)
        for code, found in codes
    ]
    results, *kinds = charts.strip(runs, under_way=False)
    assert [row.label for row in kinds] == ["stale", "orphan"]
    assert [mark.look for mark in results.marks] == ["", "", "late", "hollow"]
    newest, *_others, oldest = (float(mark.x.rstrip("%")) for mark in results.marks)
    assert oldest < newest < 100
    one, nine = kinds[1].marks
    assert int(one.height) < int(nine.height) == charts.TALL


def test_a_run_under_way_is_not_drawn_as_one_that_did_not_end():
    runs = [Reconciliation(), Reconciliation(exit_code=0, finished_at=NOON)]
    assert len(charts.strip(runs, under_way=True)[0].marks) == 1
    assert len(charts.strip(runs, under_way=False)[0].marks) == 2
