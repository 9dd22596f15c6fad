"""How far each node has come, as the writer's desk tells it: with a real server."""

import pytest

from cms import following
from cms.broker import broker
from cms.nodes import nodes
from cms.tail import Tail
from tests.installation import wait_for
from tests.test_arrival import standing
from writer.commands import unpublish

pytestmark = pytest.mark.django_db(databases=["default", "reader"])


@pytest.fixture(autouse=True)
def rome(settings):
    settings.NODE_NAME = "rome"


@pytest.fixture
def node(elsewhere):
    """Begin to follow as a node of that name, and take in nothing yet."""
    begun = []

    def node(name, after=0):
        begun.append(Tail(elsewhere, after=after, node=name))
        return begun[-1]

    yield node
    for tail in begun:
        tail.close()


def take_in(tail):
    """Read what has come, and commit it."""
    while not tail.news():
        pass
    tail.committed()


def shown(desk, post_id, words):
    """Wait until the desk says so of a post: an acknowledgement has no answer."""
    wait_for(lambda: words in standing(desk, post_id), words)


def asks_again(desk, post_id):
    return f'data-url="/admin/writer/post/{post_id}/standing/"' in desk.get(f"post/{post_id}/change/")


def test_the_desk_says_which_nodes_have_what_was_published(desk, published, node):
    post_id = published("Hello")
    assert standing(desk, post_id).endswith(" after publishing · no node follows the stream")
    assert not asks_again(desk, post_id)
    following.catch_up()
    shown(desk, post_id, " after publishing · known to its one node")
    tokyo = node("tokyo")
    assert standing(desk, post_id).endswith("known to 1 of 2 nodes, not yet to tokyo")
    assert asks_again(desk, post_id)
    take_in(tokyo)
    shown(desk, post_id, "known to all 2 nodes")
    assert not asks_again(desk, post_id)


def test_what_was_withdrawn_is_waited_for_too(desk, published, give, node):
    post_id = published("Hello")
    tokyo = node("tokyo")
    take_in(tokyo)
    shown(desk, post_id, "known to its one node")
    give(unpublish, post_id)
    assert standing(desk, post_id) == "○ Draft · known to 0 of 1 nodes, not yet to tokyo"
    take_in(tokyo)
    shown(desk, post_id, "○ Draft · known to its one node")


def test_what_was_read_and_not_committed_is_not_there_yet(desk, published, node):
    first, second = published("Hello"), published("World")
    tokyo = node("tokyo")
    messages = list(tokyo.up_to_now())
    assert len(messages) == 2
    for post_id in (first, second):
        assert standing(desk, post_id).endswith("not yet to tokyo")
    tokyo.committed()
    shown(desk, second, "known to its one node")


def test_a_node_that_begins_anew_counts_as_what_it_is_now(published, node):
    published("Hello")
    take_in(node("tokyo"))
    wait_for(lambda: [one.behind for one in nodes()] == [0], "the node has committed")
    node("tokyo")  # emptied; the server remembers for half a minute what it was
    assert [(one.name, one.sequence, one.behind) for one in nodes()] == [("tokyo", 0, 1)]


def test_who_only_reads_is_no_node(published, elsewhere):
    published("Hello")
    reading = Tail(elsewhere, after=0)
    assert nodes() == []
    reading.close()


def test_a_silent_broker_is_waited_for_by_nobody(desk, published, node, stream_down):
    post_id = published("Hello")
    node("tokyo")
    with stream_down():
        assert standing(desk, post_id).endswith(" after publishing")


def test_servers_that_do_not_say_hold_up_no_event(desk, published, node, monkeypatch):
    post_id = published("Hello")
    node("tokyo")
    monkeypatch.setattr("cms.nodes.PATIENCE", 0.00001)  # s: as silent as to who may not ask
    assert standing(desk, post_id).endswith(" after publishing")
    assert broker.failure == ""


def test_the_sync_page_lists_the_nodes(desk, client, published, node, stream_down):
    published("Hello")
    assert "No node follows the stream now." in sync(client)
    following.catch_up()
    node("tokyo")
    wait_for(lambda: "<dt>rome</dt><dd>has all that was told</dd>" in sync(client), "rome has committed")
    assert "<dt>tokyo</dt><dd>one message behind</dd>" in sync(client)
    with stream_down():
        assert "The NATS servers do not say which nodes follow the stream." in sync(client)


def sync(client):
    return client.get("/admin/cms/reconciliation/").content.decode()


def test_a_site_without_a_stream_speaks_of_no_nodes(desk, client, published):
    assert standing(desk, published("Hello")).endswith(" after publishing")
    assert "Nodes" not in sync(client)
