"""/metrics: what Prometheus reads, whatever is down."""

import math
import re
from datetime import timedelta

import pytest
import yaml
from django.conf import settings
from django.db import OperationalError, connections
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from cms import schedule
from cms.lease import seen
from cms.models import Lease, Reconciliation
from writer import commands
from writer.models import OutboxEvent, Post

DOCUMENT = (settings.BASE_DIR / "docs" / "operations.md").read_text()


@pytest.fixture
def scrape(client, both):
    """Return what /metrics says, read by the library's own parser: (name, label) → value."""

    def scrape():
        answer = client.get("/metrics")
        assert answer.status_code == 200
        families = list(text_string_to_metric_families(answer.content.decode()))
        assert all(family.documentation.endswith(".") for family in families)
        samples = [sample for family in families for sample in family.samples]
        return {(sample.name, *sample.labels.values()): sample.value for sample in samples}

    return scrape


@pytest.fixture
def down():
    """Let a database answer nothing."""

    def down(alias):
        def refuse(execute, sql, params, many, context):
            raise OperationalError("connection refused")

        return connections[alias].execute_wrapper(refuse)

    return down


def test_a_new_site_can_be_measured(scrape):
    found = scrape()
    assert found["imprint_up", "default"] == found["imprint_up", "reader"] == 1
    assert found["imprint_lag_seconds",] == found["imprint_deliveries_total",] == 0
    assert found["imprint_worker_heartbeat_seconds",] == math.inf
    assert found["imprint_seconds_since_good_run",] == math.inf
    assert math.isnan(found["imprint_reconcile_exit_code",])


def test_the_figures_of_a_site_at_work_are_told(scrape, published, draft, give, reader_down):
    published("Hello")
    with reader_down():
        give(commands.publish, draft("Failing"))
    OutboxEvent.objects.filter(delivered_at=None).update(occurred_at=timezone.now() - timedelta(minutes=10))
    schedule.publish_due()
    Reconciliation.objects.create(
        started_at=timezone.now() - timedelta(minutes=5),
        finished_at=timezone.now() - timedelta(minutes=4),
        exit_code=3,
        articles=751,
        found={"stale": 2, "orphan": 1},
        repaired=3,
    )
    found = scrape()
    assert found["imprint_outbox_pending", "failing"] == found["imprint_delivery_failures_total",] == 1
    assert (
        found["imprint_outbox_pending", "untried"] == found["imprint_outbox_oldest_seconds", "untried"] == 0
    )
    assert 600 <= found["imprint_lag_seconds",] == found["imprint_outbox_oldest_seconds", "failing"] < 660
    assert found["imprint_worker_heartbeat_seconds",] < 60
    assert found["imprint_sweep_heartbeat_seconds", "publish_due"] < 60
    assert found["imprint_sweep_heartbeat_seconds", "relay"] == math.inf
    assert (found["imprint_drift", "stale"], found["imprint_drift", "missing"]) == (2, 0)
    assert (found["imprint_repairs",], found["imprint_articles",]) == (3, 751)
    assert found["imprint_reconcile_exit_code",] == 3
    assert 240 <= found["imprint_seconds_since_good_run",] < 300
    assert found["imprint_edition",] == 1


@pytest.mark.parametrize(
    ("alias", "other", "known", "unknown"),
    [
        ("default", "reader", "imprint_edition", "imprint_lag_seconds"),
        ("reader", "default", "imprint_lag_seconds", "imprint_edition"),
    ],
)
def test_with_one_database_down_the_other_is_measured(scrape, down, alias, other, known, unknown):
    with down(alias):
        found = scrape()
    assert (found["imprint_up", alias], found["imprint_up", other]) == (0, 1)
    assert (known,) in found
    assert (unknown,) not in found


def test_with_both_databases_down_it_says_so(scrape, down):
    with down("default"), down("reader"):
        assert scrape() == {("imprint_up", "default"): 0, ("imprint_up", "reader"): 0}


def test_it_is_fresh_plain_and_asks_a_fixed_number_of_queries(client, published, django_assert_num_queries):
    published("Hello")
    with django_assert_num_queries(8, using="default"), django_assert_num_queries(1, using="reader"):
        answer = client.get("/metrics")
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
    assert not answer.cookies
    assert "process_" not in answer.content.decode()


def test_it_is_scraped_without_https(client, both, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/metrics").status_code == 200


def test_a_silent_worker_shows(scrape):
    seen("worker")
    Lease.objects.update(seen_at=timezone.now() - timedelta(minutes=9))
    assert 540 <= scrape()["imprint_worker_heartbeat_seconds",] < 600


def test_every_metric_is_documented(scrape):
    named = {sample[0] for sample in scrape()}
    assert named == set(re.findall(r"^\| `(imprint_\w+)", DOCUMENT, re.M))


def test_the_alert_rules_are_yaml_and_ask_for_metrics_that_there_are(scrape):
    named = {sample[0] for sample in scrape()}
    (text,) = re.findall(r"```yaml\n(groups:.*?)```", DOCUMENT, re.S)
    (group,) = yaml.safe_load(text)["groups"]
    for rule in group["rules"]:
        asked = re.findall(r"imprint_\w+", rule["expr"])
        assert asked or rule["expr"].startswith("up{"), rule
        assert set(asked) <= named
        assert rule["annotations"]["summary"]


def test_an_overdue_post_shows(scrape, draft, give):
    give(commands.schedule, draft("Hello"), publish_at=timezone.now() + timedelta(hours=1), zone="UTC")
    assert scrape()["imprint_scheduled_posts",] == 1
    Post.objects.update(publish_at=timezone.now() - timedelta(minutes=3))
    found = scrape()
    assert (found["imprint_scheduled_posts",], found["imprint_overdue_posts",]) == (0, 1)
