"""A process of a site on many machines may die at any named point: whoever comes next makes good what it left."""

import uuid
from dataclasses import replace
from unittest.mock import patch

import pytest
from django.utils import timezone

from cms import events, following, node, refill, stream
from cms.events import READER, STREAM
from cms.report import ExitCode
from reader.checkpoint import Parked
from reader.models import Article
from reader.pages import Page
from reader.receivers import on_happened
from tests import crashes, oracle
from tests.jetstream import JetStream
from tests.streaming import put, put_event
from writer import commands, delivery
from writer.models import Post
from writer.public import public_state

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])

STRANGER = uuid.UUID(int=7)


@pytest.fixture(autouse=True)
def elsewhere(settings):
    """Let readers be on another machine, and the stream in memory."""
    settings.EVENTS_URL = ["nats://in.memory"]
    events.happened.disconnect(dispatch_uid=READER)
    events.happened.connect(stream.on_happened, dispatch_uid=STREAM)
    with JetStream().installed():
        stream.ensure()
        yield
    events.happened.disconnect(dispatch_uid=STREAM)
    events.happened.connect(on_happened, dispatch_uid=READER)


@pytest.fixture
def steps(published, edit):
    """Return what a day brings: each a step that a process may die in."""
    stays, changes = published("Stays"), published("Changes")
    edit(changes, body="Other words.", slug="other")
    known = public_state(Post.objects.get(pk=stays))
    stray = replace(known, post_id=STRANGER, slug="stray")

    def strangers():
        """Somebody writes to the stream what nobody has published, and what nobody can read."""
        put_event(stray)
        put(stream.subject_of(stays), b"?")

    def catch_up_from_afar():
        """Take in what has come as a node does that lacks much."""
        with patch.object(following, "FAR", 0):
            following.catch_up()

    return [
        lambda: commands.publish(changes, actor=None, now=timezone.now()),
        lambda: delivery.relay(now=timezone.now(), patient=False),
        catch_up_from_afar,
        strangers,
        following.catch_up,
        following.catch_up,  # and tries again what was parked
        lambda: refill.refill(force=True, trust_writer=True),
        following.catch_up,
        lambda: Article.objects.filter(pk=stays).update(version=1),
        node.reconcile_node,
    ]


@pytest.mark.parametrize("point", crashes.STREAM_POINTS, ids=" ".join)
def test_whoever_dies_loses_nothing(steps, point):
    crashes.survive(steps, point, crashes.STREAM_POINTS)
    assert refill.refill().exit_code == ExitCode.IN_SYNC
    assert node.reconcile_node().exit_code == ExitCode.IN_SYNC
    assert not Parked.objects.exists()
    forget_the_stranger()
    assert oracle.stored() == oracle.wanted()


def forget_the_stranger():
    """See that the post of nobody has been taken down; the writer knows nothing of it."""
    assert Article.objects.get(pk=STRANGER).gone_at
    Article.objects.filter(pk=STRANGER).delete()
    Page.objects.filter(post_id=STRANGER).delete()
