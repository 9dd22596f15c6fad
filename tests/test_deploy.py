"""What is shipped to run the site with: each file is read by the program that it is for, or by its own checker."""

import os
import re
import shutil
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml
from django.conf import settings
from django.core.management import find_commands

from cms import documents, edge_files, events, management, stream
from cms.broker import Declined, Unreachable, broker
from cms.nodes import nodes
from cms.tail import Tail
from tests import nginx
from tests.installation import free_port, wait_for
from tests.missing import missing
from tests.nats import Nats

DEPLOY = settings.BASE_DIR / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
PASSWORDS = {
    "NATS_NAME": "nats-1",
    "NATS_WRITER_PASSWORD": "of-the-writer",
    "NATS_READER_PASSWORD": "of-readers",
    "NATS_OPERATOR_PASSWORD": "of-the-operator",
    "NATS_ROUTE_PASSWORD": "of-routes",
    "NATS_ROUTES": '["nats://route:of-routes@nats-1:6222", "nats://route:of-routes@nats-2:6222"]',
}
FORBIDDEN = [
    *(f"$JS.API.STREAM.{verb}.imprint" for verb in ("CREATE", "UPDATE", "DELETE", "PURGE", "MSG.DELETE")),
    *("$JS.API.STREAM.CREATE.other", "$JS.API.STREAM.NAMES", "$JS.API.SERVER.REMOVE", "imprint.anything"),
]


def run(*command, **options):
    """Run a checker from beside Python, or from the machine; return how it ended and what it said."""
    name, *rest = command
    beside = Path(sys.executable).parent / name
    program = str(beside) if beside.exists() else shutil.which(name)
    done = subprocess.run(
        [program, *rest], capture_output=True, text=True, check=False, timeout=60, **options
    )
    return done.returncode, done.stdout + done.stderr


def test_the_image_is_described_as_it_should_be():
    assert run("hadolint", DEPLOY / "Dockerfile") == (0, "")


def test_everything_that_the_site_is_made_of_gets_into_the_image_and_nothing_else():
    told = (settings.BASE_DIR / "deploy" / "Dockerfile").read_text()
    copied = {word for line in re.findall(r"^COPY (?!--)(.+) \S+$", told, re.M) for word in line.split()}
    allowed = re.findall(r"^!(.+)$", (settings.BASE_DIR / ".dockerignore").read_text(), re.M)
    assert copied == set(allowed)
    packages = {path.parent.name for path in settings.BASE_DIR.glob("*/__init__.py")} - {"tests"}
    assert packages | {"templates", "static", "manage.py", "requirements.txt"} == copied


def test_the_compose_file_is_as_its_specification_says():
    code, said = run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")
    assert code == 0, said


def test_the_compose_file_asks_for_no_value_that_its_example_does_not_name():
    asked = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()))
    named = set(re.findall(r"^(\w+)=", (DEPLOY / "compose.env.example").read_text(), re.M))
    assert asked == named


def test_every_setting_in_the_compose_file_is_one():
    known = set(re.findall(r"^# (\w+) \(", (settings.BASE_DIR / ".env.example").read_text(), re.M))
    for service in SERVICES.values():
        if service["image"] == "imprint":
            assert service["environment"].keys() <= known


def test_no_reader_in_the_compose_file_can_reach_anything_of_the_writer():
    readers = [name for name in SERVICES if name.startswith(("reader-", "follow-"))]
    assert len(readers) == 9
    for name in readers:
        said = SERVICES[name]["environment"]
        assert said["CMS_ROLE"] == "reader"
        assert "DATABASE_URL" not in said
        assert "writer" not in said["EVENTS_URL"]
        assert said["SECRET_KEY"] != SERVICES["writer"]["environment"]["SECRET_KEY"]
        assert not {"writer", "desk"} & set(SERVICES[name]["networks"])
        assert not [
            place for place in SERVICES[name]["volumes"] if place in ("writer:/data", "media:/data/media")
        ]


@pytest.mark.parametrize("service", [name for name in SERVICES if "build" in SERVICES[name]])
def test_what_a_service_of_the_compose_file_runs_is_a_command(service):
    for name in re.findall(r"manage\.py[\" ,]+(\w+)", str(SERVICES[service].get("command", ""))):
        assert name in {*find_commands(management.__path__[0]), "collectstatic"}


def test_the_units_are_as_systemd_reads_them(tmp_path):
    if not shutil.which("systemd-analyze"):
        missing("NO SYSTEMD WAS FOUND, so nobody has read the units.")
    for unit in UNITS:
        told = unit.read_text()
        told = re.sub(r"/srv/imprint/app/\.venv/bin/\w+", sys.executable, told)
        (tmp_path / unit.name).write_text(told)
    assert run("systemd-analyze", "verify", *(tmp_path / unit.name for unit in UNITS)) == (0, "")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_what_a_unit_runs_is_a_command_of_the_site(unit):
    known = set(find_commands(management.__path__[0]))
    told = unit.read_text()
    assert set(re.findall(r"manage\.py (\w+)", told)) | set(re.findall(r"sweep@(\w+)", told)) <= known
    if "granian" in told:
        procfile = (settings.BASE_DIR / "Procfile").read_text()
        for option in re.findall(r"--(?:interface|blocking-threads|no-ws)\S*(?: \w+)?", procfile):
            assert option in told


@pytest.mark.parametrize("file", ["server.conf", "cluster.conf"])
def test_the_configuration_of_nats_is_as_its_server_reads_it(file):
    code, said = run("nats-server", "-t", "-c", DEPLOY / "nats" / file, env={**os.environ, **PASSWORDS})
    assert (code, "is valid" in said) == (0, True), said


@pytest.fixture
def shipped(tmp_path, settings, monkeypatch):
    """A server as it is shipped, but for places; a function that says who asks it from now on."""
    for name, value in PASSWORDS.items():
        monkeypatch.setenv(name, value)
    server = Nats(tmp_path)
    edge_files.nats(tmp_path, 1, {"nats-1": server.port, "health-1": free_port(), "route-1": free_port()})
    server.config = tmp_path / "server.conf"
    settings.EVENTS_STREAM = "imprint"

    def ask_as(user):
        broker.close()
        settings.EVENTS_URL = [
            f"nats://{user}:{PASSWORDS[f'NATS_{user.upper()}_PASSWORD']}@127.0.0.1:{server.port}"
        ]

    server.start()
    yield ask_as
    broker.close()
    server.stop()


def withdrawal(version):
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return documents.sealed(
        events.PostWithdrawn(post_id=uuid.UUID(int=7), version=version, paths=("/a/",), withdrawn_at=at)
    )


def test_the_writer_can_publish_and_a_reader_can_read_and_do_nothing_else(shipped):
    shipped("writer")
    stream.publish(withdrawal(1))
    stream.publish(withdrawal(2))
    shipped("reader")
    reading = Tail("imprint", after=0, node="tokyo")
    (message,) = reading.up_to_now()
    reading.committed()
    assert stream.event_of(message) == withdrawal(2)
    assert stream.message(message.subject).data == message.data
    with pytest.raises((Unreachable, Declined)):
        stream.publish(withdrawal(3))
    for subject in FORBIDDEN:
        broker.close()
        with pytest.raises((Unreachable, Declined)):
            broker.ask(lambda client, subject=subject: client.request(subject, b"", timeout=0.2))
    shipped("writer")
    assert stream.held_by(stream.message(message.subject)).version == 2
    wait_for(lambda: [(one.name, one.behind) for one in nodes()] == [("tokyo", 0)], "the node's word")


def test_whoever_sees_how_the_servers_are_sees_no_message(shipped):
    shipped("writer")
    stream.publish(withdrawal(1))
    shipped("operator")
    with pytest.raises((Unreachable, Declined)):
        stream.state()


def test_the_front_of_several_machines_is_as_nginx_reads_it(tmp_path):
    if not nginx.program():
        missing("NO NGINX WAS FOUND, so nobody has read what stands in front of several machines.")
    code, said = run(*nginx.edge(tmp_path, port=8080, readers=[1, 2, 3], writer=4)[:-2], "-t")
    assert (code, "test is successful" in said) == (0, True), said


@pytest.fixture
def roles(both):
    """Two databases and two roles, made as it is shipped but for their names; yields an address as each role has it."""
    server = urlsplit(os.environ["DATABASE_URL"])
    suffix = uuid.uuid4().hex[:8]
    told = re.sub(r":'\w+'", "'unspoken'", (DEPLOY / "postgresql.sql").read_text())
    names = [f"imprint_{side}_{suffix}" for side in ("writer", "reader")]
    for side, name in zip(("writer", "reader"), names, strict=True):
        told = told.replace(f"imprint_{side}", name)

    def address(side, database):
        who = f"imprint_{side}_{suffix}:unspoken@{server.netloc.rpartition('@')[2]}"
        return server._replace(netloc=who, path=f"/imprint_{database}_{suffix}").geturl()

    with psycopg.connect(server._replace(path="/postgres").geturl(), autocommit=True) as connection:
        for statement in re.sub(r"--.*", "", told).split(";")[:-1]:
            connection.execute(statement)
        try:
            yield address
        finally:
            for name in names:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
                connection.execute(f"DROP ROLE {name}")


@pytest.mark.postgresql
def test_on_postgresql_neither_role_can_look_into_the_database_of_the_other(roles):
    for side, other in (("writer", "reader"), ("reader", "writer")):
        with psycopg.connect(roles(side, side)) as connection:
            connection.execute("CREATE TABLE own (id integer)")
            for grab in (
                f"SET ROLE {urlsplit(roles(other, other)).path[1:]}",
                "CREATE ROLE another SUPERUSER",
            ):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                    connection.execute(grab)
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(roles(side, other))
