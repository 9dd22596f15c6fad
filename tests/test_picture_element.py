"""Pictures of the library reach readers with their dimensions, and in versions that are there already."""

import re

import pytest

from cms.events import PictureRef, Rendition
from cms.markup import render
from cms.reconcile import check, reconcile
from cms.report import ExitCode
from reader.models import Article
from tests import oracle
from tests.conftest import NOON
from tests.picture_files import picture
from writer import commands
from writer.models import OutboxEvent, Picture
from writer.picture_files import place

SEA = PictureRef(
    url="/media/pictures/" + "a" * 32 + ".jpg",
    width=2000,
    height=1000,
    versions=(
        Rendition(url="/media/renditions/" + "a" * 32 + "-480.avif", width=480),
        Rendition(url="/media/renditions/" + "a" * 32 + "-480.webp", width=480),
        Rendition(url="/media/renditions/" + "a" * 32 + "-480.jpg", width=480),
        Rendition(url="/media/renditions/" + "a" * 32 + "-960.avif", width=960),
    ),
)


@pytest.fixture
def library(give, settings, tmp_path):
    """Take a picture into the library; return its row."""
    settings.MEDIA_ROOT = tmp_path

    def library(**shape):
        data = picture("JPEG", **{"size": (1000, 500), **shape})
        return Picture.objects.get(pk=give(commands.add_picture, data=data, name="sea.jpg"))

    return library


@pytest.fixture
def work(django_capture_on_commit_callbacks):
    """Make the versions that are missing, as the worker does, and let what waits for the commit happen."""

    def work():
        with django_capture_on_commit_callbacks(using="default", execute=True):
            commands.make_renditions(now=NOON)

    return work


def elements(html, name):
    """Return the attributes of all such elements of a page."""
    return [dict(re.findall(r' ([\w-]+)="([^"]*)"', tag)) for tag in re.findall(rf"<{name}\b[^>]*>", html)]


def sources(html):
    """Return what is offered on a page: of each type the widths."""
    return [(one["type"], re.findall(r" (\d+)w", one["srcset"])) for one in elements(html, "source")]


def size(html):
    """Return the dimensions that the page says of its only picture."""
    (image,) = elements(html, "img")
    return image.get("width"), image.get("height")


# --- the markup


def test_a_picture_is_offered_in_modern_types_and_its_size_is_known():
    html = render(f"![The sea]({SEA.url})\n\n*A caption*", (SEA,)).html
    assert html.startswith("<figure><picture><source ")
    assert sources(html) == [("image/avif", ["480", "960"]), ("image/webp", ["480"])]
    assert size(html) == ("2000", "1000")
    assert f'src="{SEA.url}"' in html
    assert "></picture><figcaption>" in html


def test_a_picture_without_versions_has_its_size_only():
    html = render(f"Text ![The sea]({SEA.url}) text.", (PictureRef(url=SEA.url, width=20, height=10),)).html
    assert "<picture" not in html
    assert size(html) == ("20", "10")
    assert html.endswith(" text.</p>")


def test_text_and_words_are_those_of_the_same_page_without_versions():
    source = f"# One\n\n![The sea]({SEA.url}) and ![it]({SEA.url}) again.\n\n- ![x]({SEA.url})"
    plain, offered = render(source), render(source, (SEA,))
    assert (plain.text, plain.words, plain.contents) == (offered.text, offered.words, offered.contents)
    assert offered.html.count("<picture>") == 3


def test_a_hundred_pictures_are_not_too_many_elements():
    assert render(f"![The sea]({SEA.url})\n\n" * 150, (SEA,)).html.count("<picture>") == 150


@pytest.mark.parametrize(
    "raw",
    [
        '<picture><source srcset="https://evil.example/x.avif"><img src="/a.png"></picture>',
        '<source srcset="/media/renditions/a.avif 1w, //evil.example/x 2w">',
        '<source srcset="javascript:alert(1)">',
        '<source type="image/svg+xml" sizes="calc(1px)" media="all" onerror="x" src="/x">',
        '<img src="/a.png" srcset="https://evil.example/x.png 2x">',
    ],
)
def test_raw_html_can_offer_nothing_but_renditions_of_this_site(raw):
    html = render(raw).html
    assert "evil" not in html
    assert "javascript" not in html
    for attribute in ("srcset", "media", "onerror", "sizes", "type"):
        assert f" {attribute}=" not in html


# --- from the library to the page


def test_a_page_offers_versions_once_they_are_there_and_the_original_until_then(
    client, published, library, work
):
    sea = library()
    published("Hello", body=f"![The sea]({sea.url})")
    html = client.get("/posts/hello/").content.decode()
    assert sources(html) == []
    assert f'src="{sea.url}"' in html
    assert size(html) == ("1000", "500")
    work()
    html = client.get("/posts/hello/").content.decode()
    assert sources(html) == [("image/avif", ["480", "960", "1000"]), ("image/webp", ["480", "960", "1000"])]
    for path in re.findall(r"/media/(renditions/[\w.-]+)", html):
        assert place(path).exists()
    assert oracle.stored() == oracle.wanted()
    assert check(deep=True).exit_code == ExitCode.IN_SYNC


def test_a_post_with_several_pictures_is_announced_when_the_last_is_done_or_given_up(
    published, library, work, monkeypatch
):
    sea, land, fire = library(), library(colour="green"), library(colour="red")
    published("Hello", body=f"![a]({sea.url}) ![b]({land.url}) ![c]({fire.url})")
    make = commands.renditions.renditions.make
    fails = lambda path: make(path) if path != fire.path else 1 / 0  # noqa: E731
    monkeypatch.setattr("writer.renditions.make", fails)
    for announced in (1, 1, 2, 2):
        work()
        assert OutboxEvent.objects.count() == announced
    assert [len(one["versions"]) > 0 for one in Article.objects.get().pictures].count(True) == 2


def test_an_author_and_a_cover_are_shown_as_small_as_they_can_be(client, published, library, give, work):
    sea, ada = library(size=(1200, 600)), library(colour="green")
    profile = {"bio": "Writes.", "picture": ada.url, "links": []}
    give(commands.describe_author, commands.find_or_add_author("Ada"), **profile)
    published("Hello", authors=["Ada"], cover=sea.url, cover_alt="The sea")
    assert f'class="face" src="{ada.url}"' in client.get("/posts/hello/").content.decode()
    work()
    html = client.get("/posts/hello/").content.decode()
    small = ada.url.replace("pictures", "renditions").replace(".jpg", "-480.webp")
    assert html.count(f'class="face" src="{small}"') == 2
    assert sources(html) == [("image/avif", ["480", "960", "1200"]), ("image/webp", ["480", "960", "1200"])]
    (cover,) = [one for one in elements(html, "img") if one.get("class") == "cover"]
    assert (cover["width"], cover["height"], cover["alt"]) == ("1200", "600", "The sea")
    assert oracle.stored() == oracle.wanted()


def test_a_post_is_not_announced_for_a_picture_of_its_draft_only(published, edit, library, work):
    sea = library()
    post = published("Hello")
    edit(post, body=f"![The sea]({sea.url})")
    work()
    assert OutboxEvent.objects.count() == 1


# --- across an upgrade


def test_a_post_without_pictures_keeps_its_document(published):
    published("Hello", body="![Elsewhere](https://elsewhere.example/a.png)")
    row = OutboxEvent.objects.get()
    assert row.document["schema"] == 1
    assert "pictures" not in row.document


def test_a_post_with_pictures_needs_schema_3_and_nothing_less_does(published, library):
    sea = library()
    published("Hello", body=f"![The sea]({sea.url})", description="Known to schema 2.")
    assert OutboxEvent.objects.get().document["schema"] == 3
    published("Other", description="Known to schema 2.")
    assert OutboxEvent.objects.order_by("pk").last().document["schema"] == 2


def test_a_post_that_was_public_before_there_were_versions_gets_them_by_a_deep_run(
    client, published, library, django_capture_on_commit_callbacks
):
    sea = library()
    published("Hello", body=f"![The sea]({sea.url})")
    versions = [
        {
            "path": sea.path.replace("pictures/", "renditions/").replace(".jpg", "-480.webp"),
            "width": 480,
            "type": "image/webp",
        }
    ]
    Picture.objects.update(renditions=versions, rendered_at=NOON)  # as an older program left it
    assert check().exit_code == ExitCode.IN_SYNC
    with django_capture_on_commit_callbacks(using="default", execute=True):
        reconcile(deep=True)
    assert sources(client.get("/posts/hello/").content.decode()) == [("image/webp", ["480"])]
