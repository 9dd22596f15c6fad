"""Commands: what an author may do, what is refused, and in which words."""

import pytest

from cms import documents
from cms.reconcile import check
from cms.report import ExitCode
from writer import commands
from writer.models import OutboxEvent, Post, Revision, Tag
from writer.refusals import Refused, Stale


def test_a_new_draft_is_not_public(draft, client):
    draft("Secret plans")
    assert client.get("/posts/secret-plans/").status_code == 404
    assert "Secret plans" not in client.get("/").content.decode()


def test_the_slug_follows_the_title_until_the_first_publication(draft, edit, give):
    post_id = draft("A first thought")
    edit(post_id, title="A second thought", slug="a-first-thought")
    assert Post.objects.get().slug == "a-second-thought"
    give(commands.publish, post_id)
    edit(post_id, title="A third thought")
    assert Post.objects.get().slug == "a-second-thought"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("Größe & Maß", "größe-maß"),
        ("日本語の題名", "日本語の題名"),
        ("Rust 1.0", "rust-1-0"),
        ("C++", "c"),
    ],
)
def test_slugs_stay_readable_in_every_script(draft, title, slug):
    draft(title)
    assert Post.objects.get().slug == slug


def test_two_posts_of_one_title_get_two_slugs(published):
    published("Hello")
    published("Hello")
    assert set(Post.objects.values_list("slug", flat=True)) == {"hello", "hello-2"}


def test_a_title_without_letters_still_gets_a_slug(draft):
    post_id = draft("!!!")
    assert Post.objects.get().slug == f"post-{post_id.hex[:8]}"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"title": " "}, "needs a title"),
        ({"body": " \n"}, "needs a text"),
        ({"body": "- " * 496 + "a"}, "nests quotes or lists"),
    ],
)
def test_what_cannot_stand_before_readers_is_refused(draft, give, client, words, reason):
    post_id = draft(**{"title": "Hello", **words})
    with pytest.raises(Refused, match=reason):
        give(commands.publish, post_id)
    assert not OutboxEvent.objects.exists()
    assert Post.objects.get().live is None


def test_publishing_twice_without_a_change_is_refused(published, give):
    post_id = published()
    with pytest.raises(Refused, match="Nothing has changed"):
        give(commands.publish, post_id)


def test_a_slug_of_another_public_post_is_refused(published, draft, give):
    published("Hello")
    other = draft("Other", slug="hello")
    with pytest.raises(Refused, match="belongs to another public post, “Hello”"):
        give(commands.publish, other)


def test_a_former_slug_of_another_post_can_be_taken(published, edit, give, draft, client):
    first = published("Hello")
    edit(first, slug="moved")
    give(commands.publish, first)
    second = draft("Second", slug="hello")
    give(commands.publish, second)
    assert "Second" in client.get("/posts/hello/").content.decode()
    assert client.get("/posts/moved/").status_code == 200


def test_a_live_post_may_carry_a_newer_draft(published, edit, client, give):
    post_id = published("Hello", body="Old words.")
    edit(post_id, body="New words.")
    assert Post.objects.get().state == "changed"
    assert "Old words" in client.get("/posts/hello/").content.decode()
    give(commands.publish, post_id)
    assert Post.objects.get().state == "live"
    assert "New words" in client.get("/posts/hello/").content.decode()


def test_an_edit_that_is_taken_back_is_no_change(published, edit):
    post_id = published(body="One.")
    edit(post_id, body="Two.")
    edit(post_id, body="One.")
    assert Post.objects.get().state == "live"


def test_a_stale_form_is_refused_and_writes_nothing(published, author, clock):
    post_id = published("Hello", body="Old.")
    stale = Post.objects.get()
    commands.save_draft(
        post_id, draft=commands.Draft(title="Mine"), lock_version=0, actor=author, now=clock()
    )
    with pytest.raises(Stale):
        commands.save_draft(
            post_id,
            draft=commands.Draft(title="Theirs"),
            lock_version=stale.lock_version,
            actor=author,
            now=clock(),
        )
    assert Post.objects.get().title == "Mine"
    assert Post.objects.get().live is not None


def test_discarding_changes_brings_the_public_words_back(published, edit, give):
    post_id = published("Hello", body="Public.", tags=["one"])
    edit(post_id, body="Changed.", tags=())
    give(commands.discard_changes, post_id)
    post = Post.objects.get()
    assert (post.body, post.changed, len(post.tag_ids())) == ("Public.", False, 1)


def test_an_earlier_revision_becomes_the_draft_and_changes_no_page(published, edit, give, client):
    post_id = published("Hello", body="First.")
    edit(post_id, body="Second.")
    give(commands.publish, post_id)
    give(commands.revert_to, post_id, number=1)
    assert Post.objects.get().body == "First."
    assert "Second." in client.get("/posts/hello/").content.decode()


def test_a_revision_that_is_not_there_is_refused(published, give):
    with pytest.raises(Refused, match="no revision 99"):
        give(commands.revert_to, published(), number=99)


def test_unpublishing_leaves_a_mark_and_the_draft(published, give, client):
    post_id = published("Hello")
    give(commands.unpublish, post_id)
    assert client.get("/posts/hello/").status_code == 410
    assert Post.objects.get().state == "draft"
    give(commands.publish, post_id)
    assert client.get("/posts/hello/").status_code == 200


def test_trash_restore_and_purge(published, give, client):
    post_id = published("Hello")
    with pytest.raises(Refused, match="Only a post in the trash"):
        give(commands.purge, post_id)
    give(commands.trash, post_id)
    assert client.get("/posts/hello/").status_code == 410
    give(commands.restore, post_id)
    assert Post.objects.get().state == "draft"
    assert client.get("/posts/hello/").status_code == 410
    give(commands.trash, post_id)
    give(commands.purge, post_id)
    assert not Post.objects.exists()
    assert not Revision.objects.exists()
    assert client.get("/posts/hello/").status_code == 410
    assert OutboxEvent.objects.filter(post_id=post_id).count() == 2


def test_a_post_in_the_trash_cannot_be_published_or_saved(draft, give, edit):
    post_id = draft()
    give(commands.trash, post_id)
    with pytest.raises(Refused, match="in the trash"):
        give(commands.publish, post_id)
    with pytest.raises(Refused, match="in the trash"):
        edit(post_id, body="More.")


def test_the_slug_of_a_deleted_post_is_free_again(published, give, draft, client):
    post_id = published("Hello")
    give(commands.trash, post_id)
    give(commands.purge, post_id)
    give(commands.publish, draft("Hello"))
    assert client.get("/posts/hello/").status_code == 200


def test_a_new_tag_name_reaches_every_public_post(published, draft, give, client):
    published("One", tags=["rust"])
    published("Two", tags=["rust", "web"])
    draft("Three", tags=["rust"])
    give(commands.rename_tag, Tag.objects.get(slug="rust").pk, name="Rust language")
    for slug in ("one", "two"):
        assert "Rust language" in client.get(f"/posts/{slug}/").content.decode()
    assert client.get("/posts/three/").status_code == 404
    assert "Rust language" in client.get("/tags/rust/").content.decode()


def test_merged_tags_are_one_in_posts_and_in_old_revisions(published, edit, give, client):
    post_id = published("One", tags=["js"])
    other = commands.find_or_add_tag("JavaScript")
    give(commands.merge_tags, Tag.objects.get(slug="js").pk, into=other)
    assert "JavaScript" in client.get("/posts/one/").content.decode()
    assert client.get("/tags/js/")["Location"] == "/tags/javascript/"
    assert Post.objects.get().state == "live"
    edit(post_id, tags=())
    give(commands.revert_to, post_id, number=1)
    assert Post.objects.get().tag_ids() == {other}


def test_a_tag_cannot_be_merged_into_itself(both, give):
    tag = commands.find_or_add_tag("one")
    with pytest.raises(Refused, match="into another"):
        give(commands.merge_tags, tag, into=tag)


def test_a_new_author_name_reaches_every_byline_in_its_order(published, give, client):
    published("One", authors=["Grace", "Ada"])
    ada = commands.find_or_add_author("Ada")
    give(commands.rename_author, ada, name="Ada Lovelace")
    page = client.get("/posts/one/").content.decode()
    assert page.index("Grace") < page.index("Ada Lovelace")


def test_a_fan_out_delivers_a_screenful_at_once_and_the_rest_by_the_relay(published, give, monkeypatch):
    monkeypatch.setattr("writer.delivery.AT_ONCE", 2)
    for number in range(4):
        published(f"Post {number}", tags=["rust"])
    give(commands.rename_tag, Tag.objects.get().pk, name="Rust")
    assert OutboxEvent.objects.pending().count() == 2


def test_text_that_cannot_be_stored_is_refused_by_field(give):
    for field in ("title", "summary", "body"):
        for text in ("a\x00b", "a\ud800b"):
            with pytest.raises(Refused, match=field):
                give(commands.create_draft, draft=commands.Draft(**{field: text}))
    assert not Post.objects.exists()


def test_text_that_is_too_long_is_refused_with_both_figures(give):
    with pytest.raises(Refused, match=r"body has 200,001 characters; at most 200,000"):
        give(commands.create_draft, draft=commands.Draft(body="a" * 200_001))


def test_text_is_kept_composed(draft):
    draft("Cafe\u0301")
    assert Post.objects.get().title == "Café"


def test_old_addresses_lead_to_the_post(published, give, client):
    post_id = published("Hello")
    give(commands.add_aliases, post_id, paths=["/2014/09/hello.html", "/old/"])
    for path in ("/2014/09/hello.html", "/old/", "/old"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (301, "/posts/hello/")


@pytest.mark.parametrize(
    "path", ["admin", "//evil", "/admin/x/", "/tags/x/", "/a b/", "/a?b", "/../x", "/" + "a" * 600]
)
def test_an_address_that_no_post_can_have_is_refused(published, give, path):
    with pytest.raises(Refused):
        give(commands.add_aliases, published(), paths=[path])


def test_every_event_says_who_and_what(published, give, author):
    post_id = published("Hello")
    give(commands.unpublish, post_id)
    kinds = OutboxEvent.objects.order_by("pk").values_list("kind", "actor")
    assert list(kinds) == [("post.published", "ada"), ("post.withdrawn", "ada")]
    for row in OutboxEvent.objects.all():
        assert documents.digest(row.document) == row.digest


def test_names_that_make_the_same_address_are_tags_of_their_own(published, client):
    published("One", tags=["C", "C++", "C#"])
    assert {tag.name: tag.slug for tag in Tag.objects.all()} == {"C": "c", "C++": "c-2", "C#": "c-3"}
    assert "C++" in client.get("/tags/c-2/").content.decode()
    assert commands.find_or_add_tag("C#") == Tag.objects.get(slug="c-3").pk
    assert commands.find_or_add_tag("c") == Tag.objects.get(slug="c").pk


def test_a_renamed_tag_is_known_by_its_new_name(published, give):
    published("One", tags=["rust"])
    rust = Tag.objects.get().pk
    give(commands.rename_tag, rust, name="Rust language")
    assert commands.find_or_add_tag("Rust language") == rust
    assert commands.find_or_add_tag("rust") != rust


def test_no_two_tags_or_authors_share_a_name(both, give):
    commands.find_or_add_tag("Rust"), commands.find_or_add_author("Ada")
    tag, author = commands.find_or_add_tag("Go"), commands.find_or_add_author("Grace")
    with pytest.raises(Refused, match="the name of another"):
        give(commands.rename_tag, tag, name="RUST")
    with pytest.raises(Refused, match="the name of another"):
        give(commands.rename_author, author, name="Ada")
    give(commands.rename_tag, tag, name="GO")
    assert Tag.objects.get(pk=tag).name == "GO"


def test_a_merged_tag_s_page_leads_on_wherever_the_other_is_borne(published, give, client):
    published("One", tags=["js"])
    published("Two", tags=["ecma"])
    js, ecma = (Tag.objects.get(slug=slug).pk for slug in ("js", "ecma"))
    target = commands.find_or_add_tag("JavaScript")
    give(commands.merge_tags, ecma, into=js)
    give(commands.merge_tags, js, into=target)
    published("Three", tags=["JavaScript"])
    for slug in ("js", "ecma"):
        assert client.get(f"/tags/{slug}/")["Location"] == "/tags/javascript/"
    assert check(deep=True).exit_code == ExitCode.IN_SYNC


def test_names_are_told_apart_by_more_than_case(both, give):
    assert commands.find_or_add_author("Éclair") == commands.find_or_add_author("éclair")
    assert commands.find_or_add_tag("a" * 99 + "+") != commands.find_or_add_tag("a" * 99 + "#")
    assert all(len(tag.slug) <= 100 for tag in Tag.objects.all())


def test_a_tag_is_merged_once(both, give):
    one, two, three = (commands.find_or_add_tag(name) for name in ("one", "two", "three"))
    give(commands.merge_tags, one, into=two)
    with pytest.raises(Refused, match="stands for itself"):
        give(commands.merge_tags, one, into=three)


def test_a_merge_that_makes_draft_and_public_text_alike_leaves_no_changes(published, edit, give):
    one, two = commands.find_or_add_tag("one"), commands.find_or_add_tag("two")
    post_id = published("Hello", tags=["one", "two"])
    edit(post_id, tags=(one,))
    assert Post.objects.get().state == "changed"
    give(commands.merge_tags, two, into=one)
    assert Post.objects.get().state == "live"


def test_an_author_is_named_once_in_a_byline(published, client):
    published("Hello", authors=["Ann", "ann", "Grace", "ANN"])
    assert [line.author.name for line in Post.objects.get().byline.all()] == ["Ann", "Grace"]


def test_long_addresses_stay_what_they_are(published, edit, give):
    _first, second = (published("word " * 25 + part) for part in ("part one", "part two"))
    slugs = {post.pk: post.slug for post in Post.objects.all()}
    assert len(set(slugs.values())) == 2
    assert all(len(slug) <= 100 for slug in slugs.values())
    edit(second, body="Other words.")
    give(commands.publish, second)
    assert {post.pk: post.slug for post in Post.objects.all()} == slugs


def test_an_address_made_without_a_title_follows_the_first_title(draft, edit):
    post_id = draft(title="")
    assert Post.objects.get().slug.startswith("post-")
    edit(post_id, title="A title at last")
    assert Post.objects.get().slug == "a-title-at-last"


@pytest.mark.parametrize("path", ["/cafe\u0301/", "/caf\u00e9/"])
def test_addresses_are_found_however_their_letters_are_composed(published, give, client, path):
    post_id = published("Hello")
    give(commands.add_aliases, post_id, paths=[path])
    for asked in ("/cafe\u0301/", "/caf\u00e9/"):
        assert client.get(asked)["Location"] == "/posts/hello/"
    assert check(deep=True).exit_code == ExitCode.IN_SYNC


def test_an_alias_of_another_post_is_refused(published, give):
    give(commands.add_aliases, published("One"), paths=["/old/"])
    with pytest.raises(Refused, match="/old/ leads to another post, “One”"):
        give(commands.add_aliases, published("Two"), paths=["/old/"])


@pytest.mark.parametrize("language", ["", "de_DE", "klingon!", "a" * 36])
def test_a_language_that_is_none_is_refused(give, language):
    with pytest.raises(Refused, match="language"):
        give(commands.create_draft, draft=commands.Draft(title="A", language=language))
