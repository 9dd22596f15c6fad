"""Posts that are translations of one another name each other, to readers and to search engines."""

import pytest

from tests.test_pages import Statements
from tests.test_surroundings import beside
from writer import commands
from writer.models import Post
from writer.refusals import Refused


@pytest.fixture
def translated(published):
    """Publish two posts that say the same in two languages, and a third that says something else; return ids."""
    english = published("The sea", language="en", translation_key="sea")
    german = published("Das Meer", language="de", translation_key="sea")
    published("Other", language="fr")
    return english, german


BOTH = {"de": "das-meer", "en": "the-sea"}


def named(client, slug):
    """Return what the head of a post's page names as its translations, and its text as the others."""
    return beside(client, slug)["translations"]


def test_two_posts_with_one_key_name_each_other_and_a_third_does_not(client, translated):
    assert named(client, "the-sea") == named(client, "das-meer") == BOTH
    assert named(client, "other") == {}
    html = client.get("/posts/the-sea/").content.decode()
    link = '<a href="/posts/das-meer/" hreflang="de" lang="de" dir="ltr">Deutsch</a>'
    assert f'<p class="label" lang="en"><bdi>Also in {link}</bdi></p>' in html
    assert "<!--:" not in html
    assert "Also in" not in client.get("/posts/other/").content.decode()


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("ja", "日本語"),
        ("pt-BR", "Português Brasileiro"),
        ("zh-Hant", "繁體中文"),
        ("de-AT", "Deutsch (de-AT)"),
        ("tlh", "tlh"),
    ],
)
def test_a_language_is_called_as_in_itself(client, published, language, name):
    published("One", language="en", translation_key="one")
    published("Two", language=language, translation_key="one")
    html = client.get("/posts/one/").content.decode()
    assert f'hreflang="{language}" lang="{language}" dir="ltr">{name}</a></bdi></p>' in html


def test_several_languages_stand_in_the_order_of_their_tags(client, translated, published):
    published("البحر", slug="sea-ar", language="ar", translation_key="sea")
    assert list(named(client, "the-sea").items()) == [("ar", "sea-ar"), *BOTH.items()]
    html = client.get("/posts/the-sea/").content.decode()
    assert 'lang="ar" dir="rtl">العربيّة</a>, <a href="/posts/das-meer/"' in html


def test_a_post_that_is_withdrawn_is_named_no_more(client, translated, give):
    assert named(client, "the-sea") == BOTH
    give(commands.unpublish, translated[1])
    assert named(client, "the-sea") == {}
    give(commands.publish, translated[1])
    assert named(client, "the-sea") == BOTH


def test_a_post_that_moves_is_named_by_its_new_address(client, translated, edit, give):
    assert named(client, "the-sea") == BOTH
    edit(translated[1], slug="die-see")
    give(commands.publish, translated[1])
    assert named(client, "the-sea") == {"de": "die-see", "en": "the-sea"}


def test_a_post_that_loses_its_key_leaves_the_others(client, translated, edit, give):
    edit(translated[1], translation_key="")
    assert named(client, "the-sea") == BOTH  # until it is published
    give(commands.publish, translated[1])
    assert named(client, "the-sea") == named(client, "das-meer") == {}


def test_of_two_in_one_language_the_newest_is_named(client, translated, published):
    published("Das Meer, neu", language="DE", translation_key="sea")
    for slug in ("the-sea", "das-meer-neu"):
        html = client.get(f"/posts/{slug}/").content.decode()
        assert 'hreflang="DE" href="http://localhost:8000/posts/das-meer-neu/"' in html
        assert 'href="http://localhost:8000/posts/das-meer/"' not in html
    old = client.get("/posts/das-meer/").content.decode()
    assert 'Also in <a href="/posts/the-sea/" hreflang="en" lang="en" dir="ltr">English</a></bdi></p>' in old


def test_two_in_one_language_are_no_translations(client, published):
    published("One", language="en", translation_key="one")
    published("Two", language="en", translation_key="one")
    assert named(client, "one") == named(client, "two") == {}


def test_an_unlisted_post_takes_no_part(client, translated, edit, give):
    edit(translated[1], unlisted=True)
    give(commands.publish, translated[1])
    assert named(client, "the-sea") == named(client, "das-meer") == {}


def test_only_a_post_with_a_key_asks_for_others_and_only_once_in_an_edition(client, translated):
    asked = {}
    for slug in ("das-meer", "other"):  # each has a neighbour or two, and no tags
        with Statements() as first:
            client.get(f"/posts/{slug}/")
        with Statements() as second:
            client.get(f"/posts/{slug}/")
        assert len(second.on("reader")) == 1
        asked[slug] = sum("translation_key" in sql.partition("WHERE")[2] for sql in first.on("reader"))
    assert asked == {"das-meer": 1, "other": 0}


# --- what is typed


def test_the_key_is_typed_at_the_desk_and_kept_without_space_around_it(desk, draft):
    post_id = draft("Hello")
    html = desk.press("_publish", post_id, translation_key="  Cafe\u0301 ")
    assert "Posts with the same key in different languages are shown as translations of each other." in html
    assert Post.objects.get().translation_key == Post.objects.get().live.translation_key == "Caf\u00e9"


@pytest.mark.parametrize(
    ("key", "said"), [("k" * 101, "at most 100 characters"), ("a\0b", "Null characters are not allowed")]
)
def test_a_key_that_cannot_be_kept_is_refused_at_its_field(desk, draft, key, said):
    post_id = draft("Hello")
    assert said in desk.press("_save", post_id, translation_key=key)
    assert Post.objects.get().translation_key == ""


@pytest.mark.parametrize(("key", "said"), [("k" * 101, "at most 100 fit"), ("a\0b", "cannot be stored")])
def test_a_key_that_cannot_be_kept_is_refused_by_every_command(draft, key, said):
    with pytest.raises(Refused, match=f"translation key .*{said}"):
        draft("Hello", translation_key=key)
