"""Somebody types in a real browser; whatever happens to tab, network, session or clock, the text is kept."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import Error, expect

from writer import commands
from writer.models import Post

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases=["default", "reader"]),
]
SAVED = re.compile(r"^Saved \d\d:\d\d")
SENT_AT = (
    "() => performance.getEntriesByType('resource').find(({ name }) => name.endsWith('/autosave/')).startTime"
)


def status(page):
    return page.locator(".saving [role=status]")


def type_on(page, text):
    """Type at the end of the text, key by key."""
    page.locator("#id_body").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def wait_until_saved(page, text):
    """Wait until the desk says that it is saved, and see that it is."""
    expect(status(page)).to_have_text(SAVED, timeout=10_000)
    page.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('desk:'))")
    assert Post.objects.get().body == text


@pytest.fixture
def open_post(site):
    """Make a post, and open it."""

    def open_post(body="Once."):
        site.write(title="Hello", body=body)
        site.press("_save")
        return site.page

    return open_post


@pytest.fixture
def opened(site):
    """Open another tab of the same browser."""

    def opened(url=None):
        page = site.page.context.new_page()
        page.set_default_timeout(30_000)
        page.goto(url or site.page.url)
        return page

    return opened


def log_in(page, name="ada", password="correct horse"):
    page.goto("/".join(page.url.split("/")[:3]) + "/admin/login/?next=/admin/")
    page.fill("#id_username", name)
    page.fill("#id_password", password)
    page.click("[type=submit]")


def test_what_is_typed_is_saved_within_three_seconds_and_nothing_moves(site, open_post):
    page = open_post("Once.\n\n" + "A paragraph of the text.\n\n" * 60)
    type_on(page, "More.")
    typed = page.evaluate("() => performance.now()")
    before = page.evaluate(
        "() => { const f = document.querySelector('#id_body'); return [document.activeElement.id, f.selectionStart, f.scrollTop, scrollY] }"
    )
    expect(status(page)).to_have_text(SAVED, timeout=30_000)
    assert page.evaluate(SENT_AT) - typed < 3000
    after = page.evaluate(
        "() => { const f = document.querySelector('#id_body'); return [document.activeElement.id, f.selectionStart, f.scrollTop, scrollY] }"
    )
    assert before == after
    assert Post.objects.get().body.endswith("More.")
    page.keyboard.press("Control+z")
    assert not page.input_value("#id_body").endswith("More.")
    wait_until_saved(page, page.input_value("#id_body"))
    assert Post.objects.get().revisions.count() == 2
    site.press("_publish")
    assert "Published." in site.said()
    assert page.locator(".unsaved").is_hidden()


def test_a_new_post_goes_on_at_its_own_address(site):
    site.write(title="Brand new")
    type_on(site.page, "First words.")
    expect(status(site.page)).to_have_text(SAVED)
    assert site.page.url.endswith(f"/{Post.objects.get().pk}/change/")
    type_on(site.page, " And more.")
    site.page.wait_for_timeout(2500)
    wait_until_saved(site.page, "First words. And more.")
    site.press("_publish")
    assert "Published." in site.said()
    assert site.status("/posts/brand-new/") == 200
    assert Post.objects.count() == 1


@pytest.mark.parametrize("new", [False, True])
def test_a_tab_that_is_killed_while_somebody_types_loses_nothing(site, open_post, opened, new):
    if new:
        site.write(title="Hello")
        page = site.page
    else:
        page = open_post()
    url = page.url
    type_on(page, " Upon a ti")  # no time to save
    with pytest.raises(Error):
        page.goto("chrome://crash")
    page = opened(url)
    expect(page.locator(".unsaved")).to_contain_text(
        re.compile(r"You have unsaved text from \d\d:\d\d in this browser")
    )
    page.click(".unsaved >> text=Bring it back")
    text = " Upon a ti" if new else "Once. Upon a ti"
    assert page.input_value("#id_body") == text
    assert page.input_value("#id_title") == "Hello"
    wait_until_saved(page, text)
    page.reload()
    page.wait_for_timeout(300)
    assert page.locator(".unsaved").is_hidden()


def test_a_text_that_was_left_behind_can_be_discarded(open_post, opened):
    page = open_post()
    url = page.url
    type_on(page, " Upon a ti")
    with pytest.raises(Error):
        page.goto("chrome://crash")
    page = opened(url)
    page.click(".unsaved >> text=Discard")
    page.reload()
    page.wait_for_timeout(300)
    assert page.locator(".unsaved").is_hidden()
    assert page.input_value("#id_body") == "Once."


def test_a_network_that_is_gone_for_half_a_minute_loses_nothing(open_post):
    page = open_post()
    page.context.set_offline(True)
    for second in range(10):
        type_on(page, f" {second}")
        page.wait_for_timeout(3000)
    expect(status(page)).to_have_text("Offline, kept in this browser")
    assert Post.objects.get().body == "Once."
    page.context.set_offline(False)
    wait_until_saved(page, "Once. 0 1 2 3 4 5 6 7 8 9")


def test_a_site_that_fails_is_asked_again(open_post):
    page = open_post()
    page.route("**/autosave/", lambda route: route.fulfill(status=503, body="down"))
    type_on(page, " More.")
    expect(status(page)).to_have_text("The site does not answer; kept in this browser")
    page.unroute("**/autosave/")
    wait_until_saved(page, "Once. More.")


def test_an_answer_that_is_lost_is_no_conflict(site, open_post):
    page = open_post()

    def lose(route):
        route.fetch()
        route.abort()

    page.route("**/autosave/", lose)
    type_on(page, " More.")
    expect(status(page)).to_have_text("Offline, kept in this browser")
    page.unroute("**/autosave/")
    assert Post.objects.get().body == "Once. More."
    type_on(page, " And more.")
    site.press("_save")
    assert "Draft saved" in site.said()
    assert Post.objects.get().body == "Once. More. And more."


def test_a_session_that_is_lost_is_found_again_in_another_tab(site, open_post, opened):
    page = open_post()
    Session.objects.all().delete()
    type_on(page, " Typed while logged out.")
    expect(status(page)).to_contain_text(
        "Logged out. Your text is kept here, and is saved once you log in again in another tab"
    )
    other = opened(f"{site.url}/admin/")
    log_in(other)
    page.bring_to_front()
    wait_until_saved(page, "Once. Typed while logged out.")
    site.press("_publish")
    assert "Published." in site.said()


def test_the_scheduled_minute_passes_while_somebody_types(site, open_post, django_user_model):
    page, ada, now = open_post(), django_user_model.objects.get(), timezone.now()
    post = Post.objects.get()
    commands.schedule(post.pk, publish_at=now + timedelta(seconds=1), zone="UTC", actor=ada, now=now)
    type_on(page, " Before.")
    wait_until_saved(page, "Once. Before.")
    type_on(page, " Aft")
    assert commands.publish_due(now=now + timedelta(seconds=2)) == (1, 0, 0)
    type_on(page, "er.")
    page.wait_for_timeout(2500)
    wait_until_saved(page, "Once. Before. After.")
    assert site.shows("/posts/hello/", "Once. Before.")
    assert not site.shows("/posts/hello/", "Aft")
    site.press("_publish")
    assert "Published." in site.said()
    assert site.shows("/posts/hello/", "Once. Before. After.")


def test_who_else_has_the_post_open_is_said(site, open_post, browser, django_user_model):
    page = open_post()
    django_user_model.objects.create_superuser("bob", "bob@example.org", "battery staple")
    context = browser.new_context()
    other = context.new_page()
    other.goto(site.url + "/admin/")
    log_in(other, "bob", "battery staple")
    other.goto(page.url)
    expect(other.locator(".others")).to_have_text("ada has this post open too.")
    type_on(page, " More.")
    expect(page.locator(".others")).to_have_text("bob has this post open too.")
    type_on(other, " Bob’s.")
    expect(status(other)).to_contain_text(re.compile(r"Not saved: ada changed it at \d\d:\d\d"))
    context.close()


def test_two_sessions_on_one_post_come_to_a_page_with_both_texts(site, open_post, opened):
    page = open_post("Once upon a time.")
    other = opened(page.url)
    type_on(page, " Mine.")
    wait_until_saved(page, "Once upon a time. Mine.")
    type_on(other, " Other.")
    expect(status(other)).to_contain_text(re.compile(r"Not saved: ada changed it at \d\d:\d\d"))
    assert Post.objects.get().body == "Once upon a time. Mine."
    with other.expect_navigation():
        other.click("text=See both texts")
    assert "ada saved this post after you opened it" in other.inner_text("#container")
    other.wait_for_function("() => !Object.keys(localStorage).some((key) => key.startsWith('desk:'))")
    other.fill("#id_body", "Once upon a time. Mine. Other.")
    with other.expect_navigation():
        other.click("text=Save the merged text")
    assert "Saved as you merged it" in other.inner_text("#container")
    other.wait_for_timeout(300)
    assert other.locator(".unsaved").is_hidden()
    bodies = set(Post.objects.get().revisions.values_list("body", flat=True))
    assert bodies == {"Once upon a time." + more for more in ("", " Mine.", " Other.", " Mine. Other.")}


def test_a_session_that_is_lost_loses_nothing_without_scripts(site, open_post, browser):
    page = open_post()
    context = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    plain = context.new_page()
    plain.goto(page.url)
    plain.fill("#id_body", "Typed without scripts.")
    Session.objects.all().delete()
    with plain.expect_navigation():
        plain.click("[name=_save]")
    plain.fill("#id_login-username", "ada")
    plain.fill("#id_login-password", "correct horse")
    with plain.expect_navigation():
        plain.click("text=Log in and go on")
    assert "Draft saved" in plain.inner_text("#container")
    assert Post.objects.get().body == "Typed without scripts."
    context.close()
