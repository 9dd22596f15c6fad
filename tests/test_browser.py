"""A writer and a reader, each at a real browser."""

import pytest
from django_q.models import OrmQ

from cms import schedule
from cms.lease import seen
from tests.hostile import ALL
from writer import commands
from writer.models import Post

pytestmark = pytest.mark.browser
both = pytest.mark.django_db(transaction=True, databases=["default", "reader"])


@both
def test_the_life_of_a_post(site):
    site.write(title="Hello world", body="The **first** wording.", tag_names="news, letters")
    site.press("_save")
    assert "Readers see no change" in site.said()
    assert site.status("/posts/hello-world/") == 404
    assert not site.shows("/", "Hello world")

    site.press("_publish")
    assert "Published." in site.said()
    for path in ("/posts/hello-world/", "/", "/tags/news/", "/tags/letters/"):
        assert site.shows(path, "Hello world")
    assert site.shows("/posts/hello-world/", "<strong>first</strong>")

    site.fill(title="Hello again", body="The second wording.", tag_names="news")
    site.press("_save")
    assert "Changed" in site.said()
    assert site.shows("/posts/hello-world/", "<strong>first</strong>")
    assert site.shows("/", "Hello world")
    site.press("_publish")
    assert site.shows("/posts/hello-world/", "The second wording.")
    assert site.shows("/", "Hello again")
    assert site.shows("/tags/news/", "Hello again")
    assert site.status("/tags/letters/") == 404

    site.fill(slug="a-better-address")
    site.press("_publish")
    assert site.get("/posts/hello-world/")[::2] == (301, "/posts/a-better-address/")
    assert site.status("/posts/a-better-address/") == 200
    assert site.shows("/", "/posts/a-better-address/")

    site.press("_unpublish")
    assert "Unpublished: readers no longer" in site.said()
    for path in ("/posts/a-better-address/", "/posts/hello-world/"):
        assert site.status(path) == 410
    assert not site.shows("/", "Hello again")
    assert site.status("/tags/news/") == 404

    site.press("_publish")
    assert site.status("/posts/a-better-address/") == 200
    site.press("_trash")
    assert site.status("/posts/a-better-address/") == 410
    site.press("_restore")
    assert "Draft" in site.said()
    assert site.status("/posts/a-better-address/") == 410
    site.press("_trash")
    site.page.click("text=Delete for ever")
    with site.page.expect_navigation():
        site.page.click("[type=submit][value*=sure]")
    assert not Post.objects.exists()
    assert site.status("/posts/a-better-address/") == 410
    assert not site.foreign


@both
def test_a_refusal_is_shown_in_words_and_nothing_typed_is_lost(site):
    site.write(title="One", body="Text.", slug="one")
    site.press("_publish")
    site.write(title="Two", body="Much typed text.", slug="one", summary="And a summary.", tag_names="new")
    site.press("_publish")
    assert "/posts/one/ belongs to another public post, “One”." in site.said()
    assert site.page.input_value("#id_body") == "Much typed text."
    assert site.page.input_value("#id_tag_names") == "new"
    site.fill(slug="two", body="")
    site.press("_publish")
    assert "needs a text" in site.said()
    assert site.page.input_value("#id_summary") == "And a summary."
    site.fill(body="Text after all.")
    site.press("_publish")
    assert site.status("/posts/two/") == 200


@both
def test_two_forms_of_one_post_cannot_overwrite_each_other(site):
    site.write(title="Shared", body="Text.")
    site.press("_publish")
    second = site.page.context.new_page()
    second.goto(site.page.url)
    site.fill(body="I was first.")
    site.press("_save")
    second.fill("#id_body", "I was second.")
    with second.expect_navigation():
        second.click("[name=_publish]")
    assert "ada saved this post after you opened it" in second.inner_text("#container")
    assert second.input_value("#id_body") == "I was second."
    assert Post.objects.get().body == "I was first."
    assert site.status("/posts/shared/") == 200


@both
def test_a_schedule_asks_about_times_that_are_not_there(site):
    site.write(title="Later", body="Text.", zone="Europe/Berlin", publish_on="2027-03-28T02:30")
    site.press("_schedule")
    assert "does not exist in Europe/Berlin" in site.said()
    site.fill(publish_on="2027-10-31T02:30")
    site.press("_schedule")
    assert "comes twice" in site.said()
    site.page.select_option("#id_occurrence", "second")
    site.press("_schedule")
    assert "Scheduled" in site.said()
    assert Post.objects.get().publish_at.isoformat() == "2027-10-31T01:30:00+00:00"
    site.press("_cancel_schedule")
    assert Post.objects.get().publish_at is None


@both
def test_an_earlier_revision_comes_back_as_the_draft(site):
    site.write(title="Post", body="First.")
    site.press("_publish")
    site.fill(body="Second.")
    site.press("_publish")
    site.page.click("[name=_revert][value='1']")
    site.page.wait_for_load_state()
    assert site.page.input_value("#id_body") == "First."
    assert site.shows("/posts/post/", "Second.")
    site.press("_discard")
    assert site.page.input_value("#id_body") == "Second."


@both
def test_bulk_actions_report_what_was_refused(site):
    for title, body in (("Good", "Text."), ("Empty", "")):
        site.write(title=title, body=body)
        site.press("_save")
    site.page.goto(f"{site.url}/admin/writer/post/")
    site.page.check("[data-all]")
    with site.page.expect_navigation():
        site.page.click("[name=action][value=publish]")
    assert "1 published." in site.said()
    assert "A post needs a text" in site.said()
    assert site.status("/posts/good/") == 200
    site.page.goto(f"{site.url}/admin/writer/post/?state=draft")
    assert "Empty" in site.page.inner_text("#changelist")
    assert "Good" not in site.page.inner_text("#changelist")


@both
def test_no_page_scrolls_sideways_and_the_keyboard_reaches_the_text(site):
    for number in range(14):
        site.write(
            title=f"Averyveryverylongwordinatitle{'x' * 60} {number}",
            body="`" + "long" * 60 + "`\n\n" + "a" * 300,
            tag_names="t" * 90,
        )
        site.press("_publish")
    post = Post.objects.order_by("created_at").first()
    reader = site.page.context.browser.new_context(viewport={"width": 320, "height": 700})
    page = reader.new_page()
    for path in ("/", "/page/2/", f"/posts/{post.slug}/", "/tags/", "/nothing-here/"):
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 700})
            page.goto(site.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    page.goto(site.url + f"/posts/{post.slug}/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip unseen"
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector(':target').id") == ":main"
    reader.close()


@both
def test_the_colours_can_be_switched_and_stay_so(site):
    site.page.goto(site.url + "/")
    before = site.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    site.page.click("button.scheme")
    after = site.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert after != before
    site.page.reload()
    assert site.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == after


@both
def test_hostile_posts_open_no_dialog(site, django_user_model):
    from django.utils import timezone

    ada, dialogs = django_user_model.objects.get(), []
    site.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    for start in range(0, len(ALL), 12):
        lines = [line for line in ALL[start : start + 12] if line.strip()]
        words = commands.Draft(title=lines[0][:200], summary=lines[-1][:500], body="\n\n".join(lines))
        post_id = commands.create_draft(draft=words, actor=ada, now=timezone.now())
        commands.publish(post_id, actor=ada, now=timezone.now())
        site.page.goto(f"{site.url}/posts/{Post.objects.get(pk=post_id).slug}/")
        site.page.goto(f"{site.url}/admin/writer/post/{post_id}/change/")
    site.page.goto(site.url + "/")
    site.page.wait_for_timeout(300)
    assert dialogs == []


@both
def test_the_operator_sees_what_is_late_and_has_it_mended(site, reader_down):
    seen("worker")
    site.write(title="Letters", body="Text.")
    with reader_down():
        site.press("_publish")
    assert "✕ Failed to reach readers" in site.said()
    site.page.goto(f"{site.url}/admin/")
    site.page.click("#content a:text-is('Sync')")
    assert "1 published change has not reached readers" in site.said()
    for width in (390, 1280):
        site.page.set_viewport_size({"width": width, "height": 900})
        assert site.page.evaluate("document.documentElement.scrollWidth") <= width
        assert site.page.locator("svg[role=img]").bounding_box()["width"] > width / 2

    site.press("_deliver")
    assert "1 delivered, 0 failed" in site.said()
    assert site.status("/posts/letters/") == 200

    button = site.page.locator("[name=_reconcile]")
    button.focus()
    site.page.keyboard.press("Shift+Tab")
    site.page.keyboard.press("Tab")
    assert button.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    with site.page.expect_navigation():
        site.page.keyboard.press("Enter")
    assert "A run of reconcile is queued." in site.said()
    (task,) = OrmQ.objects.all()
    task.delete()  # as the worker does when it is done
    schedule.reconcile(**task.kwargs())
    site.page.wait_for_selector("text=1 post, no drift.")  # the page follows by itself
    assert site.page.locator("meta[http-equiv=refresh]").count() == 0
    site.page.click(".runs a")
    assert "No drift." in site.said()


SUGGESTED = "id => [...document.getElementById(id).list.options].map(option => option.value)"


@both
def test_names_are_suggested_as_they_are_typed(site):
    for name in ("Sea", "Deep sea", "Ham, Spam", "Land"):
        commands.find_or_add_tag(name)
    commands.find_or_add_series("The sea")
    site.write(title="Hello")
    for field, typed, known in (
        ("tag_names", "Land, se", ["Land, Sea", "Land, Deep sea"]),
        ("tag_names", '"Ham, Spam", "ha', ['"Ham, Spam", "Ham, Spam"']),
        ("series_name", "sea", ["The sea"]),
    ):
        site.fill(**{field: ""})
        site.page.locator(f"#id_{field}").press_sequentially(typed)
        site.page.wait_for_function(
            f"known => ({SUGGESTED})('id_{field}').join() === known.join()", arg=known
        )
