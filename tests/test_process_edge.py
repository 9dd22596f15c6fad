"""A site on many machines, of which any may die: readers notice nothing, and nobody has to help afterwards.

A writer publishes all the time, each node is read all the time, and so is nginx in front of them.
"""

import asyncio
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import nats
import pytest

from cms.edge_files import NUMBERS
from tests import nginx
from tests.installation import wait_for
from tests.many import running
from tests.many_healing import TRUTH
from tests.many_reading import page
from tests.missing import missing

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, for all tests of this module."""
    if not nginx.program():
        missing("NO NGINX WAS FOUND, so nothing was tested of many machines.")
    with running(tmp_path_factory.mktemp("edge")) as many:
        yield many


@pytest.fixture
def many(site):
    """The site; afterwards it must have healed, and nobody may have had to complain."""
    yield site
    site.heal()
    assert site.complaints == []


def test_nothing_is_lost_when_the_writer_is_killed(many):
    for _time in range(4):
        time.sleep(0.9)
        many.writer.kill()
        many.writer.start()
    many.kill(many.desk)
    many.desk.start()
    many.desk.wait(many.edge.ports["writer"], "/healthz")


def test_a_server_of_three_can_be_killed(many):
    for number in NUMBERS:
        many.kill(many.nats[number])
        time.sleep(1)
        many.nats[number].start()
        many.nats[number].wait(many.edge.ports[f"health-{number}"], "/healthz")


def test_all_servers_can_be_killed(many):
    for server in many.nats.values():
        many.kill(server)
    time.sleep(3)
    for server in many.nats.values():
        server.start()


def test_a_node_can_be_killed(many):
    for number in NUMBERS:
        many.kill_node(number)
        time.sleep(0.5)
        many.start_node(number)


def test_a_node_that_has_lost_its_disk_begins_anew(many):
    many.kill_node(3)
    for file in (many.folder / "node-3").glob("reader.sqlite3*"):
        file.unlink()
    shutil.copy(many.folder / "reader.sqlite3", many.folder / "node-3")
    many.start_node(3)


def test_any_process_can_be_frozen(many):
    for part in (*many.nats.values(), many.followers[1]):
        part.send(signal.SIGSTOP)
        many.wait_for_news(2)
        part.send(signal.SIGCONT)
    many.writer.send(signal.SIGSTOP)
    time.sleep(2)
    many.writer.send(signal.SIGCONT)
    many.go_down(2)
    many.webs[2].send(signal.SIGSTOP)
    time.sleep(2)
    many.webs[2].send(signal.SIGCONT)
    many.come_up(2)


def test_the_files_of_the_stream_can_be_wiped(many):
    many.kill(many.nats[2])
    many.wipe(2)
    many.nats[2].start()
    time.sleep(1)
    for server in many.nats.values():
        many.kill(server)
    for number, server in many.nats.items():
        many.wipe(number)
        server.start()


def test_the_stream_can_be_deleted_and_made_anew(many):
    async def delete():
        client = await nats.connect(f"nats://root:root@127.0.0.1:{many.edge.ports['nats-1']}")
        await client.jetstream().delete_stream("imprint")
        await client.close()

    for _time in range(2):
        with ThreadPoolExecutor(1) as pool:  # a browser may have a loop in this thread
            pool.submit(asyncio.run, delete()).result()
        time.sleep(1.5)


def test_a_writer_that_was_restored_from_a_backup_is_followed_once_its_operator_says_so(many):
    many.back_up(many.folder / "older")
    many.wait_for_news(5)
    many.heal(goes_on=False)
    newest = dict(many.acknowledged())["one"]
    many.writer.kill()
    many.restore(many.folder / "older")
    many.writer.start()
    wait_for(lambda: many.manage("reconcile")[0] == 5, "the writer to refuse")  # 75 while its worker is at it
    for number in NUMBERS:
        assert many.shows(number, "one", newest)
    wait_for(lambda: many.manage("reconcile", "--trust-writer")[0] == 3, "the writer to be trusted")
    assert newest not in many.fork(TRUTH)


def test_the_desk_has_its_files_through_the_front(many):
    status, text = page(many.edge.ports["front"], "/admin/login/")
    assert (status, "/static/admin/css/base.css" in text) == (200, True)
    for path in ("/static/admin/css/base.css", "/static/desk/desk.css", "/static/reader/site.css"):
        assert page(many.edge.ports["front"], path)[0] == 200, path
