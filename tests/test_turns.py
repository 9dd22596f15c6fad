"""Two people at one moment: whoever announces waits for the other, and sees what was done."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from cms.reconcile import check, reconcile
from cms.report import ExitCode
from reader.models import Article
from tests.picture_files import picture
from writer import commands
from writer.commands import Draft
from writer.models import Address, Author, OutboxEvent, Picture, PictureUse, Post, Series, Tag
from writer.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "reader"])
ROUNDS = 8


def do(command, *args, **values):
    return command(*args, **{"actor": None, "now": timezone.now(), **values})


def public(title, **words):
    post_id = do(commands.create_draft, draft=Draft(title=title, body="Text.", **words))
    do(commands.publish, post_id)
    return post_id


def at_once(*calls):
    """Make the calls in threads of their own, all at one moment; return what each came to."""
    start = Barrier(len(calls))

    def run(call):
        start.wait()
        try:
            return call()
        except Refused as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def in_sync():
    return check(deep=True).exit_code == ExitCode.IN_SYNC


def test_of_two_posts_that_want_an_address_one_gets_it():
    for number in range(ROUNDS):
        first = public(f"Post {number}")
        post = Post.objects.get(pk=first)
        moved = Draft(title=post.title, body="Text.", slug=f"moved-{number}")
        do(commands.save_draft, first, draft=moved, lock_version=post.lock_version)
        do(commands.publish, first)
        rivals = [
            do(commands.create_draft, draft=Draft(title=title, body="Text.", slug=f"post-{number}"))
            for title in ("A rival", "Another")
        ]
        outcomes = at_once(*(lambda rival=rival: do(commands.publish, rival) for rival in rivals))
        assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert Post.objects.live().count() == 2 * ROUNDS
    assert in_sync()


def test_names_that_give_one_slug_are_added_at_one_moment():
    for number in range(ROUNDS):
        names = [f"C {number}", f"C {number}+", f"C {number}#", f"C {number}"]
        tags = at_once(*(lambda name=name: commands.find_or_add_tag(name) for name in names))
        assert len(set(tags)) == 3
        assert tags[0] == tags[3]


def test_a_new_name_reaches_what_is_published_at_that_moment(client):
    tag, author = commands.find_or_add_tag("Tag"), commands.find_or_add_author("Author")
    words = {"tags": (tag,), "authors": (author,)}
    for number in range(ROUNDS):
        post_id = do(commands.create_draft, draft=Draft(title=f"Post {number}", body="Text.", **words))
        at_once(
            lambda post_id=post_id: do(commands.publish, post_id),
            lambda number=number: do(commands.rename_tag, tag, name=f"Tag {number}"),
            lambda number=number: do(commands.rename_author, author, name=f"Author {number}"),
        )
    for article in Article.objects.all():
        assert article.tags[0]["name"] == Tag.objects.get().name
        assert article.authors[0]["name"] == Author.objects.get().name
    assert in_sync()


def test_drafts_are_saved_while_the_names_they_bear_are_changed():
    tag, author = commands.find_or_add_tag("Tag"), commands.find_or_add_author("Author")
    words = {"tags": (tag,), "authors": (author,)}
    posts = sorted(public(f"Post {number}", **words) for number in range(12))

    def save(post_id):
        post = Post.objects.get(pk=post_id)
        draft = Draft(title=post.title, body=f"{post.body} More.", **words)
        do(commands.save_draft, post_id, draft=draft, lock_version=post.lock_version)

    for number in range(ROUNDS):
        at_once(
            lambda number=number: do(commands.rename_tag, tag, name=f"Tag {number}"),
            lambda number=number: do(commands.rename_author, author, name=f"Author {number}"),
            *(lambda post_id=post_id: save(post_id) for post_id in posts[-4:]),
        )
    assert in_sync()


def test_a_merged_tag_is_merged_in_what_is_published_at_that_moment(client):
    target = commands.find_or_add_tag("target")
    for number in range(ROUNDS):
        tag = commands.find_or_add_tag(f"tag {number}")
        post_id = do(commands.create_draft, draft=Draft(title=f"Post {number}", body="Text.", tags=(tag,)))
        at_once(
            lambda post_id=post_id: do(commands.publish, post_id),
            lambda tag=tag: do(commands.merge_tags, tag, into=target),
        )
        assert client.get(f"/tags/tag-{number}/")["Location"] == "/tags/target/"
    assert in_sync()


def test_posts_that_swap_their_addresses_do_not_lock_each_other_out():
    for number in range(ROUNDS):
        one, two = public(f"One {number}"), public(f"Two {number}")
        for post_id, slug in ((one, "x"), (two, "y")):
            post = Post.objects.get(pk=post_id)
            draft = Draft(title=post.title, body="Text.", slug=f"{slug}-{number}")
            do(commands.save_draft, post_id, draft=draft, lock_version=post.lock_version)
            do(commands.publish, post_id)
        for post_id, slug in ((one, f"two-{number}"), (two, f"one-{number}")):
            post = Post.objects.get(pk=post_id)
            draft = Draft(title=post.title, body="Text.", slug=slug)
            do(commands.save_draft, post_id, draft=draft, lock_version=post.lock_version)
        outcomes = at_once(*(lambda post_id=post_id: do(commands.publish, post_id) for post_id in (one, two)))
        assert outcomes == [None, None]
    assert in_sync()


def test_versions_grow_across_the_site_in_the_order_of_the_outbox():
    at_once(*(lambda number=number: public(f"Post {number}") for number in range(6)))
    versions = list(OutboxEvent.objects.order_by("pk").values_list("version", flat=True))
    assert versions == sorted(set(versions))


def test_an_address_freed_by_a_purge_is_read_again_though_the_clock_went_back(client):
    gone = public("Hello")
    later = timezone.now() + timedelta(hours=1)
    do(commands.trash, gone, now=later)
    do(commands.purge, gone)
    public("Hello")
    assert client.get("/posts/hello/").status_code == 200
    assert in_sync()


def test_the_desk_publishes_while_a_name_is_changed_everywhere(client, django_user_model):
    client.force_login(django_user_model.objects.create_superuser("ada"))
    author = commands.find_or_add_author("Ada")
    posts = sorted(public(f"Post {number}", authors=(author,)) for number in range(30))
    for number in range(4):
        path = f"/admin/writer/post/{posts.pop()}/change/"
        form = {"title": "Title", "body": "Text.", "slug": f"slug-{number}", "language": "en", "zone": "UTC"}
        _renamed, answer = at_once(
            lambda number=number: do(commands.rename_author, author, name=f"Ada {number}"),
            lambda form=form, path=path: client.post(path, {**form, "lock_version": "0", "_publish": "1"}),
        )
        assert answer.status_code == 302
    assert in_sync()


def test_after_a_restored_backup_an_address_is_its_old_owner_s_again(client):
    """Another post had it meanwhile, under a higher version; now the writer does not know that one."""
    old = Post.objects.get(pk=public("Hello"))
    Post.objects.filter(pk=old.pk).update(live=None)
    new = Post.objects.get(pk=public("Another", slug="hello"))
    Address.objects.update(post=old)
    OutboxEvent.objects.filter(post_id=new.pk).delete()
    Post.objects.filter(pk=new.pk).update(live=None, announced=None)
    new.delete()
    old.save()
    assert reconcile(force=True).exit_code == ExitCode.REPAIRED
    assert in_sync()
    assert "Hello" in client.get("/posts/hello/").content.decode()


@pytest.mark.parametrize("before", ["never", "once"])
def test_a_picture_is_not_deleted_while_a_draft_takes_it_up(before, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    for number in range(ROUNDS):
        made = do(commands.add_picture, data=picture(colour=(number, 0, 0)), name="a.png")
        kept = Picture.objects.get(pk=made)
        texts = ["", kept.url, ""] if before == "once" else [""]
        post_id = do(commands.create_draft, draft=Draft(title=f"Post {number}", body=texts[0]))
        for place, text in enumerate(texts[1:]):
            do(commands.save_draft, post_id, draft=Draft(title="Post", body=text), lock_version=place)
        taken_up = Draft(title="Post", body=kept.url)
        version = len(texts) - 1
        saved, deleted = at_once(
            lambda post_id=post_id, draft=taken_up, version=version: do(
                commands.save_draft, post_id, draft=draft, lock_version=version
            ),
            lambda kept=kept: do(commands.delete_picture, kept.pk),
        )
        assert saved is None
        there = Picture.objects.filter(pk=kept.pk).exists()
        assert there is isinstance(deleted, Refused)
        assert PictureUse.objects.filter(picture_id=kept.pk, in_draft=True).exists() is there
        assert (settings.MEDIA_ROOT / kept.path).exists() is there


def test_a_name_is_deleted_while_drafts_take_it_up_and_others_are_published():
    for number in range(ROUNDS):
        tag, series = commands.find_or_add_tag(f"T {number}"), commands.find_or_add_series(f"S {number}")
        post = public(f"Post {number}", tags=(tag,), series_id=series)
        typed = Draft(title=f"Post {number}", body="Typed.", tags=(tag,), series_id=series)
        new = Draft(title=f"New {number}", body="Text.", tags=(tag,), series_id=series)
        outcomes = at_once(
            lambda tag=tag: do(commands.delete_tag, tag),
            lambda series=series: do(commands.delete_series, series),
            lambda post=post, typed=typed: do(commands.save_draft, post, draft=typed, lock_version=0),
            lambda new=new: do(commands.create_draft, draft=new),
        )
        assert not any(isinstance(outcome, Refused) for outcome in outcomes)
    assert not Tag.objects.exists()
    assert not Series.objects.exists()
    assert Post.objects.filter(body="Typed.").count() == ROUNDS
    assert in_sync()
