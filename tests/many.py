"""A site on many machines, all of them this one: a writer, three NATS servers, three nodes and nginx, as `make edge` has them.

What is served or killed as a whole is started; what only follows or writes is forked.
"""

import json
import os
import shutil
import signal
from contextlib import contextmanager
from functools import cached_property

from django.conf import settings

from cms.edge import Edge
from cms.edge_files import NUMBERS, PORTS
from tests.databases import copies
from tests.forked import Forked
from tests.installation import PATIENCE, ended_well, free_port, wait_for
from tests.many_healing import SETUP, Heal
from tests.many_reading import Read
from tests.postgresql import with_programs

OWN = {"DJANGO_SETTINGS_MODULE": "cms.settings", "DEBUG": "1", "API_RATE": "0"}
WRITE = SETUP + "from tests.edge_publisher import run; run({!r})"
FOLLOW = SETUP + (
    "from django.core.management import call_command; from cms.management.commands import follow; "
    "follow.SOON = follow.PERIOD = 1.0; call_command('follow')"
)
BEGIN = SETUP + "from tests.edge_publisher import begin; begin()"


class Small(Edge):
    """The edge with the tests' settings, and the databases of the tests."""

    urls = {}  # noqa: RUF012  of the writer's database

    @cached_property
    def site(self):
        site = super().site | OWN
        return site | {"PATH": with_programs(site["PATH"])}

    @cached_property
    def writer(self):
        return super().writer | self.urls


class Child:
    """A forked process that is killed and begun again."""

    def __init__(self, code, environment):
        self.code, self.environment, self.process = code, environment, None

    def start(self):
        self.process = Forked(("-c", self.code), folder=settings.BASE_DIR, environment=self.environment)

    def send(self, told):
        os.kill(self.process.process.pid, told)

    def kill(self):
        """Kill it; return what it complained of."""
        process, self.process = self.process, None
        os.kill(process.process.pid, signal.SIGKILL)
        _printed, complaints = process.communicate(PATIENCE)
        return complaints


class Many(Read, Heal):
    """The site, and who reads it."""

    def __init__(self, folder, urls):
        super().__init__()
        self.folder = folder
        self.edge = Small(folder, dict(zip(PORTS, free_ports(len(PORTS)), strict=True)))
        self.edge.urls.update(urls)
        self.edge.prepare()
        self.nats = dict(zip(NUMBERS, self.edge.servers(), strict=True))
        self.webs = dict(zip(NUMBERS, self.edge.nodes(), strict=True))
        self.followers = {number: Child(FOLLOW, self.edge.node(number)) for number in NUMBERS}
        self.desk, self.front = self.edge.writers()[0], self.edge.front()
        self.writer = Child(WRITE.format(str(folder)), self.edge.writer)

    def start(self):
        """Bring it all up, as `make edge` does."""
        for number in NUMBERS:
            let_delete(self.folder / f"nats-{number}" / "server.conf")
            self.nats[number].start()
        for number in NUMBERS:
            self.nats[number].wait(self.edge.ports[f"health-{number}"], "/healthz")
        self.fork(BEGIN)
        for part in (self.writer, self.desk, *self.followers.values(), *self.webs.values()):
            part.start()
        for number in NUMBERS:
            self.come_up(number)
        self.desk.wait(self.edge.ports["writer"], "/healthz")
        self.front.start()
        self.front.wait(self.edge.ports["front"], "/healthz")

    def stop(self):
        """End it all."""
        for part in (self.writer, *self.followers.values()):
            if part.process:
                part.kill()
        for part in (self.front, self.desk, *self.webs.values(), *self.nats.values()):
            part.send(signal.SIGKILL)
            part.see_end(until=0)

    # --- what is done to it

    def kill(self, part):
        """Kill a program and all that it started."""
        part.send(signal.SIGKILL)
        part.process.wait(PATIENCE)

    def kill_node(self, number):
        """Kill a node as a power cut does."""
        self.go_down(number)
        self.kill(self.webs[number])
        complaints = self.followers[number].kill()
        assert "Traceback" not in complaints, complaints

    def start_node(self, number):
        """Start a node again; return when it is ready."""
        self.followers[number].start()
        self.webs[number].start()
        self.come_up(number)

    def go_down(self, number):
        """Expect no answer of a node from now on."""
        self.up[number] = 0
        self.kills[number] += 1

    def come_up(self, number):
        """Expect answers of a node once it is ready."""
        self.webs[number].wait(self.edge.ports[f"node-{number}"], "/readyz")
        self.up[number] = 1

    def back_up(self, file):
        """Make a backup of the writer while it works."""
        code, said = self.manage("backup", str(file))
        assert code == 0, said

    def restore(self, file):
        """Put an older backup in the place of the writer, which must not be running."""
        self.kill(self.desk)
        code, said = self.manage("restore", "--force", str(file))
        assert code == 0, said
        (self.folder / "acknowledged").write_text("")
        self.desk.start()

    def manage(self, *given):
        """Run manage.py at the writer; return its exit code and what it printed."""
        process = self.begin(self.edge.writer, "manage.py", *given)
        printed, _complaints = process.communicate(PATIENCE)
        return process.returncode, printed

    def acknowledged(self):
        """Return what the writer has said that it published: slugs and words."""
        file = self.folder / "acknowledged"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def wait_for_news(self, count):
        """Wait until the writer has published so many times more."""
        before = len(self.acknowledged())
        wait_for(lambda: len(self.acknowledged()) >= before + count, f"{count} publications")

    def wipe(self, number):
        """Lose what a NATS server has stored; it must not be running."""
        shutil.rmtree(self.folder / f"nats-{number}" / "store")

    def begin(self, environment, *command):
        """Fork a process of the site."""
        return Forked(command, folder=settings.BASE_DIR, environment=environment)

    def fork(self, code):
        """Run some lines of Python at the writer; return what they print."""
        return ended_well(self.begin(self.edge.writer, "-c", code))


def free_ports(count):
    """Return ports that nobody listens at: each is another."""
    found = set()
    while len(found) < count:
        found.add(free_port())
    return sorted(found)


def let_delete(file):
    """Let there be somebody who may delete the stream, as nobody may by the shipped accounts."""
    told = file.read_text()
    assert "users [" in told
    file.write_text(told.replace("users [", 'users [ { user: root, password: "root" }', 1))


@contextmanager
def running(folder):
    """Run the site and who reads it; yield it."""
    with copies(folder) as urls:
        (folder / "writer").mkdir()
        many = Many(folder, {name: url for name, url in urls.items() if name == "DATABASE_URL"})
        if urls:
            ended_well(many.begin(many.edge.node(1), "manage.py", "migrate", "--verbosity", "0"))
            shutil.copy(folder / "node-1" / "reader.sqlite3", folder)
        else:
            shutil.copy(folder / "writer.sqlite3", folder / "writer")
        for number in NUMBERS:
            shutil.copy(folder / "reader.sqlite3", folder / f"node-{number}")
        try:
            many.start()
            with many.readers():
                yield many
        finally:
            many.stop()
