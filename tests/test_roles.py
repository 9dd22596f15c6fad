"""Who may do what at the desk: roles × every address, button and action × own and others' posts.

An address of the desk that is not in the tables fails a test: add a line for it. The matrix is gone through
once, for rights are the same whatever the database is; others try the pages of the desk on each.
"""

import uuid
from datetime import timedelta
from importlib import import_module

import pytest
from django import urls
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success
from django_q.signing import SignedPackage

from cms.models import Reconciliation
from tests.conftest import NOON
from writer import commands, permissions
from writer.admin_posts import DONE
from writer.forms import PostForm
from writer.models import Author, Picture, Post, Series, Tag

roles = import_module("writer.migrations.0003_roles")
pictures = import_module("writer.migrations.0006_pictures")
rights = import_module("writer.migrations.0009_site_settings")

# N: somebody without a role; S: a superuser.
ROLES = {"N": "", "C": "Contributor", "A": "Author", "E": "Editor", "M": "Administrator", "S": ""}
ALL, WRITERS, EDITORS, MANAGERS = "NCAEMS", "CAEMS", "EMS", "MS"

# Address: who may GET, who may POST. All others are refused, and who is not logged in is asked to.
PAGES = {
    "index": (ALL, ALL),
    "logout": ("", ALL),
    "password_change": (ALL, ALL),
    "password_change_done": (ALL, ""),
    "jsi18n": (ALL, ""),
    "autocomplete": (EDITORS, ""),
    "app_list": (WRITERS, WRITERS),
    "writer_post_changelist": (WRITERS, WRITERS),
    "writer_post_add": (WRITERS, WRITERS),
    "writer_post_clock": (WRITERS, WRITERS),
    "writer_tag_changelist": (EDITORS, EDITORS),
    "writer_tag_add": (EDITORS, EDITORS),
    "writer_tag_change": (EDITORS, EDITORS),
    "writer_tag_history": (EDITORS, EDITORS),
    "writer_tag_delete": (EDITORS, EDITORS),
    "writer_tag_suggestions": (WRITERS, ""),
    "writer_series_changelist": (EDITORS, EDITORS),
    "writer_series_add": (EDITORS, EDITORS),
    "writer_series_change": (EDITORS, EDITORS),
    "writer_series_history": (EDITORS, EDITORS),
    "writer_series_delete": (EDITORS, EDITORS),
    "writer_series_suggestions": (WRITERS, ""),
    "writer_author_suggestions": (WRITERS, ""),
    "writer_author_changelist": (EDITORS, EDITORS),
    "writer_author_add": (EDITORS, EDITORS),
    "writer_author_change": (EDITORS, EDITORS),
    "writer_author_history": (EDITORS, EDITORS),
    "writer_author_delete": (EDITORS, EDITORS),
    "writer_picture_changelist": (WRITERS, WRITERS),
    "writer_picture_add": (WRITERS, WRITERS),
    "writer_picture_upload": ("", WRITERS),
    "writer_picture_choose": (WRITERS, ""),
    "writer_picture_change": (WRITERS, EDITORS),  # somebody else's
    "writer_picture_history": (WRITERS, WRITERS),
    "writer_picture_delete": (EDITORS, EDITORS),
    "writer_picture_describe": ("", EDITORS),
    "writer_picture_replace": ("", WRITERS),  # in drafts that one may change
    "writer_sitesettings_changelist": (MANAGERS, MANAGERS),
    "writer_sitesettings_add": ("", ""),
    "writer_sitesettings_change": (MANAGERS, MANAGERS),
    "writer_sitesettings_history": (MANAGERS, MANAGERS),
    "writer_sitesettings_delete": ("", ""),
    "cms_reconciliation_changelist": (MANAGERS, MANAGERS),
    "cms_reconciliation_add": ("", ""),
    "cms_reconciliation_change": (MANAGERS, ""),
    "cms_reconciliation_history": (MANAGERS, MANAGERS),
    "cms_reconciliation_delete": ("", ""),
    "auth_user_changelist": (MANAGERS, MANAGERS),
    "auth_user_add": (MANAGERS, MANAGERS),
    "auth_user_change": (MANAGERS, MANAGERS),
    "auth_user_history": (MANAGERS, MANAGERS),
    "auth_user_delete": (MANAGERS, MANAGERS),
    "auth_user_password_change": (MANAGERS, MANAGERS),
    "auth_group_changelist": (MANAGERS, MANAGERS),
    "auth_group_add": ("S", "S"),
    "auth_group_change": (MANAGERS, "S"),
    "auth_group_history": (MANAGERS, MANAGERS),
    "auth_group_delete": ("S", "S"),
} | {  # the queue's own pages: whoever adds a schedule there runs what he likes
    f"django_q_{table}_{page}": ("S", "S")
    for table in ("schedule", "success", "failure", "ormq")
    for page in ("changelist", "add", "change", "history", "delete")
}
NEVER = {"django_q_success_add", "django_q_failure_add", "django_q_ormq_add"}  # not even superusers
OPEN = {"login"}  # asks nobody who he is

# Address: who may GET his own draft, others'; who may POST to his own, others'.
ABOUT_A_POST = {
    "writer_post_change": (WRITERS, EDITORS, WRITERS, EDITORS),
    "writer_post_history": (WRITERS, EDITORS, WRITERS, EDITORS),
    "writer_post_delete": (EDITORS, EDITORS, EDITORS, EDITORS),  # the post is in the trash
    "writer_post_standing": (WRITERS, EDITORS, "", ""),
    "writer_post_check": ("", "", WRITERS, EDITORS),
    "post-preview": ("", "", WRITERS, EDITORS),
    "writer_post_compare": (WRITERS, EDITORS, "", ""),
    "writer_post_revisions": (WRITERS, EDITORS, "", ""),
    "writer_post_revert": ("", "", WRITERS, EDITORS),
    "writer_post_conflict": (WRITERS, EDITORS, WRITERS, EDITORS),
    "writer_post_autosave": ("", "", WRITERS, EDITORS),
    "writer_post_present": ("", "", WRITERS, EDITORS),
}

# Button: who may press it at his own post, at others'; and what makes the post ready for it.
BUTTONS = {
    "_save": (WRITERS, EDITORS, "draft"),
    "_review": (WRITERS, EDITORS, "draft"),
    "_recall": (WRITERS, EDITORS, "reviewed"),
    "_trash": (WRITERS, EDITORS, "draft"),
    "_restore": (WRITERS, EDITORS, "trashed"),
    "_revert": (WRITERS, EDITORS, "draft"),
    "_publish": ("AEMS", EDITORS, "draft"),
    "_schedule": ("AEMS", EDITORS, "draft"),
    "_cancel_schedule": ("AEMS", EDITORS, "scheduled"),
    "_unpublish": ("AEMS", EDITORS, "live"),
    "_discard": ("AEMS", EDITORS, "changed"),
    "_deliver": ("AEMS", EDITORS, "live"),
    "_share": ("AEMS", EDITORS, "draft"),
    "_unshare": ("AEMS", EDITORS, "draft"),
}

# Action of the list: who may do it to his own posts, to others'; and what makes the posts ready for it.
ACTIONS = {
    "publish": ("AEMS", EDITORS, "draft"),
    "schedule": ("AEMS", EDITORS, "draft"),
    "unpublish": ("AEMS", EDITORS, "live"),
    "tag": (WRITERS, EDITORS, "draft"),
    "trash": (WRITERS, EDITORS, "draft"),
    "restore": (WRITERS, EDITORS, "trashed"),
    "delete_selected": (EDITORS, EDITORS, "trashed"),
}


@pytest.fixture
def enter(client, django_user_model, both):
    """Log somebody in who has this role; return him."""
    roles.make_roles(apps, None)  # a test that commits has taken them away with all other rows
    pictures.let_writers_add_pictures(apps, None)
    rights.extend_rights(apps, None)

    def enter(role):
        make = (
            django_user_model.objects.create_superuser
            if role == "S"
            else django_user_model.objects.create_user
        )
        user = make(f"role-{role}-{uuid.uuid4().hex[:6]}", password="x", is_staff=True)
        if ROLES[role]:
            user.groups.add(Group.objects.get(name=ROLES[role]))
        client.force_login(user)
        return user

    return enter


def names(patterns, before=""):
    """Yield the names of all addresses of the desk. Those without one are redirects, and what answers 404."""
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from names(pattern.url_patterns, path)
        elif pattern.name and path.startswith("admin"):
            yield pattern.name


def reverse(name, args=()):
    """Return the path of an address, which may belong to the admin's site or stand beside it."""
    try:
        return urls.reverse(f"admin:{name}", args=args)
    except urls.NoReverseMatch:
        return urls.reverse(name, args=args)


def test_every_address_of_the_desk_is_in_the_matrix():
    assert set(names(urls.get_resolver().url_patterns)) == set(PAGES) | set(ABOUT_A_POST) | OPEN


def test_every_button_is_in_the_matrix():
    assert set(BUTTONS) == set(DONE) == set(permissions.NEEDS)


def test_every_action_of_the_list_is_in_the_matrix():
    desk = admin.site.get_model_admin(Post)
    assert set(ACTIONS) == {action.__name__ for action in desk.actions} | set(dict(admin.site.actions))


# --- addresses


def test_whoever_may_describe_authors_does_not_make_their_posts_his_own(enter, draft, client):
    user = enter("A")
    user.user_permissions.add(*Permission.objects.filter(codename__in=["view_author", "change_author"]))
    post_id = draft("Secret", authors=["Ann"])
    ann = Author.objects.get(name="Ann")
    fields = {"name": "Ann", "user": user.pk, "picture": "", "bio": "A sailor.", "link_lines": ""}
    client.post(f"/admin/writer/author/{ann.pk}/change/", fields)
    ann.refresh_from_db()
    assert (ann.bio, ann.user) == ("A sailor.", None)
    assert client.get(f"/admin/writer/post/{post_id}/change/").status_code == 403


@pytest.fixture
def things(both, django_user_model):
    """One of each kind of thing that pages are about; return the arguments of their addresses."""
    user = django_user_model.objects.create_user("plain")
    tag = Tag.objects.get(pk=commands.find_or_add_tag("Sea"))
    author = Author.objects.get(pk=commands.find_or_add_author("Ann"))
    series = Series.objects.get(pk=commands.find_or_add_series("Serial"))
    run = Reconciliation.objects.create(started_at=NOON)
    times = {"started": NOON, "stopped": NOON}
    facts = {"path": f"pictures/{'0' * 32}.png", "width": 1, "height": 1, "size": 1, "uploaded_at": NOON}
    known = {"user": user, "group": Group.objects.create(name="Some"), "tag": tag, "author": author}
    known |= {"picture": Picture.objects.create(**facts), "series": series}
    queue = {
        "schedule": Schedule.objects.create(func="cms.schedule.relay"),
        "success": Success.objects.create(id="s", func="x", success=True, **times),
        "failure": Failure.objects.create(id="f", func="x", success=False, **times),
        "ormq": OrmQ.objects.create(key="k", payload=SignedPackage.dumps({}), lock=NOON),
    }
    return {kind: thing.pk for kind, thing in {**known, **queue, "reconciliation": run}.items()}


def address(name, things):
    """Return the path of a page."""
    if name == "app_list":
        return reverse("app_list", args=["writer"])
    if name == "autocomplete":
        return reverse("autocomplete") + "?app_label=writer&model_name=tag&field_name=merged_into"
    model = name.split("_")[-2] if "_" in name else ""
    if (
        name.endswith(("_change", "_history", "_delete", "_describe", "_replace"))
        and name != "password_change"
    ):
        thing = things.get("user" if name == "auth_user_password_change" else model, "1")
        return reverse(name, args=[thing])
    return reverse(name)


def refuses(answer):
    """Tell whether the answer is that this is not open to the user, is not there, or is not done so."""
    assert answer.status_code < 500
    return answer.status_code in (403, 404, 405)


@pytest.mark.sqlite
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_open_to_whom_the_matrix_says(name, things, enter, client):
    path, (may_get, may_post) = address(name, things), PAGES[name]
    assert client.get(path).status_code in (302, 404, 405)
    for role in ROLES:
        enter(role)
        allowed = role in may_get and name not in NEVER
        assert refuses(client.get(path)) is not allowed, (name, role, "GET")
        allowed = role in may_post and name not in NEVER
        assert refuses(client.post(path)) is not allowed, (name, role, "POST")


# --- addresses of posts


@pytest.fixture
def post_of(give):
    """Make a post in some state; return it."""

    def post_of(user, state="draft"):
        draft = commands.Draft(title=f"A post {uuid.uuid4().hex[:8]}", body="Text.")
        post_id = give(commands.create_draft, draft=draft, actor=user)
        if state in ("live", "changed"):
            give(commands.publish, post_id)
        if state == "changed":
            changed = commands.Draft(title="Another", body="Changed.")
            give(commands.save_draft, post_id, draft=changed, lock_version=0)
        if state == "scheduled":
            tomorrow = timezone.now() + timedelta(days=1)
            give(commands.schedule, post_id, publish_at=tomorrow, zone="UTC")
        if state == "reviewed":
            give(commands.ask_for_review, post_id)
        if state == "trashed":
            give(commands.trash, post_id)
        return Post.objects.get(pk=post_id)

    return post_of


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ABOUT_A_POST)
def test_a_page_about_a_post_is_open_to_whom_the_matrix_says(name, enter, client, post_of, django_user_model):
    somebody = django_user_model.objects.create_user("somebody")
    state = "trashed" if name.endswith("_delete") else "draft"
    for role in ROLES:
        user = enter(role)
        get_own, get_others, post_own, post_others = ABOUT_A_POST[name]
        for owner, may_get, may_post in ((user, get_own, post_own), (somebody, get_others, post_others)):
            path = about(name, post_of(owner, state))
            whose = "own" if owner == user else "others'"
            assert refuses(client.get(path)) is (role not in may_get), (name, role, whose, "GET")
            assert refuses(client.post(path)) is (role not in may_post), (name, role, whose, "POST")
    client.logout()
    assert client.get(path).status_code in (302, 403, 405)


def about(name, post):
    """Return the path of a page about the post."""
    if name == "writer_post_conflict":
        words = commands.Draft(title=post.title, body="Too late.")
        return reverse(name, args=[post.pk, commands.set_aside(post.pk, draft=words, actor=None, now=NOON)])
    return reverse(name, args=[post.pk])


# --- buttons


def press(client, button, post, **typed):
    """Press a button of the post's form, with all that the form shows."""
    form = PostForm(instance=post)
    shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent = {name: "" if value is None else value for name, value in {**shown, **typed}.items()}
    return client.post(about("writer_post_change", post), {**sent, button: "1"})


def trace(post):
    """Return all that a button can change."""
    post = Post.objects.get(pk=post.pk)
    known = (post.state, post.body, post.publish_at, post.review_asked_at, post.live_id, post.tags.count())
    return (*known, post.lock_version, post.revisions.count(), post.preview_links.count())


@pytest.mark.sqlite
@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_works_for_whom_the_matrix_says_and_does_nothing_for_others(
    button, enter, client, post_of, django_user_model
):
    somebody = django_user_model.objects.create_user("somebody")
    own, others, state = BUTTONS[button]
    when = {"publish_on": "2098-05-05T09:00"} if button == "_schedule" else {}
    for role in ROLES:
        user = enter(role)
        for owner, may in ((user, own), (somebody, others)):
            post = post_of(owner, state)
            before = trace(post)
            answer = press(client, button, post, body="Typed by whoever pressed.", **when)
            whose = (role, "own" if owner == user else "others'")
            assert refuses(answer) is (role not in may), whose
            if role not in may:
                assert trace(post) == before, whose
            elif button not in ("_deliver", "_unshare"):  # which find that there is nothing to do
                assert (answer.status_code, trace(post) != before) == (302, True), whose


@pytest.mark.sqlite
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_works_for_whom_the_matrix_says_and_does_nothing_for_others(
    action, enter, client, post_of, django_user_model
):
    somebody = django_user_model.objects.create_user("somebody")
    own, others, state = ACTIONS[action]
    path = reverse("writer_post_changelist") + ("?state=trash" if state == "trashed" else "")
    typed = {"apply": "1", "post": "yes", "publish_on": "2098-05-05T09:00", "tag_names": "Sea"}
    for role in ROLES:
        user = enter(role)
        for owner, may in ((user, own), (somebody, others)):
            post = post_of(owner, state)
            before = trace(post)
            client.post(path, {**typed, "action": action, "_selected_action": str(post.pk)})
            client.post(
                path, {**typed, "action": action, "_selected_action": str(post.pk), "select_across": "1"}
            )
            left = Post.objects.filter(pk=post.pk)
            whose = (role, "own" if owner == user else "others'")
            assert (not left or trace(post) != before) is (role in may), whose
            left.delete()


@pytest.mark.parametrize("state", ["live", "scheduled", "changed"])
def test_who_may_not_publish_changes_nothing_that_would_become_public_by_itself(
    state, enter, client, post_of
):
    post = post_of(enter("C"), state)
    before = trace(post)
    for button in BUTTONS:
        assert refuses(press(client, button, post, body="Smuggled in."))
    assert trace(post) == before
    html = client.get(about("writer_post_change", post)).content.decode()
    assert 'type="submit" name="_' not in html


def test_a_contributor_asks_for_review_and_the_editor_publishes(enter, client, post_of):
    post = post_of(enter("C"))
    html = client.get(about("writer_post_change", post)).content.decode()
    assert 'name="_review"' in html
    assert 'name="_publish"' not in html
    press(client, "_review", post)
    assert Post.objects.get().review_asked_at
    assert 'name="_recall"' in client.get(about("writer_post_change", post)).content.decode()
    enter("E")
    press(client, "_publish", Post.objects.get())
    post = Post.objects.get()
    assert (post.state, post.review_asked_at) == ("live", None)


def test_whoever_is_in_the_byline_owns_the_post(enter, client, post_of, give, django_user_model):
    user = enter("A")
    post = post_of(django_user_model.objects.create_user("somebody"))
    assert refuses(client.get(about("writer_post_change", post)))
    author = Author.objects.get(pk=commands.find_or_add_author("Bob"))
    author.user = user
    author.save()
    draft = commands.Draft(title="Together", body="Text.", authors=(author.pk,))
    give(commands.save_draft, post.pk, draft=draft, lock_version=0)
    assert client.get(about("writer_post_change", post)).status_code == 200
    assert "Together" in client.get(reverse("writer_post_changelist")).content.decode()


def test_the_list_shows_a_contributor_his_own_posts_only(enter, client, post_of, django_user_model):
    others = post_of(django_user_model.objects.create_user("somebody"))
    own = post_of(enter("C"))
    html = client.get(reverse("writer_post_changelist")).content.decode()
    assert own.title in html
    assert others.title not in html


# --- the roles themselves


def test_making_the_roles_again_changes_nothing_that_an_operator_did(enter):
    enter("N")
    editor = Group.objects.get(name="Editor")
    sync = Permission.objects.get(codename="view_reconciliation")
    editor.permissions.add(sync)
    editor.permissions.remove(Permission.objects.get(codename="delete_author"))
    kept = set(editor.permissions.all())
    roles.make_roles(apps, None)
    assert set(editor.permissions.all()) == kept
    assert Group.objects.filter(name__in=roles.ROLES).count() == 4


def test_who_could_change_posts_before_the_upgrade_publishes_as_before(django_user_model, both):
    user = django_user_model.objects.create_user("old")
    group = Group.objects.create(name="Staff")
    change = Permission.objects.get(codename="change_post")
    user.user_permissions.add(change)
    group.permissions.add(change)
    roles.keep_publishing(apps, None)
    assert user.has_perm("writer.publish_post")
    assert group.permissions.filter(codename="publish_post").exists()


# --- nobody gives himself more than he has


def test_an_administrator_makes_no_superuser_and_changes_none(enter, client, django_user_model):
    boss = django_user_model.objects.create_superuser("boss")
    me = enter("M")
    assert refuses(client.post(reverse("auth_user_password_change", args=[boss.pk])))
    assert refuses(client.post(reverse("auth_user_delete", args=[boss.pk])))
    mine = reverse("auth_user_change", args=[me.pk])
    assert 'name="is_superuser"' not in client.get(mine).content.decode()
    every = [permission.pk for permission in Permission.objects.all()]
    fields = {
        "username": "me",
        "is_active": "1",
        "is_staff": "1",
        "is_superuser": "1",
        "user_permissions": every,
    }
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "09:00", "groups": [me.groups.get().pk]}
    assert client.post(mine, {**fields, **joined}).status_code == 302
    me = django_user_model.objects.get(pk=me.pk)
    assert (me.username, me.is_superuser, me.user_permissions.count()) == ("me", False, 0)


def test_an_administrator_hands_out_no_role_that_may_do_more(enter, client, django_user_model):
    me = enter("M")
    queue = Group.objects.create(name="Queue")
    queue.permissions.set(Permission.objects.filter(codename="add_schedule"))
    html = client.get(reverse("auth_user_change", args=[me.pk])).content.decode()
    assert ">Editor<" in html
    assert ">Queue<" not in html
    other = django_user_model.objects.create_user("other", is_active=False)
    other.groups.add(queue)
    assert refuses(client.post(reverse("auth_user_change", args=[other.pk])))
