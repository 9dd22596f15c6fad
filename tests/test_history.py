"""What a post said when: the pages of its history, and what differs between two wordings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.soon import soon
from writer import commands
from writer.differences import difference
from writer.models import Post


def sides(found):
    """Return both texts as the difference tells them."""
    segments = [segment for block in found.blocks for segment in block.segments]
    return tuple("".join(s.text for s in segments if s.kind != other) for other in ("new", "gone"))


def shown(old, new):
    """Return the difference as HTML."""
    return "".join(block.both for block in difference(old, new).blocks)


# --- differences


@pytest.mark.parametrize(
    ("old", "new", "html"),
    [
        ("The quick fox.", "The slow fox.", "The <del>quick</del><ins>slow</ins> fox."),
        ("One.\nTwo.\n", "One.\nThree.\n", "One.\n<del>Two</del><ins>Three</ins>.\n"),
        ("One.\nTwo.\n", "One.\n\nTwo.\n", "One.\n<ins>↵\n</ins>Two.\n"),
        ("我喜欢猫", "我喜欢狗", "我喜欢<del>猫</del><ins>狗</ins>"),
        ("", "New.", "<ins>New.</ins>"),
        ("<b>", "<i>", "&lt;<del>b</del><ins>i</ins>&gt;"),
        ("Same.", "Same.", "Same."),
    ],
)
def test_words_that_differ_are_marked(old, new, html):
    assert shown(old, new) == html


@given(st.text(alphabet="ab \n.é我"), st.text(alphabet="ab \n.é我"))
def test_both_texts_can_be_read_from_their_difference(old, new):
    found = difference(old, new)
    assert sides(found) == (old, new)
    assert found.changed == (old != new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "".join(f"{n * 7919 % 3001} " for n in range(40_000))[:200_000],
            "".join(f"{n * 104729 % 3011} " for n in range(40_000))[:200_000],
        ),
        ("a " * 100_000, "b " + "a " * 99_990),
        ("a\n" * 100_000, "b\n" * 100_000),
        (
            "\n".join("ab"[n * n % 7 % 2] for n in range(100_000)),
            "\n".join("ab"[n * n % 11 % 2] for n in range(100_000)),
        ),
        ("我" * 200_000, "你我" * 100_000),
        ("x" * 200_000, "y" * 200_000),
    ],
    ids=["words", "one word", "lines", "two lines", "characters", "one long word"],
)
def test_two_texts_of_200_000_characters_are_compared_in_time(old, new):
    found = soon(2, difference, old, new)
    assert sides(found) == (old, new)


# --- the pages


@pytest.fixture
def compared(desk):
    """Ask for a comparison; return the page."""

    def compared(post_id, **asked):
        return desk.get(
            f"post/{post_id}/compare/?" + "&".join(f"{k.strip('_')}={v}" for k, v in asked.items())
        )

    return compared


def test_any_two_wordings_are_compared_in_every_field(published, edit, compared):
    post_id = published("Hello", tags=["Sea"], authors=["Ann"])
    sky = commands.find_or_add_tag("Sky")
    bob = commands.find_or_add_author("Bob")
    edit(
        post_id,
        title="Goodbye",
        body="A *second* text.",
        tags=(sky,),
        authors=(bob,),
        unlisted=True,
        description="Short.",
    )
    for asked in ({"from_": 1, "to": 2}, {"from_": "live", "to": "draft"}, {}):
        html = compared(post_id, **asked)
        for old, new in (("Hello", "Goodbye"), ("first", "second"), ("Sea", "Sky"), ("Ann", "Bob")):
            assert f"<del>{old}</del><ins>{new}</ins>" in html
        assert "<ins>yes</ins>" in html
        assert "<ins>Short.</ins>" in html
        assert "<h2>Language</h2>" not in html
    html = compared(post_id, from_=1, to=2, view="side")
    assert '<div class="words was" dir="auto">A *<del>first</del>* text.</div>' in html
    assert '<div class="words is" dir="auto">A *<ins>second</ins>* text.</div>' in html
    assert "They do not differ" in compared(post_id, from_="draft", to=2)


@pytest.mark.parametrize("asked", ["99", "x", "-1", "9" * 30, "live", "%3Cb%3E"])
def test_a_wording_that_there_is_not_is_named(draft, client, desk, asked):
    answer = client.get(f"/admin/writer/post/{draft()}/compare/?from={asked}")
    assert answer.status_code == 404
    assert "This post has no revision" in answer.content.decode()
    assert "<b>" not in answer.content.decode()


def test_texts_that_differ_in_too_much_are_compared_by_paragraphs_and_that_is_said(draft, edit, compared):
    post_id = draft(body="我" * 100_000)
    edit(post_id, body="你我" * 50_000)
    assert "whole paragraphs are compared" in compared(post_id, from_=1, to=2)


def test_a_revision_is_brought_back_from_where_it_is_compared(draft, edit, compared, desk):
    post_id = draft()
    edit(post_id, body="Second.")
    assert "Make revision 1 the draft" in compared(post_id, from_=1, to="draft")
    assert "The draft is that revision again" in desk.post(f"post/{post_id}/revert/", _revert="1")
    assert Post.objects.get().body == "A *first* text."
    for nonsense in ("99", "x", "", "9" * 30):
        assert "There is no revision" in desk.post(f"post/{post_id}/revert/", _revert=nonsense)


def test_what_was_saved_while_typing_is_folded(draft, give, desk, django_user_model):
    post_id = draft()
    for sequence in (1, 2):
        bob = django_user_model.objects.create_user(f"bob{sequence}")
        page = {
            "editor": f"00000000-0000-0000-0000-00000000000{sequence}",
            "sequence": 1,
            "lock_version": sequence - 1,
        }
        give(
            commands.autosave_draft,
            post_id,
            draft=commands.Draft(title="Hello", body=f"Typed {sequence}."),
            actor=bob,
            **page,
        )
    html = desk.get(f"post/{post_id}/change/")
    assert "Saved while typing, 2 times" in html
    assert html.count('name="_revert"') == 3


def test_no_page_asks_more_the_more_revisions_there_are(
    draft, edit, client, desk, django_assert_num_queries, django_assert_max_num_queries
):
    post_id = draft("Hello")
    paths = [f"/admin/writer/post/{post_id}/{page}" for page in ("change/", "revisions/", "compare/?from=1")]
    counts = []
    for many in (3, 60):
        for number in range(many):
            edit(post_id, body=f"Text {many} {number}.")
        for path in paths:
            with django_assert_max_num_queries(40) as asked:
                assert client.get(path).status_code == 200
            counts.append(len(asked))
    assert counts[:3] == counts[3:]
