"""Pictures in a real browser: pasted, dropped and picked into a post, refused in words, kept while the network is away."""

import base64
import re

import pytest
from PIL import Image

from tests import picture_files as files
from tests.axe import AXE, LOOK
from tests.picture_files import picture
from writer.models import Picture, PictureUse, Post

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases=["default", "reader"]),
]
TRANSFER = """([kind, sent, text]) => {
  const data = new DataTransfer();
  for (const [name, type, coded] of sent) {
    data.items.add(new File([Uint8Array.from(atob(coded), (char) => char.charCodeAt())], name, {type}));
  }
  if (text) data.setData("text/plain", text);
  const field = document.querySelector("#id_body");
  const event = kind === "paste"
    ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})
    : new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
  field.dispatchEvent(event);
  return event.defaultPrevented;
}"""
ANSWERED = """asked => {
  const dialog = document.querySelector("dialog.describe");
  return !dialog.open || dialog.querySelector(".name").textContent !== asked;
}"""
OPEN = "field => { (field.closest('details') ?? {}).open = true; }"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def page(site):
    site.write(title="A post", body="Before.\n\n")
    site.page.focus("#id_body")
    site.page.keyboard.press("Control+End")
    return site.page


def give(page, kind, *sent, text=""):
    """Paste or drop files, each with its name."""
    coded = [[name, "image/png", base64.b64encode(data).decode()] for name, data in sent]
    return page.evaluate(TRANSFER, [kind, coded, text])


def body(page):
    return page.input_value("#id_body")


def answer(page, alt="", button="use"):
    """Answer what a picture shows."""
    page.wait_for_selector("dialog.describe[open]")
    if alt:
        page.keyboard.type(alt)
    asked = page.inner_text("dialog.describe .name")
    page.click(f"dialog.describe [value={button}]")
    page.wait_for_function(ANSWERED, arg=asked)


def wait_for(page, pattern):
    """Wait until the text matches; return the match."""
    page.wait_for_function(
        "pattern => new RegExp(pattern).test(document.querySelector('#id_body').value)", arg=pattern
    )
    return re.search(pattern, body(page))


def test_a_pasted_picture_is_asked_about_and_readers_see_it(site, page):
    assert give(page, "paste", ("heron.jpg", files.phone_photo()))
    answer(page, "A heron [wading]")
    url = wait_for(page, r"^Before\.\n\n!\[A heron \\\[wading\\\]\]\((/media/pictures/[0-9a-f]{32}\.jpg)\)$")[
        1
    ]
    assert page.evaluate("document.activeElement.id") == "id_body"
    page.keyboard.type("\n\nAfter.")
    page.wait_for_function("!document.querySelector('.picture-box .upload')")
    site.press("_publish")
    html = site.get("/posts/a-post/")[1]
    assert f'src="{url}"' in html
    assert 'alt="A heron [wading]"' in html
    assert body(page).endswith("\n\nAfter.")
    assert Picture.objects.get().alt == "A heron [wading]"
    assert PictureUse.objects.get().in_live
    page.goto(f"{site.url}/posts/a-post/")
    assert page.evaluate("document.querySelector('article img').naturalWidth") == 300
    assert all(url.startswith("blob:") for url in site.foreign)


def test_the_caret_stays_where_somebody_writes_on_and_all_can_be_undone(page):
    page.route("**/upload/", lambda route: (page.wait_for_timeout(3000), route.continue_()))
    give(page, "paste", ("a.png", picture()))
    answer(page, button="later")
    assert "![Uploading a.png…]()" in body(page)
    page.keyboard.type(" And on it goes")
    page.keyboard.press("Control+Home")
    page.keyboard.type("First: ")
    wait_for(page, r"!\[\]\(/media/")
    page.keyboard.type("still here. ")
    assert body(page).startswith("First: still here. Before.")
    assert body(page).endswith(") And on it goes")
    seen = [body(page)]
    while seen[-1] and len(seen) < 60:
        page.keyboard.press("Control+z")
        seen.append(body(page))
    assert "Before.\n\n" in seen


def test_several_pictures_dropped_at_once_come_in_their_order(page):
    assert give(page, "drop", *((f"{name}.png", picture(colour=name)) for name in ("red", "green", "blue")))
    answer(page, "Red")
    answer(page, button="decorative")
    answer(page, "Blue")
    found = wait_for(page, r"!\[Red\]\((\S+)\)\n\n!\[\]\((\S+)\)\n\n!\[Blue\]\((\S+)\)")
    known = {one.url: one for one in Picture.objects.all()}
    assert [known[url].original_name for url in found.groups()] == ["red.png", "green.png", "blue.png"]
    assert [known[url].decorative for url in found.groups()] == [False, True, False]


def test_text_that_comes_with_a_picture_of_itself_is_pasted_as_text(page):
    assert not give(page, "paste", ("cells.png", picture()), text="a\tb")
    assert page.locator("dialog.describe[open]").count() == 0


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("drawing.svg", files.SVG, "drawing.svg is not a picture that can be taken: it is an SVG"),
        ("photo.jpg", files.HEIC, "photo.jpg is a HEIC photo, whatever its name says"),
        ("huge.png", picture() + bytes(21 * 2**20), "huge.png is larger than 20 MB"),
    ],
)
def test_a_refusal_stands_in_words_where_the_picture_was_to_be(site, page, name, data, words):
    give(page, "paste", (name, data))
    wait_for(page, f"^Before\\.\n\n<!-- {re.escape(words)}")
    page.wait_for_selector("dialog.describe", state="hidden")
    assert words in page.inner_text(".picture-box")
    page.click(".picture-box .leave")
    assert page.locator(".picture-box .upload").count() == 0
    site.press("_publish")
    assert words not in site.get("/posts/a-post/")[1]
    assert not Picture.objects.exists()


def test_while_the_network_is_away_the_picture_waits_and_then_goes_on(page):
    page.context.set_offline(True)
    give(page, "paste", ("a.png", picture()))
    answer(page, "An A")
    page.wait_for_selector(".upload.lost")
    assert "The network is away" in page.inner_text(".picture-box")
    assert "![Uploading a.png…]()" in body(page)
    page.context.set_offline(False)
    wait_for(page, r"!\[An A\]\(/media/")
    assert page.locator(".upload").count() == 0


def test_after_a_login_in_another_tab_the_upload_can_be_tried_again(site, page):
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    give(page, "paste", ("a.png", picture()))
    answer(page, "An A")
    page.wait_for_selector(".upload.lost")
    assert "no longer logged in" in page.inner_text(".picture-box")
    page.context.add_cookies(cookies)
    page.click(".upload .again")
    wait_for(page, r"!\[An A\]\(/media/")


def test_a_picture_that_waits_can_be_left_out(page):
    page.route("**/upload/", lambda route: route.abort())
    give(page, "paste", ("a.png", picture()), ("b.png", picture()))
    answer(page, button="later")
    answer(page, button="later")
    page.wait_for_function("document.querySelectorAll('.upload.lost').length === 2")
    page.click(".upload .leave")
    page.wait_for_function("document.querySelectorAll('.upload').length === 1")
    assert body(page) == "Before.\n\n\n\n![Uploading b.png…]()"


def test_the_toolbar_offers_the_library_and_ones_own_files(site, page, tmp_path):
    give(page, "paste", ("owl.png", picture()))
    answer(page, "An owl")
    wait_for(page, r"An owl\]")
    site.press("_save")
    page.click("[data-do=picture]")
    page.fill("#chooser-search", "nothing like it")
    page.wait_for_selector("text=No picture’s name or alt text has these words.")
    page.fill("#chooser-search", "owl")
    page.click(".choices button")
    wait_for(page, r"!\[An owl\]\(\S+\)[\s\S]*!\[An owl\]")
    file = tmp_path / "cat.png"
    Image.new("RGB", (30, 30), "red").save(file)
    page.click("[data-do=picture]")
    page.set_input_files("dialog.chooser [type=file]", file)
    answer(page, "A cat")
    wait_for(page, r"!\[A cat\]\(/media/")
    page.click("[data-do=picture]")
    page.wait_for_selector(".choices button")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") in ("id_body", "")


def test_the_social_picture_is_chosen_in_the_library(site, page):
    give(page, "paste", ("owl.png", picture(size=(600, 400))))
    answer(page, "An owl")
    wait_for(page, r"An owl\]")
    page.locator("#id_cover").evaluate(OPEN)
    page.click(".picture-field .pick")
    page.click(".choices button")
    page.wait_for_selector(".picture-field img:visible")
    url = Picture.objects.get().url
    assert (page.input_value("#id_cover"), page.input_value("#id_cover_alt")) == (url, "An owl")
    site.press("_save")
    assert Post.objects.get().cover == url
    page.locator("#id_cover").evaluate(OPEN)
    page.click(".picture-field .none")
    assert (page.input_value("#id_cover"), page.input_value("#id_cover_alt")) == ("", "")


def test_the_logo_is_chosen_in_the_library(site, page):
    give(page, "paste", ("owl.png", picture(size=(600, 400))))
    answer(page, "An owl")
    wait_for(page, r"An owl\]")
    page.wait_for_function("!document.querySelector('.picture-box .upload')")
    page.goto(f"{site.url}/admin/writer/sitesettings/1/change/")
    page.click("label[for=id_logo]")
    assert page.evaluate("document.activeElement.className") == "button pick"
    page.keyboard.press("Enter")
    page.click(".choices button")
    site.press("_save")
    url = Picture.objects.get().url
    assert page.input_value("#id_logo") == url
    assert url in site.get("/")[1]


def test_the_dialogs_are_open_to_everybody(site, page):
    page.evaluate(AXE)
    give(page, "paste", ("owl.png", picture(size=(600, 400))))
    page.wait_for_selector("dialog.describe[open]")
    assert page.evaluate("document.activeElement.id") == "describe-alt"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert page.evaluate(LOOK, None) == []
    page.keyboard.press("Escape")
    page.click("[data-do=picture]")
    page.wait_for_selector(".choices button")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert page.evaluate(LOOK, None) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the newest, by keys alone
    page.wait_for_selector("dialog.describe[open]")
    page.keyboard.type("An owl")
    page.keyboard.press("Enter")
    wait_for(page, r"!\[An owl\]")


def test_pictures_dropped_on_the_library_are_added_and_what_is_refused_is_said(site, page):
    page.goto(f"{site.url}/admin/writer/picture/")
    assert "No pictures yet" in site.said()
    drop = TRANSFER.replace("#id_body", "#content")
    coded = [
        [name, "", base64.b64encode(data).decode()]
        for name, data in (("a.png", picture()), ("b.svg", files.SVG))
    ]
    page.evaluate(drop, ["drop", coded, ""])
    page.wait_for_selector(".upload.refused")
    assert "b.svg is not a picture" in page.inner_text(".picture-box")
    with page.expect_navigation():
        page.click(".upload .leave")
    assert page.locator(".library li").count() == 1
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
