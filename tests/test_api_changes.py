"""`changes/`: another system that follows it holds exactly the articles that are listed."""

import json
import threading
import time
from contextlib import suppress

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cms.reconcile import reconcile
from reader import projector
from reader.editions import Change, Edition
from reader.models import Article
from reader.pages import Page
from writer import commands, public
from writer.models import Post
from writer.refusals import Refused

CHANGES = "/api/v1/changes/"


class Copy:
    """Another system: it keeps what it was told, and where it was."""

    def __init__(self, client):
        self.client, self.cursor, self.articles = client, None, {}

    def follow(self, *, pages=None, limit=2):
        """Take in what changed since, or so many pages of it."""
        while pages is None or pages > 0:
            asked = {
                "limit": limit,
                "include": "tags,markdown",
                **({"cursor": self.cursor} if self.cursor else {}),
            }
            answer = json.loads(self.client.get(CHANGES, asked).content)
            for change in answer["results"]:
                if change["kind"] == "upsert":
                    self.articles[change["id"]] = change["article"]
                else:
                    self.articles.pop(change["id"], None)
            self.cursor = answer["meta"]["cursor"]
            pages = pages and pages - 1
            if not answer["next"]:
                return


def listed(client):
    """Return all that the list of articles has, by id."""
    answer = json.loads(client.get("/api/v1/articles/", {"limit": 100, "include": "tags,markdown"}).content)
    return {article["id"]: article for article in answer["results"]}


def test_changes_are_told_in_their_order_and_an_article_where_it_changed_last(published, edit, give, ask):
    first, second = published("One"), published("Two")
    edit(first, title="One, again")
    give(commands.publish, first)
    told = ask(CHANGES)["results"]
    assert [(change["kind"], change["article"]["title"]) for change in told] == [
        ("upsert", "Two"), ("upsert", "One, again"),
    ]  # fmt: skip
    assert [change["id"] for change in told] == [str(second), str(first)]


def test_a_removal_names_the_article_and_its_paths(published, give, ask):
    post_id = published("Hello")
    give(commands.add_aliases, post_id, paths=["/old/"])
    give(commands.unpublish, post_id)
    (change,) = ask(CHANGES)["results"]
    assert (change["kind"], change["id"]) == ("removal", str(post_id))
    assert sorted(change["paths"]) == ["/old/", "/posts/hello/"]
    assert "article" not in change


def test_an_article_that_was_never_listed_is_not_named_even_as_gone(published, give, ask):
    post_id = published("Hidden", unlisted=True)
    assert ask(CHANGES)["results"] == []
    give(commands.unpublish, post_id)
    assert ask(CHANGES)["results"] == []


def test_an_article_that_becomes_unlisted_is_removed_and_its_new_path_is_not_told(published, edit, give, ask):
    post_id = published("Hello")
    edit(post_id, unlisted=True, slug="secret")
    give(commands.publish, post_id)
    (change,) = ask(CHANGES)["results"]
    assert (change["kind"], change["paths"]) == ("removal", [])


def test_what_is_made_anew_is_told_again(published, ask):
    published("Hello")
    cursor = ask(CHANGES)["meta"]["cursor"]
    assert ask(CHANGES, cursor=cursor)["results"] == []
    Article.objects.update(render_version="")
    reconcile()
    assert len(ask(CHANGES, cursor=cursor)["results"]) == 1


def test_a_cursor_of_a_read_side_that_was_lost_is_refused(published, ask, refused):
    published("Hello")
    cursor = ask(CHANGES)["meta"]["cursor"]
    for model in (Page, Article, Edition, Change):
        model.objects.all().delete()
    reconcile()
    assert "Begin again" in refused(CHANGES, status=410, cursor=cursor)["detail"]
    assert len(ask(CHANGES)["results"]) == 1


def test_a_cursor_from_ahead_of_a_restored_read_side_is_refused(published, ask, refused):
    published("Hello")
    cursor = ask(CHANGES)["meta"]["cursor"]
    Edition.objects.update(number=0)
    refused(CHANGES, status=410, cursor=cursor)


def test_following_without_anything_to_follow_is_no_error(both, ask):
    answer = ask(CHANGES)
    assert (answer["results"], answer["next"], answer["meta"]["cursor"]) == ([], None, None)


STEPS = st.lists(
    st.tuples(st.sampled_from(["write", "withdraw", "hide", "show", "again", "read"]), st.integers(0, 3)),
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_copy_kept_by_changes_equals_the_list_whatever_came_between(published, edit, give, client, steps):
    """The copy reads a page now and then, in the middle of what happens, and all that is left at the end."""
    copy, posts = Copy(client), []
    with transaction.atomic("reader"), transaction.atomic("default"):
        for step, number in steps:
            if step == "read":
                copy.follow(pages=1 + number, limit=1 + number)
            elif step == "write" and len(posts) < 4:
                posts.append(published(f"Post {len(posts)}", tags=["a"]))
            elif posts:
                act(step, posts[number % len(posts)], number, edit, give)
        copy.follow()
        assert copy.articles == listed(client)
        transaction.set_rollback(True, "reader")
        transaction.set_rollback(True, "default")


def act(step, post_id, number, edit, give):
    """Do something to a post."""
    if step == "withdraw":
        if Article.objects.get(pk=post_id).gone_at is None:
            give(commands.unpublish, post_id)
    elif step == "again":
        Article.objects.filter(pk=post_id).update(render_version="")
        reconcile()
    else:
        edit(post_id, title=f"{step} {number}", unlisted=step == "hide")
        with suppress(Refused):
            give(commands.publish, post_id)


@pytest.mark.django_db(transaction=True, databases=["default", "reader"])
def test_no_number_commits_behind_a_higher_one(published, monkeypatch):
    """Two projections at once: until the first has committed its number, the second gets none."""
    first, second = published("One"), published("Two")
    events = [public.public_state(Post.objects.get(pk=pk)) for pk in (first, second)]
    taken, go_on, done = threading.Event(), threading.Event(), []
    real = projector.put_changes

    def slowly(articles):
        real(articles)
        if articles[0].pk == first:
            taken.set()
            go_on.wait(10)

    def projected(event):
        projector.project(event)
        done.append(event.post_id)
        connections.close_all()

    monkeypatch.setattr(projector, "put_changes", slowly)
    threads = [threading.Thread(target=projected, args=[event]) for event in events]
    threads[0].start()
    assert taken.wait(10)
    threads[1].start()
    time.sleep(0.3)
    assert done == []
    go_on.set()
    for thread in threads:
        thread.join(10)
    told = Change.objects.order_by("edition").values_list("pk", flat=True)
    assert done == list(told) == [first, second]
