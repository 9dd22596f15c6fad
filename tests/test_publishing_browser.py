"""Preview and publishing at a real browser."""

import re
from datetime import UTC, datetime

import pytest

from tests.browser import Site
from writer.models import Clock, OutboxEvent, Post

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases=["default", "reader"]),
]
TEXT = "The **first** wording.\n\n## A heading\n\n" + "\n\n".join(f"Paragraph {n}." for n in range(60))


def preview(site, text):
    """Wait until the preview shows the text; return its frame."""
    frame = site.page.frame_locator(".preview iframe:not(.coming)")
    frame.locator(f"text={text}").first.wait_for()
    return frame


def at(site, zone):
    """Return the same desk, in a browser of that zone."""
    context = site.page.context.browser.new_context(
        viewport={"width": 1280, "height": 1000},
        timezone_id=zone,
        storage_state=site.page.context.storage_state(),
    )
    context.set_default_timeout(30_000)
    return Site(context.new_page(), site.url)


def test_from_the_first_word_to_unpublishing(site):
    site.write(title="Hello world", body=TEXT)
    preview(site, "wording")
    site.press("_publish")
    assert "● Live, version 1," in site.said()
    assert re.search(r"[\d.]+ s after publishing", site.said())
    with site.page.context.expect_page() as opened:
        site.page.click("text=See the page")
    assert "first wording" in opened.value.inner_text("article")
    opened.value.close()

    assert site.page.is_hidden("[name=_publish]")
    site.page.locator("#id_body").press_sequentially("More. ")
    assert site.page.is_visible("[name=_publish]")
    site.press("_save")
    assert "◐ Changed" in site.said()
    site.press("_publish")
    assert "● Live, version" in site.said()
    assert site.shows("/posts/hello-world/", "More.")
    site.press("_unpublish")
    assert "○ Draft" in site.said()
    assert site.status("/posts/hello-world/") == 410
    assert not site.foreign


# --- the preview


def test_the_preview_is_the_published_page(site):
    site.write(title="Hello world", body=TEXT, tag_names="Sea, Hens", summary="In short.")
    frame = preview(site, "In short.")  # which is typed last
    shown = frame.locator("article").evaluate("article => article.outerHTML")
    site.press("_publish")
    site.page.goto(site.url + "/posts/hello-world/")
    published = site.page.locator("article").evaluate("article => article.outerHTML")
    time = re.compile(r"T[\d:]+Z")  # it was published a moment later than it was shown
    assert time.sub("", shown) == time.sub("", published)


def test_the_preview_follows_what_is_typed_in_one_turn_at_a_time_and_keeps_its_place(site):
    asked, under_way, most = [], set(), 0

    def begun(request):
        nonlocal most
        if request.url.endswith("/preview/"):
            asked.append(request)
            under_way.add(request)
            most = max(most, len(under_way))

    site.page.on("request", begun)
    site.page.on("requestfinished", lambda request: under_way.discard(request))
    site.write(title="Hello", body=TEXT)
    frame = preview(site, "Paragraph 59")
    frame.locator("html").evaluate("() => scrollTo(0, 900)")
    before = len(asked)
    site.page.locator("#id_title").press_sequentially(" you there, whoever reads", delay=30)
    frame = preview(site, "whoever reads")
    assert frame.locator("html").evaluate("() => scrollY") == 900
    assert len(asked) - before < 10
    assert most == 1
    assert site.page.locator(".preview iframe").count() == 1
    site.page.go_back()  # the previews left no steps behind
    assert "/add/" not in site.page.url


def test_the_preview_shows_a_reason_in_words_and_recovers(site):
    site.write(title="Hello", body="> " * 800 + "a")
    preview(site, "This cannot be shown yet.")
    site.fill(body="All is well.")
    frame = preview(site, "All is well.")
    site.page.context.set_offline(True)
    site.fill(body="Typed while the network is away.")
    site.page.wait_for_selector("text=The preview cannot be loaded just now")
    assert frame.locator("text=All is well.").count() == 1
    site.page.context.set_offline(False)
    site.fill(body="The network is back.")
    preview(site, "The network is back.")
    assert "cannot be loaded" not in site.said()


def test_widths_and_colours_of_the_preview_can_be_chosen_and_stay_so(site):
    site.write(title="Hello", body=TEXT)
    preview(site, "Paragraph 3")
    ground = "() => getComputedStyle(document.documentElement).backgroundColor"
    for width in ("390", "768", "1280"):
        site.page.click(f"[data-width='{width}']")
        frame = preview(site, "Paragraph 3")
        assert frame.locator("html").evaluate("() => innerWidth") == int(width)
        assert site.page.locator(".stage").evaluate("stage => stage.scrollWidth <= stage.clientWidth")
    light = frame.locator("html").evaluate(ground)
    site.page.click("[data-dark]")
    dark = frame.locator("html").evaluate(ground)
    assert dark != light
    site.page.locator("#id_title").press_sequentially(" again")
    frame = preview(site, "Hello again")
    assert frame.locator("html").evaluate(ground) == dark
    assert frame.locator("html").evaluate("() => innerWidth") == 1280


def test_links_in_the_preview_lead_nowhere_harmful(site):
    site.write(
        title="Hello",
        body="[away](/tags/) [down](#end)\n\n"
        + TEXT
        + "\n\n## End\n\n<form action='/admin/logout/'><button>x</button></form>",
    )
    frame = preview(site, "Paragraph 59")
    frame.locator("a:text-is('down')").click()
    site.page.wait_for_timeout(200)
    assert frame.locator("html").evaluate("() => scrollY") > 500
    with site.page.context.expect_page() as opened:
        frame.locator("a:text-is('away')").click()
    opened.value.wait_for_load_state()
    assert opened.value.url == site.url + "/tags/"
    assert opened.value.evaluate("opener") is None
    opened.value.close()
    assert site.page.input_value("#id_title") == "Hello"
    assert preview(site, "Paragraph 59").locator("script").count()  # which no frame of the preview runs
    assert site.page.locator(".preview iframe").get_attribute("sandbox") == "allow-same-origin"


# --- links for others


def test_a_preview_link_is_opened_by_somebody_without_a_login(site):
    site.write(title="Hello", body="For your eyes.")
    site.press("_save")
    site.press("_share")
    link = site.page.input_value("[aria-label='Preview link']")
    path = link.partition("/preview/")[1] + link.partition("/preview/")[2]
    stranger = site.page.context.browser.new_context()
    page = stranger.new_page()
    assert page.goto(site.url + path).status == 200
    assert "For your eyes." in page.inner_text("article")
    assert stranger.cookies() == []
    site.press("_publish")
    page.goto(site.url + path)
    assert page.url == site.url + "/posts/hello/"
    site.press("_unshare")
    assert page.goto(site.url + path).status == 410
    assert "taken back" in page.inner_text("main")
    stranger.close()


# --- the checklist


def test_the_checklist_follows_what_is_typed_and_leads_to_the_field(site):
    site.write(title="", body="![](/media/pictures/0.png)")
    site.page.wait_for_selector(".checks >> text=1 thing is in the way, 1 more to look at")
    site.page.click(".checklist summary")
    site.page.click("text=A post needs a title")
    assert site.page.evaluate("document.activeElement.id") == "id_title"
    site.page.keyboard.type("Hello")
    site.page.wait_for_selector(".checks >> text=1 thing to look at")
    site.press("_publish")
    site.fill(slug="hallo")
    site.page.wait_for_selector(".checks >> text=2 things to look at")
    site.page.click(".checklist summary")
    assert "Whoever follows /posts/hello/ is led to /posts/hallo/." in site.page.inner_text(".checklist")
    site.page.keyboard.press("Escape")
    assert site.page.is_hidden(".checklist ul")


def test_how_the_page_shows_elsewhere_is_read_from_its_own_head(site):
    site.write(
        title="Hello", body="How it begins.", description="What it is about.", cover="/media/pictures/0.png"
    )
    site.page.wait_for_selector(".result .gist:text-is('What it is about.')", state="attached")
    assert site.page.text_content(".result .name") == "Hello · Imprint"
    assert site.page.text_content(".result .where") == "localhost:8000 › posts › hello"
    assert site.page.text_content(".share .name") == "Hello"
    assert site.page.get_attribute(".share img", "src") == "/media/pictures/0.png"
    site.fill(description="")
    site.page.wait_for_selector(".share .gist:text-is('How it begins.')", state="attached")


# --- whether readers have it


def test_a_post_that_waits_becomes_live_before_one_s_eyes(site, reader_down):
    site.write(title="Hello", body="Text.")
    with reader_down():
        site.press("_publish")
        assert "✕ Failed to reach readers" in site.said()
        assert site.page.is_visible("[name=_deliver]")
    OutboxEvent.objects.update(delivered_at=OutboxEvent.objects.get().occurred_at)
    site.page.wait_for_selector("text=● Live, version 1")
    assert "Failed" not in site.page.inner_text(".standing")


def test_the_state_follows_what_is_saved_while_somebody_types(site):
    site.write(title="Hello", body="Text.")
    assert "Not saved yet" in site.page.inner_text(".standing")
    site.page.wait_for_selector(".standing :text('○ Draft')")
    site.press("_publish")
    assert "● Live" in site.page.inner_text(".standing")
    site.page.locator("#id_body").press_sequentially("More. ")
    site.page.wait_for_selector(".standing :text('◐ Changed')")
    assert site.page.is_visible("text=See the page")


# --- the author's clock


@pytest.mark.parametrize(
    ("typed", "said", "instant"),
    [
        ("2027-03-28T03:30", "03:30 Europe/Berlin (UTC+02:00)", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("2027-03-28T01:30", "01:30 Europe/Berlin (UTC+01:00)", datetime(2027, 3, 28, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_post_is_scheduled_on_the_author_s_clock_in_spring(site, typed, said, instant):
    berlin = at(site, "Europe/Berlin")
    berlin.write(title="Hello", body="Text.")
    berlin.page.click(".schedules")
    assert berlin.page.input_value("#id_zone") == "Europe/Berlin"
    berlin.page.fill("#id_publish_on", "2027-03-28T02:30")
    berlin.page.wait_for_selector("dialog >> text=does not exist in Europe/Berlin")
    berlin.page.fill("#id_publish_on", typed)
    berlin.page.wait_for_selector(f"dialog >> text={said}")
    assert "on the site’s clock (UTC)" in berlin.page.inner_text("dialog")
    with berlin.page.expect_navigation():
        berlin.page.click("dialog [name=_schedule]")
    assert Post.objects.get().publish_at == instant
    assert "◷ Scheduled" in berlin.said()
    assert Clock.objects.get().zone == "Europe/Berlin"
    assert not berlin.errors
    berlin.page.context.close()


def test_an_hour_that_comes_twice_is_asked_about_before_it_is_sent(site):
    berlin = at(site, "Europe/Berlin")
    berlin.write(title="Hello", body="Text.")
    berlin.page.click(".schedules")
    assert berlin.page.is_hidden("#id_occurrence")
    berlin.page.fill("#id_publish_on", "2027-10-31T02:30")
    berlin.page.wait_for_selector("dialog >> text=the first (UTC+02:00) or the second (UTC+01:00)")
    berlin.page.select_option("#id_occurrence", "second")
    berlin.page.wait_for_selector("dialog >> text=02:30 Europe/Berlin (UTC+01:00)")
    berlin.page.fill("#id_unpublish_on", "2027-11-30T02:30")
    berlin.page.wait_for_selector("dialog >> text=Unpublished in")
    with berlin.page.expect_navigation():
        berlin.page.click("dialog [name=_schedule]")
    post = Post.objects.get()
    assert post.publish_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    assert post.unpublish_at == datetime(2027, 11, 30, 1, 30, tzinfo=UTC)
    berlin.page.click("text=Update schedule…")
    assert berlin.page.input_value("#id_publish_on") == "2027-10-31T02:30"
    with berlin.page.expect_navigation():
        berlin.page.click("dialog [name=_cancel_schedule]")
    assert Post.objects.get().publish_at is None
    berlin.page.context.close()


def test_a_time_that_was_refused_is_shown_where_it_was_typed(site):
    site.write(title="Hello", body="Much typed text.", zone="Europe/Berlin", publish_on="2027-03-28T02:30")
    site.press("_schedule")
    assert site.page.is_visible("dialog #id_publish_on")
    assert "does not exist in Europe/Berlin" in site.page.inner_text("dialog")
    assert site.page.input_value("#id_body") == "Much typed text."


def test_a_dialog_that_is_left_changes_no_schedule_and_holds_up_no_saving(site):
    site.write(title="Hello", body="Text.")
    site.page.click(".schedules")
    site.page.fill("#id_publish_on", "2098-05-04T09:00")
    site.page.keyboard.press("Escape")
    site.press("_save")
    assert "Draft saved" in site.said()
    site.page.click(".schedules")
    assert site.page.input_value("#id_publish_on") == ""
    site.page.fill("#id_publish_on", "2027-03-28T02:30")
    site.page.fill("#id_zone", "Europe/Berlin")
    with site.page.expect_navigation():
        site.page.click("dialog [name=_schedule]")
    site.page.click("text=Leave as it is")
    site.press("_save")
    assert "Draft saved" in site.said()
    assert Post.objects.get().publish_at is None


def test_without_script_the_buttons_still_do(site):
    context = site.page.context.browser.new_context(
        java_script_enabled=False, storage_state=site.page.context.storage_state()
    )
    page = context.new_page()
    page.goto(site.url + "/admin/writer/post/add/")
    page.fill("#id_title", "Hello")
    page.fill("#id_body", "Text.")
    with context.expect_page() as opened:
        page.click("noscript button")
    assert "Text." in opened.value.inner_text("article")
    page.click(".menu summary")
    page.fill("#id_publish_on", "2098-05-04T09:00")
    page.click("[name=_schedule]")
    page.wait_for_selector("text=◷ Scheduled")
    page.click("text=Publish now")
    page.wait_for_selector("text=● Live")
    context.close()
