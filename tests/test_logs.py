"""Logs: one id from the button that an author presses to the page that readers get."""

import io
import json
import logging
import uuid
from logging.config import DictConfigurator

import pytest
from django.conf import settings
from django.core.management import call_command

from cms.events import correlated, correlation_id
from cms.logs import Correlated, Line
from reader.models import Article
from tests.conftest import NOON
from writer import commands, delivery
from writer.models import OutboxEvent, Post

ID = "0198c3a4-5e6f-4a8b-9c0d-112233445566"
committing = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@pytest.fixture
def logged():
    """Return what has been logged since, each line read as JSON, as the site writes it with LOG_FORMAT=json."""
    stream = io.StringIO()
    console = logging.StreamHandler(stream)
    console.addFilter(Correlated())
    console.setFormatter(
        DictConfigurator(settings.LOGGING).configure_formatter(dict(settings.LOGGING["formatters"]["json"]))
    )
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(console)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(console)
    root.setLevel(level)


@pytest.fixture
def publish_at_the_desk(client, django_user_model):
    """Publish a new post by the desk's button, in a request with an id; return the answer."""

    def publish(request_id):
        ada = django_user_model.objects.create_superuser("ada", "ada@example.org", "correct horse")
        client.force_login(ada)
        words = {"title": "Hello", "body": "Text.", "language": "en", "zone": "UTC", "_publish": "1"}
        return client.post("/admin/writer/post/add/", words, headers={"X-Request-ID": request_id})

    return publish


def steps(lines):
    """Return what became of events, and under which ids."""
    known = [(line["message"].split()[0], line.get("correlation_id")) for line in lines]
    return [step for step in known if step[0] in ("Announced", "Event", "Projected", "Delivered")]


@committing
def test_one_id_leads_from_the_button_to_the_page(publish_at_the_desk, logged):
    answer = publish_at_the_desk(ID)
    assert answer["X-Request-ID"] == ID
    assert str(OutboxEvent.objects.get().correlation_id) == ID
    assert Article.objects.get().title == "Hello"
    assert steps(logged()) == [("Announced", ID), ("Projected", ID), ("Delivered", ID)]


@committing
def test_the_id_is_the_same_when_the_relay_delivers_later(publish_at_the_desk, logged, reader_down):
    with reader_down():
        publish_at_the_desk(ID)
    assert not Article.objects.exists()
    assert delivery.relay(now=NOON, patient=False) == (1, 0)
    assert Article.objects.get().title == "Hello"
    assert steps(logged()) == [("Announced", ID), ("Event", ID), ("Projected", ID), ("Delivered", ID)]
    assert correlation_id.get() is None


@committing
def test_what_is_announced_without_a_request_has_an_id_of_its_own(logged):
    for title in ("One", "Two"):
        post_id = commands.create_draft(draft=commands.Draft(title=title, body="Text."), actor=None, now=NOON)
        commands.publish(post_id, actor=None, now=NOON)
    one, two = (str(row.correlation_id) for row in OutboxEvent.objects.order_by("pk"))
    assert one != two
    found = [known for _step, known in steps(logged())]
    assert found == [one] * 3 + [two] * 3


@committing
def test_what_is_rolled_back_is_not_announced_in_the_log(publish_at_the_desk, logged, monkeypatch):
    monkeypatch.setattr(Post, "save", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish_at_the_desk(ID)
    assert steps(logged()) == []


@pytest.mark.parametrize("given", ["", "1234", "x" * 5000, "'; DROP TABLE", f"{ID}-"])
def test_an_id_that_is_none_is_replaced(client, both, given):
    answered = client.get("/admin/login/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert answered != given
    assert uuid.UUID(answered).version == 4


def test_every_request_has_an_id_of_its_own(client, both):
    first, second = (client.get("/admin/login/")["X-Request-ID"] for _time in range(2))
    assert first != second


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/nothing/"])
def test_public_pages_get_no_new_header(client, both, path):
    assert "X-Request-ID" not in client.get(path, headers={"X-Request-ID": ID})


def test_a_line_for_programs_has_time_level_name_and_traceback(logged):
    try:
        raise ValueError("two\nlines")
    except ValueError:
        logging.getLogger("somewhere").exception("Something went wrong: %s", "\u2028 “quoted”")
    (line,) = logged()
    assert (line["level"], line["name"]) == ("ERROR", "somewhere")
    assert line["message"] == "Something went wrong: \u2028 “quoted”"
    assert "ValueError: two\nlines" in line["exc_info"]
    assert line["time"].endswith("+00:00")
    assert "correlation_id" not in line


def test_a_line_for_people_has_the_id_at_its_end_if_there_is_one():
    formatter = Line("{levelname} {name}: {message}", style="{")
    record = logging.LogRecord("somewhere", logging.INFO, "", 0, "Said.", None, None)
    assert Correlated().filter(record)
    assert formatter.format(record) == "INFO somewhere: Said."
    with correlated(uuid.UUID(ID)):
        Correlated().filter(record)
    assert formatter.format(record) == f"INFO somewhere: Said. [{ID}]"


def test_an_import_logs_its_summary_and_not_each_event(both, tmp_path, logged):
    (tmp_path / "hello.md").write_text("---\ntitle: Hello\n---\nText.")
    call_command("import_posts", tmp_path, publish=True, stdout=io.StringIO())
    assert steps(logged()) == []
    assert OutboxEvent.objects.count() == 1
