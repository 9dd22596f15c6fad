"""The page of an article: who wrote it, when, and the picture above it."""

import re
from datetime import timedelta

import pytest

from tests.conftest import NOON
from writer import commands

ADA = {
    "bio": "Writes <b>engines</b>.",
    "picture": "/media/pictures/ada.png",
    "links": [("Elsewhere", "https://ada.example/")],
}


def page(client, path="/posts/hello/"):
    return client.get(path).content.decode()


def test_authors_are_shown_with_their_pictures_and_lead_to_their_pages(client, published, give):
    give(commands.describe_author, commands.find_or_add_author("Ada"), **ADA)
    published("Hello", authors=["Ada", "Eve & Co"])
    html = page(client)
    assert (
        html.count('<img class="face" src="/media/pictures/ada.png"') == 2
    )  # above the text, and with her bio
    assert html.count('<a href="/authors/ada/" rel="author"><bdi>Ada</bdi></a>') == 2
    assert html.count('<a href="/authors/eve-co/" rel="author"><bdi>Eve &amp; Co</bdi></a>') == 1
    assert "Writes &lt;b&gt;engines&lt;/b&gt;." in html
    assert '<a href="https://ada.example/" rel="me" dir="auto">Elsewhere</a>' in html


def test_the_series_leads_to_its_page(client, published):
    published("Hello", series_id=commands.find_or_add_series("The sea"), part=2)
    assert '<a href="/series/the-sea/"><bdi>The sea</bdi></a> · Part 2' in page(client)


def test_an_update_is_dated_when_it_came_on_a_later_day(client, published, edit, give):
    post = published("Hello")
    for later, said in ((timedelta(hours=1), False), (timedelta(days=3), True)):
        edit(post, body=f"Other words, {later}.")
        give(commands.publish, post, now=NOON + later)
        assert ("updated <time" in page(client)) == said


@pytest.mark.parametrize(("body", "times"), [("Words.", 1), ("![It](/media/pictures/sea.png)", 0)])
def test_the_cover_stands_above_a_text_that_does_not_show_it(client, published, body, times):
    published("Hello", body=body, cover="/media/pictures/sea.png", cover_alt="The <sea>")
    html = page(client)
    assert html.count('class="cover"') == times
    assert html.count('alt="The &lt;sea&gt;"') == times


def test_contents_lead_to_headings_of_a_long_text(client, published):
    published("Hello", body="# One\n\n# Two\n\nText.")
    published("Long", body="# One\n\n## Two\n\n# Three\n\nText.")
    assert "Contents" not in page(client)
    html = page(client, "/posts/long/")
    ids = re.findall(r'<li class="level-\d"><a href="#([^"]+)"', html)
    assert ids == ["one", "two", "three"]
    published("Deep", body="### One\n\n#### Two\n\n### Three")
    assert re.findall(r'<li class="level-(\d)">', page(client, "/posts/deep/")) == ["2", "3", "2"]
    assert all(f'id="{name}"' in html for name in ids)
