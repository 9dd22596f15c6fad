"""Every page of the desk in a real browser: the policy holds, axe has nothing to say, and keys lead everywhere."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django_q.models import Schedule

from cms.models import Reconciliation
from tests.axe import look
from tests.picture_files import picture
from writer import commands
from writer.models import Author, Post, Tag

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True, databases=["default", "reader"]),
]
SEEN_FIRST = {
    "index",
    "writer_post_changelist",
    "writer_post_change",
    "cms_reconciliation_changelist",
    "auth_user_add",
}


@pytest.fixture
def things(site, django_user_model):
    """One of everything that the desk has a page for, and posts in every state."""
    ada, now = django_user_model.objects.get(), timezone.now()
    give = {"actor": ada, "now": now}
    words = {
        "body": "# One\n\nText with [a link](https://example.org).\n\n- item",
        "tags": (commands.find_or_add_tag("Sea"),),
        "authors": (commands.find_or_add_author("Ann"),),
    }
    posts = {}
    for name in ("draft", "live", "changed", "scheduled", "trashed"):
        posts[name] = commands.create_draft(draft=commands.Draft(title=f"A {name} post", **words), **give)
    for name in ("live", "changed"):
        commands.publish(posts[name], **give)
    changed = Post.objects.get(pk=posts["changed"])
    draft = commands.Draft(title="A changed post", **{**words, "body": "Other words."})
    commands.save_draft(changed.pk, draft=draft, lock_version=changed.lock_version, **give)
    commands.schedule(posts["scheduled"], publish_at=now + timedelta(days=1), zone="UTC", **give)
    commands.trash(posts["trashed"], **give)
    run = Reconciliation.objects.create(
        started_at=now,
        finished_at=now,
        exit_code=0,
        found={"stale": 1},
        repaired=1,
        findings=[{"post_id": str(posts["live"]), "kind": "stale", "error": ""}],
    )
    others = {
        "writer_post": posts["live"],
        "writer_tag": Tag.objects.get().pk,
        "writer_author": Author.objects.get().pk,
        "writer_picture": commands.add_picture(data=picture(), name="teal.png", alt="Teal.", **give),
        "cms_reconciliation": run.pk,
        "auth_user": ada.pk,
        "auth_group": Group.objects.get_or_create(name="Editor")[0].pk,
        "django_q_schedule": Schedule.objects.create(func="time.sleep", name="one").pk,
    }
    return posts, others


def names(patterns):
    """Return the name of every address of the admin."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from names(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


def paths(others):
    """Return the path of every page of the admin by its name, as far as there is a thing to show."""
    found = {}
    for name in dict.fromkeys(names(admin.site.get_urls())):
        thing = next((pk for prefix, pk in others.items() if name.startswith(f"{prefix}_")), None)
        for args in ([], [thing], ["writer"]):
            try:
                found[name] = reverse(f"admin:{name}", args=args)
            except NoReverseMatch:
                continue
            break
    return found


def pages(site, things):
    """Go to every page of the desk, and to those that a post has in each state; yield where that is."""
    posts, others = things
    wanted = paths(others)
    wanted |= {f"{state} post": reverse("admin:writer_post_change", args=[pk]) for state, pk in posts.items()}
    wanted["deleting a post"] = reverse("admin:writer_post_delete", args=[posts["trashed"]])
    changed, words = posts["changed"], commands.Draft(title="A late post", body="Other words, too late.")
    compared = reverse("admin:writer_post_compare", args=[changed])
    wanted |= {"changes": f"{compared}?from=live", "changes aside": f"{compared}?from=live&view=side"}
    late = commands.set_aside(changed, draft=words, actor=None, now=timezone.now())
    wanted["conflict"] = reverse("admin:writer_post_conflict", args=[changed, late])
    wanted["trash"] = reverse("admin:writer_post_changelist") + "?state=trash"
    wanted["no post found"] = reverse("admin:writer_post_changelist") + "?q=nothing+is+called+that"
    for where, path in wanted.items():
        answer = site.page.context.request.get(site.url + path)
        if answer.status == 200 and "</html>" in answer.text():
            site.page.goto(site.url + path)
            yield where


def test_no_page_is_refused_anything_and_axe_finds_nothing(site, things, forbidden):
    found, seen = [], set()
    for where in pages(site, things):
        seen.add(where)
        if not where.startswith("django_q_"):  # the queue's own pages, for superusers
            found += look(site.page, where=where)
        assert "Django" not in site.page.inner_text("body"), where
        assert "Django" not in site.page.title(), where
    assert seen >= SEEN_FIRST
    assert len(seen) > 35
    assert not found, "\n".join(found)


def test_who_is_not_logged_in_finds_a_page_that_is_whole(site, forbidden):
    site.page.context.clear_cookies()
    site.page.goto(f"{site.url}/admin/")
    found = look(site.page, where="login")
    site.page.fill("#id_username", "ada")
    site.page.fill("#id_password", "wrong")
    site.page.click("[type=submit]")
    assert found + look(site.page, where="login refused") == []


def test_the_editor_in_use_is_refused_nothing_and_axe_finds_nothing(site, forbidden):
    page = site.page
    page.goto(f"{site.url}/admin/writer/post/add/")
    page.fill("#id_title", "Hello")
    page.click("#id_body")
    page.keyboard.type("words and words")
    for tool in page.locator("markdown-toolbar > *").all():
        tool.click()
        page.keyboard.press("Escape")
    page.click("#id_body")
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("/")
    page.wait_for_selector(".slash")
    found = look(page, where="slash menu")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+/")
    page.wait_for_selector("dialog.help")
    found += look(page, where="help")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Shift+f")
    found += look(page, where="focus")
    page.keyboard.press("Control+Shift+f")
    page.fill("#id_body", "")
    site.press("_publish")
    found += look(page, where="refused")
    assert not found, "\n".join(found)


def test_tab_alone_leads_everywhere_and_out_again(site):
    page = site.page
    page.goto(f"{site.url}/admin/writer/post/add/")
    page.focus(".skip-to-content-link")
    where = "(e => e === document.body ? '' : e.name || e.id || e.dataset.do || e.localName)(document.activeElement)"
    seen = []
    for _ in range(90):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(where))
        if not seen[-1]:
            break
    for name in (
        "title",
        "md-header",
        "body",
        "_save",
        "write",
        "preview",
        "focus",
        "help",
        "summary",
        "tag_names",
        "slug",
    ):
        assert name in seen, name
    assert seen.index("title") < seen.index("md-header") < seen.index("write")
    assert len(set(seen)) > 15
    page.focus("md-header")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(where) == "md-bold"
