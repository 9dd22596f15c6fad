"""How often the API may be asked: counted over all processes, and by who really asks."""

import json
import subprocess
import sys
from contextlib import closing

import pytest
import time_machine

from cms import throttling

TAGS = "/api/v1/tags/"
pytestmark = pytest.mark.usefixtures("both", "counting")


@pytest.fixture
def counting(settings, tmp_path):
    """Let three requests a minute through, counted in a file of this test."""
    settings.API_RATE = 3
    settings.DATA_DIR = tmp_path
    with time_machine.travel("2026-03-01T12:00:10Z", tick=False):
        yield
    throttling.own.connection.close()
    throttling.own.connection = None


def statuses(client, times=4, **extra):
    return [client.get(TAGS, **extra).status_code for _ in range(times)]


def test_who_asks_too_often_is_told_how_long_to_wait(client):
    assert statuses(client) == [200, 200, 200, 429]
    answer = client.get(TAGS)
    assert answer["Content-Type"] == "application/problem+json"
    assert 50 <= int(answer["Retry-After"]) <= 51
    assert "Wait" in json.loads(answer.content)["detail"]
    assert client.get("/").status_code == 200
    with time_machine.travel("2026-03-01T12:01:01Z", tick=False):
        assert client.get(TAGS).status_code == 200


def test_others_may_ask_on(client):
    assert statuses(client)[-1] == 429
    assert client.get(TAGS, REMOTE_ADDR="192.0.2.7").status_code == 200


def test_a_claimed_address_counts_for_nothing(client):
    for number in range(3):
        client.get(TAGS, headers={"X-Forwarded-For": f"198.51.100.{number}"})
    assert client.get(TAGS, headers={"X-Forwarded-For": "198.51.100.9"}).status_code == 429


def test_behind_a_proxy_its_word_counts_and_what_stands_before_does_not(client, settings):
    settings.NUM_PROXIES = 1
    for number in range(3):
        client.get(TAGS, headers={"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.5"})
    spoofed = {"X-Forwarded-For": "198.51.100.9, 203.0.113.5"}
    assert client.get(TAGS, headers=spoofed).status_code == 429
    assert client.get(TAGS, headers={"X-Forwarded-For": "198.51.100.9, 203.0.113.6"}).status_code == 200


def test_one_who_has_many_addresses_of_one_network_is_one(client):
    for number in range(3):
        client.get(TAGS, REMOTE_ADDR=f"2001:db8::{number}")
    assert client.get(TAGS, REMOTE_ADDR="2001:db8::ffff").status_code == 429
    assert client.get(TAGS, REMOTE_ADDR="2001:db8:0:1::1").status_code == 200


def test_what_another_process_has_counted_counts(client, tmp_path):
    assert statuses(client, 1) == [200]
    minute = int(throttling.time.time() // 60)
    elsewhere = f"""
import sqlite3
connection = sqlite3.connect({str(tmp_path / "api-requests.sqlite3")!r}, isolation_level=None)
for _ in range(2):
    connection.execute({throttling.COUNT!r}, ({minute}, "127.0.0.1")).fetchall()
"""
    subprocess.run([sys.executable, "-c", elsewhere], check=True)
    assert statuses(client, 1) == [429]


def test_asking_for_leave_is_not_counted(client):
    for _ in range(5):
        assert client.options(TAGS).status_code == 204
    assert statuses(client, 3) == [200, 200, 200]


def test_no_rate_lets_everybody_ask(client, settings):
    settings.API_RATE = 0
    assert statuses(client, 10) == [200] * 10
    settings.API_RATE = 3
    client.get(TAGS)


def test_who_cannot_be_counted_is_answered(client, tmp_path):
    client.get(TAGS)
    throttling.own.connection.close()
    throttling.own.connection = None
    (tmp_path / "api-requests.sqlite3").write_bytes(b"no database at all" * 100)
    for rest in tmp_path.glob("api-requests.sqlite3-*"):
        rest.unlink()
    assert statuses(client, 6) == [200] * 6
    (tmp_path / "api-requests.sqlite3").unlink()
    assert statuses(client, 4) == [200, 200, 200, 429]


def test_minutes_that_are_over_are_forgotten(client):
    statuses(client, 2)
    with time_machine.travel("2026-03-01T12:05:00Z", tick=False):
        statuses(client, 1)
    with closing(throttling.connected().execute("SELECT count(*) FROM asked")) as rows:
        assert rows.fetchone() == (1,)
