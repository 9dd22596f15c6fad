"""The checklist before publishing."""

from copy import copy

import pytest

from tests.conftest import NOON
from tests.picture_files import picture
from writer import checklist, commands, drafted
from writer.forms import PostForm
from writer.models import Picture, Post
from writer.refusals import Refused


def found(post_id, level=None):
    """Return what there is to look at in a saved draft: the fields, and the sentences in one."""
    post = Post.objects.get(pk=post_id)
    findings = checklist.findings(post, drafted.kept(copy(post), now=NOON))
    chosen = [finding for finding in findings if level in (None, finding.level)]
    return [finding.field for finding in chosen], " ".join(finding.words for finding in chosen)


def test_a_post_with_all_it_needs_is_ready(draft):
    post_id = draft(
        "Hello", summary="In short.", tags=["Sea"], cover="/media/pictures/0.png", cover_alt="A hen"
    )
    assert found(post_id) == ([], "")
    assert checklist.in_brief([]) == "Ready"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"title": ""}, "title"),
        ({"body": " \n"}, "body"),
        ({"body": "> " * 800 + "a"}, "body"),
        ({"slug": "taken"}, "slug"),
    ],
)
def test_what_the_command_refuses_is_said_before_in_its_words(draft, published, give, words, field):
    published("Taken", slug="taken")
    post_id = draft(**{"title": "Hello", **words})
    fields, said = found(post_id, "error")
    assert fields == [field]
    with pytest.raises(Refused) as refusal:
        give(commands.publish, post_id)
    assert said == str(refusal.value)


def test_what_does_not_stop_the_command_stops_nobody(draft, give):
    post_id = draft("Hello", body="![](/a.png)\n\n[x](/posts/nothing/) [y](#nowhere)")
    assert len(found(post_id, "warning")[0]) == 3
    give(commands.publish, post_id)
    assert Post.objects.get().state == "live"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("![](/media/pictures/0.png)", "1 picture has no words"),
        ("![ ](/0.png) ![](/1.png) ![hen](/2.png)", "2 pictures have no words"),
        ("[x](/posts/draft/)", "/posts/draft/ is no public post"),
        ("[x](/posts/nothing)", "/posts/nothing/ is no public post"),
        ("[x](../nothing/)", "/posts/nothing/ is no public post"),
        ("[x](http://localhost:8000/posts/nothing/)", "/posts/nothing/ is no public post"),
        ("[x](/posts/H%C3%BChner-im-Nebel/)", "/posts/Hühner-im-Nebel/ is no public post"),
        ("[x](#nowhere)", "no heading #nowhere"),
        ("[x](/posts/hello/#nowhere)", "no heading #nowhere"),
    ],
)
def test_what_a_reader_would_stumble_over_is_said(draft, body, said):
    draft("Draft")
    fields, words = found(draft("Hello", body=body), "warning")
    assert fields == ["body"]
    assert said in words


@pytest.mark.parametrize(
    "body",
    [
        "![A hen](/media/pictures/0.png)",
        "# One\n\n## Two\n\n### Three\n\n# Four",
        "## One\n\n### Two\n\n## Three",
        "[x](/posts/public/) [y](/posts/public/#anything) [z](/old/public/)",
        "[home](/) [tags](/tags/sea/) [x](/media/pictures/0.png)",
        "[x](https://example.org/posts/nothing/) [y](mailto:a@example.org) [z](http://[)",
        "[x](#one) [top](#top) [y](#)\n\n## One",
        "Note.[^1]\n\n[^1]: Here.",
        "[x](/posts/hello/#one)\n\n## One",
    ],
)
def test_what_is_well_is_not_mentioned(draft, published, give, body):
    give(commands.add_aliases, published("Public"), paths=["/old/public/"])
    assert found(draft("Hello", body=body), "warning") == ([], "")


def test_the_automatic_summary_is_shown(draft):
    fields, words = found(draft("Hello", body="# Heading\n\nHow it *begins*."), "note")
    assert "summary" in fields
    assert "“How it begins.”" in words


def test_a_description_that_search_engines_cut_is_named_where_it_stands(draft):
    assert found(draft("One", summary="x" * 161), "warning")[0] == ["summary"]
    assert found(draft("Two", summary="x" * 161, description="In short."), "warning")[0] == []
    assert found(draft("Three", description="x" * 161), "warning")[0] == ["description"]


def test_a_picture_without_words_is_named(draft):
    assert found(draft("Hello", cover="/media/pictures/0.png"), "warning")[0] == ["cover_alt"]


def test_a_picture_that_is_decoration_only_needs_no_words(draft, give):
    words = {"data": picture(), "name": "line.png", "alt": ""}
    kept = Picture.objects.get(pk=give(commands.add_picture, **words))
    post_id = draft("Hello", body=f"![]({kept.url}) Text.")
    assert "1 picture has no words" in found(post_id, checklist.WARNING)[1]
    give(commands.describe_picture, kept.pk, alt="", decorative=True)
    assert found(post_id, checklist.WARNING)[1] == ""


def test_a_picture_that_has_not_arrived_is_named(draft):
    said = found(draft("Hello", body="![Uploading owl.png…]() Text."), checklist.WARNING)[1]
    assert said == "A picture has not arrived yet: “Uploading owl.png…” stands in its place."


def test_the_redirect_that_a_new_address_makes_is_said_before(published, edit):
    post_id = published("Hello")
    edit(post_id, slug="hallo")
    fields, words = found(post_id, "warning")
    assert fields == ["slug"]
    assert "Whoever follows /posts/hello/ is led to /posts/hallo/." in words


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        (["note"], "Ready"),
        (["warning"], "1 thing to look at"),
        (["warning", "warning", "note", "warning"], "3 things to look at"),
        (["error"], "1 thing is in the way"),
        (["error", "error", "warning"], "2 things are in the way, 1 more to look at"),
    ],
)
def test_it_is_said_in_brief(levels, said):
    assert checklist.in_brief(checklist.Finding(level, "") for level in levels) == said


# --- at the desk


@pytest.fixture
def check(client, author):
    """Ask for the checklist of a post's form with these fields changed."""
    client.force_login(author)

    def check(post_id=None, **fields):
        form = PostForm(instance=Post.objects.get(pk=post_id) if post_id else None)
        shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
        sent = {name: "" if value is None else value for name, value in {**shown, **fields}.items()}
        answer = client.post(f"/admin/writer/post/{post_id or 'new'}/check/", sent)
        assert answer.status_code == 200
        return answer.content.decode()

    return check


def test_what_is_typed_is_looked_at_and_each_finding_leads_to_its_field(check, published):
    html = check(published("Hello"), slug="hallo", body="![](/x.png)")
    assert "2 things to look at" in html
    assert '<a href="#id_slug">The address changes.' in html
    assert '<a href="#id_body">1 picture has no words' in html
    assert Post.objects.get().slug == "hello"


def test_what_cannot_be_kept_is_in_the_way(check, both):
    html = check(title="Hello", body="Text.", language="no language", tag_names='"open')
    assert "2 things are in the way" in html
    assert '<a href="#id_language">Write a language tag' in html
    assert '<a href="#id_tag_names">' in html
    assert "1 thing is in the way" in check(title="Hello", body="Text.", author_names="a" * 201)


def test_it_stands_on_the_page_before_anybody_types(desk, draft):
    html = desk.get(f"post/{draft('')}/change/")
    assert "1 thing is in the way" in html
    assert "A post needs a title before it can be published." in html
