"""A process may die at any named point: whatever it left half-done is made good, and nothing else is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cms import schedule
from cms.reconcile import reconcile
from cms.report import ExitCode
from reader.models import Article
from reader.pages import Page
from tests import crashes, oracle
from writer import commands, delivery
from writer.models import Post

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@pytest.fixture
def steps(draft, published, edit, give):
    """Return what a day brings: each a step that a process may die in."""
    stays, leaves, changes, comes = (
        published("Stays"),
        published("Leaves"),
        published("Changes"),
        draft("Comes"),
    )
    edit(changes, body="Other words.", slug="other")
    soon = timezone.now() + timedelta(minutes=1)
    give(commands.schedule, comes, publish_at=soon, zone="UTC", now=timezone.now())
    give(commands.schedule_unpublish, leaves, unpublish_at=soon, zone="UTC", now=timezone.now())
    later = soon + timedelta(minutes=1)

    def drift():
        Article.objects.filter(pk=stays).update(version=1)
        Page.objects.filter(post_id=changes).delete()
        Article.objects.filter(pk=leaves).update(gone_at=None)  # which is for no group

    return [
        lambda: commands.publish(changes, actor=None, now=timezone.now()),
        lambda: commands.publish_due(now=later),
        lambda: delivery.relay(now=later, patient=False),
        drift,
        lambda: reconcile(rerender=True),
        schedule.relay,
    ]


@pytest.mark.parametrize("point", crashes.POINTS, ids=" ".join)
def test_whoever_dies_loses_nothing(steps, point):
    crashes.survive(steps, point)
    live = Post.objects.live().values_list("live__title", "live__body")
    assert {(title, body[:5]) for title, body in live} == {
        ("Stays", "A *fi"),
        ("Changes", "Other"),
        ("Comes", "A *fi"),
    }
    assert reconcile(deep=True).exit_code == ExitCode.IN_SYNC
    assert oracle.stored() == oracle.wanted()
