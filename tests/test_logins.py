"""Logging in: who tries passwords is made to wait, and no header helps."""

from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt
from django.utils import timezone

from cms.logins import origin
from tests.test_headers import missing
from tests.wsgi import Reply

LIMIT = 10
RIGHT = "correct horse battery"


@pytest.fixture
def attempt(client, author):
    """Try a password; return the answer."""

    def attempt(password="wrong", username="ada", **headers):
        return client.post(
            "/admin/login/",
            {"username": username, "password": password},
            headers=headers,
            REMOTE_ADDR=address,
        )

    address = "192.0.2.1"
    return attempt


@pytest.fixture
def waiting(attempt):
    """Somebody who has tried too often."""
    statuses = [attempt().status_code for _ in range(LIMIT)]
    assert statuses == [200] * (LIMIT - 1) + [429]


def test_who_tries_passwords_is_made_to_wait_and_told_so(waiting, attempt):
    answer = attempt(RIGHT)
    assert (answer.status_code, answer["Retry-After"]) == (429, "900")
    html = answer.content.decode()
    assert "Wait 15 minutes, then try again" in html
    assert "ask an administrator" in html
    assert "correct username" not in html
    assert 'id="id_username"' in html
    assert "sessionid" not in answer.cookies
    assert not missing(Reply("429", answer.items(), answer.content))


def test_the_wait_ends_when_the_page_said_also_for_who_goes_on_trying(waiting, attempt):
    for minutes in (5, 10, 14):
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False):
            assert attempt(RIGHT).status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert attempt(RIGHT).status_code == 302


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "x-real-ip", "user-agent"])
@pytest.mark.parametrize("proxies", [0, 1])
def test_no_header_of_a_client_resets_the_count(attempt, settings, header, proxies):
    settings.NUM_PROXIES = proxies
    for number in range(LIMIT + 1):
        said = f"203.0.113.{number}"
        if header == "x-forwarded-for":
            said += ", 192.0.2.7" if proxies else ""
            answer = attempt(**{header: said})
        else:
            answer = attempt(**{"x-forwarded-for": "192.0.2.7", header: said})
    assert answer.status_code == 429


def test_nor_does_another_name_or_a_login_in_between(attempt, django_user_model):
    django_user_model.objects.create_superuser("eve", "eve@example.org", RIGHT)
    for number in range(LIMIT - 1):
        attempt(username=f"name {number}")
    assert attempt(RIGHT, username="eve").status_code == 302
    assert attempt().status_code == 429


def test_others_are_not_made_to_wait_nor_locked_out_by_name(waiting, attempt, client, settings):
    settings.NUM_PROXIES = 1
    assert attempt(RIGHT, **{"x-forwarded-for": "192.0.2.1"}).status_code == 429
    assert attempt(RIGHT, **{"x-forwarded-for": "192.0.2.1, 198.51.100.9"}).status_code == 302
    assert client.get("/admin/", REMOTE_ADDR="192.0.2.1").status_code == 200


def test_a_form_that_is_sent_without_a_session_keeps_what_was_typed(waiting, client):
    words = {"title": "Hello", "body": "Much typed text.", "login-username": "ada", "login-password": RIGHT}
    answer = client.post("/admin/writer/post/add/", words, REMOTE_ADDR="192.0.2.1")
    assert answer.status_code == 429
    assert "Much typed text." in answer.content.decode()
    assert "Wait 15 minutes" in answer.content.decode()


def test_of_what_was_sent_neither_passwords_nor_words_are_kept(attempt, client):
    attempt("wrong secret")
    words = {
        "title": "A secret",
        "body": "Secret.",
        "login-username": "ada",
        "login-password": "wrong secret",
    }
    client.post("/admin/writer/post/add/?x=1", words)
    assert AccessAttempt.objects.count() == 2
    assert not [
        row for row in AccessAttempt.objects.values_list("get_data", "post_data") if "ecret" in str(row)
    ]


@pytest.mark.parametrize(
    "odd",
    [
        {"user-agent": "\xff" * 5000, "accept": "\x80" * 5000},
        {"x-forwarded-for": "\xff, nonsense"},
        {"x-forwarded-for": ","},
        {"x-forwarded-for": "1.2.3.4:80"},
        {"x-forwarded-for": "::1%eth0"},
    ],
)
def test_odd_headers_are_counted_like_others(attempt, settings, odd):
    settings.NUM_PROXIES = 1
    assert [attempt(**odd).status_code for _ in range(LIMIT)][-1] == 429


def test_a_nul_in_a_header_is_refused(attempt):
    assert attempt(**{"user-agent": "a\x00b"}).status_code == 400


@pytest.mark.parametrize(
    ("proxies", "claims", "peer", "where"),
    [
        (0, "203.0.113.1", "192.0.2.1", "192.0.2.1"),
        (1, "203.0.113.1, 198.51.100.9", "192.0.2.1", "198.51.100.9"),
        (2, "203.0.113.1, 198.51.100.9, 10.0.0.1", "192.0.2.1", "198.51.100.9"),
        (1, "", "192.0.2.1", "192.0.2.1"),
        (1, "unknown", "192.0.2.1", "192.0.2.1"),
        (1, "2001:db8:1:2:aaaa::1", "192.0.2.1", "2001:db8:1:2::"),
        (0, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (0, "", "", None),
        (1, "x", "unix:", None),
    ],
)
def test_an_origin_is_what_the_sites_own_proxies_say(rf, settings, proxies, claims, peer, where):
    settings.NUM_PROXIES = proxies
    assert origin(rf.get("/", headers={"x-forwarded-for": claims}, REMOTE_ADDR=peer)) == where
