"""The whole path, from draft to page, as a reader and an author see it."""

from tests.conftest import NOON
from writer import commands, delivery


def test_a_published_draft_is_a_page(client, published):
    published("Hello world", body="Some **bold** words.")
    page = client.get("/posts/hello-world/")
    assert page.status_code == 200
    assert "<strong>bold</strong>" in page.content.decode()


def test_a_failing_projector_loses_nothing(draft, give, client, reader_down):
    post = draft("Hello")
    with reader_down():
        give(commands.publish, post)
    assert client.get("/posts/hello/").status_code == 404
    assert delivery.relay(now=NOON, patient=False) == (1, 0)
    assert client.get("/posts/hello/").status_code == 200
