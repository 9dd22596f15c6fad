"""Links by which a draft is read without a login."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core.signing import Signer
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import NOON
from writer import commands
from writer.links import open_links, signer, url_of
from writer.models import Post, PreviewLink
from writer.refusals import Refused


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def link(give):
    """Make a link to a post's draft; return its path."""

    def link(post_id):
        return urlsplit(url_of(PreviewLink.objects.get(pk=give(commands.share, post_id)))).path

    return link


def get(path):
    return Client().get(path)


def test_a_link_opens_the_newest_saved_draft_without_a_login(draft, edit, link):
    post_id = draft("Hello", body="First.")
    path = link(post_id)
    assert "<p>First.</p>" in get(path).content.decode()
    edit(post_id, body="Second.")
    assert "<p>Second.</p>" in get(path).content.decode()
    assert "<p>Second.</p>" in get(path.rstrip("/")).content.decode()


def test_what_it_opens_is_the_page_that_publishing_makes_to_the_byte(draft, link, give, client):
    post_id = draft("Hello", tags=["C", "C++"], authors=["Grace", "Ada"], summary="In short.")
    shown = get(link(post_id)).content
    give(commands.publish, post_id, now=NOON)
    assert shown == client.get("/posts/hello/").content


def test_it_is_kept_nowhere_and_says_nothing_of_where_it_was_opened(draft, link):
    answer = get(link(draft("Hello")))
    assert not answer.cookies
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_reading_it_writes_nothing(draft, link):
    path = link(draft("Hello"))
    with CaptureQueriesContext(connections["default"]) as asked:
        get(path)
    assert [query["sql"].split()[0] for query in asked] == ["SELECT"] * len(asked)
    assert len(asked) <= 6


def test_a_link_to_one_post_never_opens_another(draft, link):
    one, other = draft("One", body="Mine."), draft("Other", body="Secret.")
    token, secret = link(one).split("/")[2], link(other).split("/")[2]
    assert "Secret." not in get(f"/preview/{token}/").content.decode()
    for forged in (
        f"{secret.split('.')[0]}.{token.split('.')[1]}",
        other.hex,
        f"{other.hex}.{token.split('.')[1]}",
        Signer(salt="another purpose", sep=".").sign(PreviewLink.objects.get(post=other).pk.hex),
        token + "x",
        token.upper(),
    ):
        answer = get(f"/preview/{forged}/")
        assert answer.status_code == 404
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("token", ["x", "x.y", "%00", "a" * 3000, "..", "é", ".", "%F0%9F%90%94.x", "{}.{}"])
def test_what_is_no_link_is_not_found_and_never_an_error(token, both):
    assert get(f"/preview/{token}/").status_code in (400, 404)


def test_a_signed_word_that_is_no_id_is_not_found(both):
    assert get(f"/preview/{signer().sign('hello')}/").status_code == 404


def test_it_ends_after_seven_days(draft, link, now):
    path = link(draft("Hello"))
    now.shift(timedelta(days=7) - timedelta(minutes=1))
    assert get(path).status_code == 200
    now.shift(timedelta(minutes=2))
    answer = get(path)
    assert answer.status_code == 410
    assert "good for 7 days" in answer.content.decode()


def test_it_ends_when_it_is_taken_back_and_others_stay(draft, link, give):
    post_id = draft("Hello")
    first, second = link(post_id), link(post_id)
    taken = open_links(Post.objects.get(), now=NOON).last()
    give(commands.unshare, post_id, link_id=str(taken.pk))
    assert {get(path).status_code for path in (first, second)} == {200, 410}
    with pytest.raises(Refused, match="taken back already"):
        give(commands.unshare, post_id, link_id=str(taken.pk))


@pytest.mark.parametrize("link_id", ["", "1", "nonsense", "0910f8a6-6300-460c-bad3-2838e0ec2472"])
def test_a_link_that_is_not_there_cannot_be_taken_back(draft, give, link_id):
    with pytest.raises(Refused):
        give(commands.unshare, draft("Hello"), link_id=link_id)


def test_a_link_of_another_post_cannot_be_taken_back_from_here(draft, give, link):
    one, other = draft("One"), draft("Other")
    path = link(other)
    with pytest.raises(Refused):
        give(commands.unshare, one, link_id=str(PreviewLink.objects.get().pk))
    assert get(path).status_code == 200


def test_it_leads_to_the_live_page_once_that_says_the_same(draft, edit, link, give):
    post_id = draft("Hühner")
    path = link(post_id)
    give(commands.publish, post_id)
    answer = get(path)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/posts/h%C3%BChner/")
    assert "no-store" in answer.headers["Cache-Control"]
    edit(post_id, body="Changed.")
    assert "Changed." in get(path).content.decode()
    give(commands.unpublish, post_id)
    assert get(path).status_code == 200


def test_it_ends_with_the_post(draft, link, give):
    post_id = draft("Hello")
    path = link(post_id)
    give(commands.trash, post_id)
    assert get(path).status_code == 410
    with pytest.raises(Refused):
        give(commands.share, post_id)
    give(commands.purge, post_id)
    answer = get(path)
    assert answer.status_code == 410
    assert "taken the text away" in answer.content.decode()


def test_a_text_that_makes_no_page_is_said(draft, link):
    answer = get(link(draft("Hello", body="> " * 800 + "a")))
    assert answer.status_code == 422
    assert "cannot be shown yet" in answer.content.decode()


def test_no_alias_can_take_its_place(draft, give):
    with pytest.raises(Refused, match="belongs to the site"):
        give(commands.add_aliases, draft("Hello"), paths=["/preview/x/"])


# --- at the desk


def test_a_link_is_made_listed_and_taken_back_at_the_post(desk, draft):
    post_id = draft("Hello")
    html = desk.press("_share", post_id, body="Typed, and shared with it.")
    assert "Whoever has the link below reads it" in html
    (path,) = re.findall(r'value="http://localhost:8000(/preview/[^"]+)"', html)
    assert "Typed, and shared with it." in get(path).content.decode()
    assert "Made by ada, open until 8 March, 12:00 UTC" in html
    html = desk.press("_unshare", post_id, value=str(PreviewLink.objects.get().pk), body="Typed later.")
    assert "opens nothing any more" in html
    assert "/preview/" not in html.replace(f"/{post_id}/preview/", "")
    assert get(path).status_code == 410
    assert Post.objects.get().body == "Typed later."
