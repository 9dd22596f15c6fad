"""Choosing posts and doing something to them, in a real browser."""

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.axe import look
from writer import commands
from writer.models import Post

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases=["default", "reader"]),
]


@pytest.fixture
def posts(site):
    """Three drafts, one of which has no title."""
    for title in ("One", "Two", ""):
        draft = commands.Draft(title=title, body="Text.")
        commands.create_draft(draft=draft, actor=User.objects.get(), now=timezone.now())


def test_posts_are_chosen_and_scheduled_by_keys_alone(site, posts, forbidden):
    page = site.page
    page.goto(f"{site.url}/admin/writer/post/")
    choices = page.locator(".bulk .choices")
    assert not choices.is_visible()
    page.focus("[data-all]")
    page.keyboard.press("Space")
    assert "3 / 3" in choices.inner_text()
    found = look(page, where="chosen")
    page.focus("[value=schedule]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    found += look(page, where="asked")
    with page.expect_navigation():
        page.click("text=Schedule >> nth=-1")
    assert "This field is required" in site.said()
    found += look(page, where="asked again")
    page.fill("[name=publish_on]", "2098-05-05T09:00")
    page.focus("[name=publish_on]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "2 scheduled." in site.said()
    assert "1 not scheduled:" in site.said()
    found += look(page, where="reported")
    assert not found, "\n".join(found)
    assert Post.objects.filter(publish_at__isnull=False).count() == 2


def test_one_that_is_unticked_is_left_out(site, posts):
    page = site.page
    page.goto(f"{site.url}/admin/writer/post/")
    page.check("[data-all]")
    page.uncheck("[aria-label='Choose “One”']")
    assert "2 / 3" in page.inner_text(".bulk .choices")
    assert page.evaluate("document.querySelector('[data-all]').indeterminate")
    with page.expect_navigation():
        page.click("[value=trash]")
    assert "2 moved to the trash." in site.said()
    assert Post.objects.get(trashed_at=None).title == "One"


def test_without_scripts_the_same_can_be_done(site, posts):
    context = site.page.context.browser.new_context(
        java_script_enabled=False, storage_state=site.page.context.storage_state()
    )
    page = context.new_page()
    page.goto(f"{site.url}/admin/writer/post/")
    page.check("[aria-label='Choose “Two”']")
    page.click("[value=publish]")
    assert "1 published." in page.inner_text("#container")
    context.close()
    assert Post.objects.get(title="Two").state == "live"
