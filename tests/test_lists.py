"""The desk's list of posts: what it shows, what it can be narrowed to, and what is done to several at once."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from writer import admin_bulk, commands
from writer.models import Author, Clock, OutboxEvent, Post, Tag
from writer.permissions import may_edit


def titles(html):
    """Return the titles that the list shows, in its order."""
    return re.findall(r'<p class="title"><a [^>]*>([^<]*)<', html)


def message(html):
    """Return what the desk says above the page, without marks."""
    said = re.search(r'<ul class="messagelist">(.*?)</ul>\s*<!-- Content', html, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", said[1] if said else "").split())


@pytest.fixture
def bulk(desk):
    """Do something to posts from the list; return the page that follows."""

    def bulk(action, *post_ids, at="post/", **fields):
        return desk.post(
            at, action=action, index="0", _selected_action=[str(pk) for pk in post_ids], **fields
        )

    return bulk


# --- what it shows


def test_each_post_is_shown_with_state_author_and_dates(desk, published, draft):
    published("Out", authors=["Ann", "Bob"])
    draft("In")
    html = desk.get("post/")
    assert titles(html) == ["In", "Out"]
    assert all(
        words in html
        for words in ("● Live", "○ Draft", "Ann, Bob", "published 1 Mar 2026", "edited 1 Mar 2026")
    )


def test_an_empty_blog_says_so_and_what_to_do(desk):
    html = desk.get("post/")
    assert "Nothing has been written yet" in html
    assert "Write the first post" in html


def test_a_search_without_a_hit_says_what_is_searched(desk, draft):
    draft("Hello")
    html = desk.get("post/?q=zebra")
    assert titles(html) == []
    assert "Titles and addresses are searched, not texts" in html


def test_titles_and_addresses_are_searched(desk, draft):
    draft("The quiet harbour", slug="sea")
    draft("Lamps")
    assert titles(desk.get("post/?q=HARB quiet")) == ["The quiet harbour"]
    assert titles(desk.get("post/?q=sea")) == ["The quiet harbour"]
    assert titles(desk.get("post/?q=harbour lamps")) == []


@pytest.mark.parametrize("typed", ["a " * 2000, "x" * 5000, "%", "_", "\\", "'", '"a b', '"'])
def test_whatever_is_searched_is_no_error(client, desk, draft, typed):
    draft("Hello")
    assert client.get("/admin/writer/post/", {"q": typed}).status_code == 200


def test_the_list_is_narrowed_by_state(desk, draft, published, edit, give):
    draft("Draft")
    published("Live")
    edit(published("Changed"), body="Other.")
    give(commands.schedule, draft("Scheduled"), publish_at=timezone.now() + timedelta(days=1), zone="UTC")
    give(commands.ask_for_review, draft("Reviewed"))
    give(commands.trash, draft("Gone"))
    shown = {
        state: titles(desk.get(f"post/?state={state}"))
        for state in ("draft", "live", "changed", "scheduled", "review", "trash", "appointed")
    }
    assert shown == {
        "draft": ["Reviewed", "Draft"],
        "live": ["Live"],
        "changed": ["Changed"],
        "scheduled": ["Scheduled"],
        "review": ["Reviewed"],
        "trash": ["Gone"],
        "appointed": ["Scheduled"],
    }  # fmt: skip
    assert "Gone" not in titles(desk.get("post/"))
    assert "ready for review" in desk.get("post/?state=review")


def test_the_list_is_narrowed_by_tag_and_author_whatever_their_case(desk, draft, give):
    draft("Both", tags=["Sea"], authors=["Ann"])
    draft("Neither")
    draft("Merged", tags=["Ocean"])
    ids = [Tag.objects.get(name=name).pk for name in ("Ocean", "Sea")]
    give(commands.merge_tags, ids[0], into=ids[1])
    assert titles(desk.get("post/?tag=sEA")) == ["Merged", "Both"]
    assert titles(desk.get("post/?tag=ocean")) == ["Merged", "Both"]
    assert titles(desk.get("post/?author=ANN")) == ["Both"]
    assert titles(desk.get("post/?author=ada")) == ["Merged", "Neither", "Both"]  # who made them
    assert titles(desk.get("post/?author=nobody")) == titles(desk.get("post/?tag=nothing")) == []


def test_mine_are_those_that_one_made_or_signs(desk, draft, author, django_user_model):
    other = django_user_model.objects.create_user("other")
    draft("Made")
    Post.objects.filter(pk=draft("Others")).update(created_by=other)
    Post.objects.filter(pk=draft("Signed", authors=["Ada"])).update(created_by=other)
    Author.objects.filter(name="Ada").update(user=author)
    assert titles(desk.get("post/?mine=1")) == ["Signed", "Made"]


def test_the_list_is_ordered_as_asked(desk, draft, published):
    published("First")
    published("Second")
    draft("Never public")
    assert titles(desk.get("post/?order=oldest")) == ["First", "Second", "Never public"]
    assert titles(desk.get("post/?order=published")) == ["Second", "First"]
    assert titles(desk.get("post/?order=nonsense")) == ["Never public", "Second", "First"]


def test_the_list_goes_on_from_page_to_page(desk, draft, monkeypatch):
    from writer.admin_posts import PostAdmin

    monkeypatch.setattr(PostAdmin, "list_per_page", 2)
    for number in range(5):
        draft(f"Post {number}")
    pages = [desk.get(f"post/?p={number}") for number in (1, 2, 3, 4)]
    assert [titles(page) for page in pages] == [["Post 4", "Post 3"], ["Post 2", "Post 1"], ["Post 0"], []]
    assert ['rel="next"' in page for page in pages] == [True, True, False, False]
    assert "The list does not go on so far" in pages[3]


def test_the_price_of_the_list_does_not_grow_with_it(
    desk, published, draft, give, client, django_assert_max_num_queries
):
    for number in range(12):
        published(f"Post {number}", tags=["Sea"], authors=["Ann", "Bob"])
        give(commands.trash, draft(f"Gone {number}"))
    for query in ("", "?q=post", "?q=zebra", "?state=live", "?state=trash", "?tag=sea&author=ann&mine=1"):
        with django_assert_max_num_queries(12):
            client.get(f"/admin/writer/post/{query}")


# --- what is done to several


def test_several_are_published_with_one_event_each(bulk, draft):
    ids = [draft(f"Post {number}") for number in range(3)]
    assert message(bulk("publish", *ids)) == "3 published."
    assert {post.state for post in Post.objects.all()} == {"live"}
    assert OutboxEvent.objects.filter(post_id__in=ids).count() == 3


def test_what_is_refused_is_told_by_reason_and_the_rest_is_done(bulk, draft, published):
    ids = [draft("Good"), published("Out"), *(draft(title="", body="x") for _ in range(5))]
    said = message(bulk("publish", *ids))
    assert "1 published." in said
    assert "6 not published:" in said
    assert (
        "A post needs a title before it can be published. “Untitled”, “Untitled”, “Untitled” and 2 more"
        in said
    )
    assert "Nothing has changed since it was last published. “Out”" in said


def test_a_report_fits_on_a_screen(bulk, draft, published):
    for number in range(12):
        published(f"Taken {number}", slug=f"taken-{number}")
    ids = [draft(f"Late {number}", slug=f"taken-{number}") for number in range(12)]
    said = message(bulk("publish", *ids))
    assert "12 not published:" in said
    assert said.count("belongs to another public post") == admin_bulk.REASONS
    assert "For other reasons 4 posts" in said


def test_several_are_unpublished_trashed_and_restored(bulk, published):
    ids = [published(f"Post {number}") for number in range(2)]
    assert "2 unpublished." in bulk("unpublish", *ids)
    assert "2 not unpublished:" in bulk("unpublish", *ids)
    assert "2 moved to the trash." in bulk("trash", *ids)
    assert "2 restored." in bulk("restore", *ids, at="post/?state=trash")
    assert {post.state for post in Post.objects.all()} == {"draft"}


def test_several_are_scheduled_for_a_time_that_is_asked_for(bulk, draft):
    ids = [draft("One"), draft("Two"), draft(title="", body="x")]
    html = bulk("schedule", *ids)
    assert "When shall they be published?" in html
    assert all(f'value="{pk}"' in html for pk in ids)
    html = bulk("schedule", *ids, apply="1", publish_on="2098-10-26T02:30", zone="Europe/Berlin")
    assert "comes twice" in html
    assert "2098-10-26T02:30" in html
    assert not Post.objects.exclude(publish_at=None).exists()
    when = {"publish_on": "2098-10-26T02:30", "zone": "Europe/Berlin", "occurrence": "second"}
    said = message(bulk("schedule", *ids, apply="1", **when))
    assert "2 scheduled." in said
    assert "1 not scheduled:" in said
    found = set(Post.objects.exclude(publish_at=None).values_list("publish_at", "publish_zone"))
    assert {(f"{at:%H:%M}", zone) for at, zone in found} == {("01:30", "Europe/Berlin")}


def test_the_time_for_several_is_asked_on_the_clock_of_who_is_asked(bulk, draft, author):
    Clock.objects.create(user=author, zone="Europe/Berlin")
    assert 'name="zone" value="Europe/Berlin"' in bulk("schedule", draft("One"))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"publish_on": ""}, "This field is required"),
        ({"publish_on": "soon"}, "This is not a date and time"),
        ({"publish_on": "2099-05-05T09:00", "zone": "Nowhere"}, "Write a time zone"),
        ({"publish_on": "2001-05-05T09:00"}, "1 not scheduled: That time has passed"),
    ],
)
def test_a_time_that_is_none_is_refused_in_words(bulk, draft, typed, said):
    html = bulk("schedule", draft("Hello"), apply="1", **typed)
    assert said in html or said in message(html)
    assert Post.objects.get().publish_at is None


def test_tags_are_added_to_several_drafts_and_readers_see_no_change(bulk, draft, published):
    ids = [draft("Draft", tags=["Old"]), published("Live")]
    assert "Which tags shall they have?" in bulk("tag", *ids)
    assert "Name a tag" in bulk("tag", *ids, apply="1", tag_names=" , ")
    assert "opened and not closed" in bulk("tag", *ids, apply="1", tag_names='"a')
    assert "2 tagged." in bulk("tag", *ids, apply="1", tag_names="New, Old")
    borne = {post.title: set(post.tags.values_list("name", flat=True)) for post in Post.objects.all()}
    assert borne == {"Draft": {"Old", "New"}, "Live": {"Old", "New"}}
    assert Post.objects.get(title="Live").state == "changed"
    assert "2 not tagged: It has these tags already" in message(bulk("tag", *ids, apply="1", tag_names="new"))


def test_tags_are_published_at_once_where_nothing_else_has_changed(bulk, published, edit):
    live, changed = published("Live"), published("Changed")
    edit(changed, body="Not ready.")
    bulk("tag", live, changed, apply="1", tag_names="New", publish="1")
    assert {post.title: post.state for post in Post.objects.all()} == {"Live": "live", "Changed": "changed"}
    assert [tag.name for tag in Post.objects.get(pk=live).live.tags.all()] == ["New"]


def test_what_is_saved_while_tags_are_published_stays_a_draft(published, edit, give, author):
    post = Post.objects.get(pk=published("Hello", body="Public."))  # as the list was read
    edit(post.pk, body="Not for readers yet.")
    tags = (commands.find_or_add_tag("New"),)
    admin_bulk.tag_one(post, tags=tags, publish=True, give={"actor": author, "now": timezone.now()})
    assert Post.objects.get(pk=post.pk).live.body == "Public."


def test_rights_are_looked_at_when_the_turn_of_a_post_comes(give, django_user_model):
    user = django_user_model.objects.create_user("guest", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="change_own_post"))
    _first, second = (
        give(commands.create_draft, draft=commands.Draft(title=title, body="Text."), actor=user)
        for title in ("First", "Second")
    )
    done = []

    def order(post):
        done.append(post.title)
        give(commands.publish, second)  # by somebody else, meanwhile: the user may not take it from readers

    report = admin_bulk.each(user, Post.objects.order_by("title"), order, may_edit)
    assert done == ["First"]
    assert list(report.refused.values()) == [["Second"]]


def test_whoever_has_a_tagged_post_open_is_told(bulk, desk, draft):
    post_id = draft("Hello")
    bulk("tag", post_id, apply="1", tag_names="New")
    html = desk.press("_save", post_id, lock_version=0, body="Typed.")
    assert "saved this post after you opened it" in html
    assert "Typed." in html


def test_too_many_at_once_are_refused_in_words(bulk, draft, monkeypatch):
    from writer import admin_lists

    monkeypatch.setattr(admin_lists, "MOST", 2)
    ids = [draft(f"Post {number}") for number in range(3)]
    assert "You chose more than 2 posts. Nothing was changed" in bulk("publish", *ids)
    assert "You chose more than 2 posts. Nothing was changed" in bulk("publish", ids[0], select_across="1")
    assert {post.state for post in Post.objects.all()} == {"draft"}
    assert "2 published." in bulk("publish", *ids[:2])


def test_all_that_match_are_taken_on_other_pages_too(bulk, draft, monkeypatch):
    from writer.admin_posts import PostAdmin

    monkeypatch.setattr(PostAdmin, "list_per_page", 1)
    ids = [draft(f"Post {number}") for number in range(3)]
    draft("Another")
    assert "3 published." in bulk("publish", ids[0], at="post/?q=post", select_across="1")


@pytest.mark.parametrize("chosen", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_a_post_that_is_not_there_is_no_error(bulk, draft, chosen):
    draft("Hello")
    assert "Posts" in bulk("publish", chosen)


# --- the trash


def test_the_trash_says_how_long_a_post_is_kept(desk, draft, give):
    soon, later = draft("Soon"), draft("Later")
    give(commands.trash, later, now=timezone.now() - timedelta(days=1))
    give(commands.trash, soon, now=timezone.now() - timedelta(days=29))
    html = desk.get("post/?state=trash")
    assert titles(html) == ["Soon", "Later"]
    assert "gone for ever in 0 days" in html
    assert "gone for ever in 28 days" in html
