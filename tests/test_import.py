"""Import: folders as other programs write them, good files and bad ones."""

import io
import os
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from cms import front_matter
from cms.front_values import Unreadable
from cms.importing import Import
from cms.lease import lease
from tests.soon import soon
from writer import delivery
from writer.models import Address, ImportedFile, OutboxEvent, Post, Tag


@pytest.fixture(autouse=True)
def media(settings, tmp_path_factory):
    settings.MEDIA_ROOT = tmp_path_factory.mktemp("media")


@pytest.fixture
def folder(tmp_path):
    """A folder that files are written into: folder("a.md", "text")."""

    def write(name, content):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    write.path = tmp_path
    return write


@pytest.fixture
def run(both, folder, django_capture_on_commit_callbacks):
    """Import the folder; return the report."""

    def run(*, publish=True, dry_run=False, actor=None):
        with django_capture_on_commit_callbacks(using="default", execute=True):
            return Import(folder.path, actor=actor, publish=publish, dry_run=dry_run).run()

    return run


def png(colour="red", size=(4, 4)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def read(text, path="a.md"):
    return front_matter.read(text, path=PurePosixPath(path), zone=ZoneInfo("Europe/Berlin"))


ZOLA = """+++
title = "Zola"
path = "2015/05/15/Zola-1.0"
authors = ["Ada", "Grace"]
aliases = ["2015/05/15/Zola-1.0.html"]
description = "What it is."
[taxonomies]
tags = ["one", "two"]
[extra]
team = "core"
+++

Body.
"""
HUGO = """---
title: Hugo
slug: hugo-post
date: 2020-02-03T04:05:06+01:00
tags: [one]
categories: [two]
author: Ada
summary: What it is.
aliases: [/old/hugo/]
draft: false
lang: de
---
Body.
"""
JEKYLL = """---
layout: post
title: "Jekyll"
tags: one two
redirect_from:
  - /2014/jekyll.html
published: true
---
Body.
"""


def test_zola_hugo_and_jekyll_are_understood():
    zola = read(ZOLA)
    assert (zola.title, zola.slug, zola.authors, zola.tags) == (
        "Zola",
        "Zola-1.0",
        ("Ada", "Grace"),
        ("one", "two"),
    )
    assert zola.aliases == ("/2015/05/15/Zola-1.0/", "/2015/05/15/Zola-1.0.html")
    assert zola.date.isoformat() == "2015-05-14T22:00:00+00:00"
    assert zola.unknown == {"extra": {"team": "core"}}
    hugo = read(HUGO)
    assert (hugo.slug, hugo.explicit_slug, hugo.language, hugo.summary) == (
        "hugo-post",
        True,
        "de",
        "What it is.",
    )
    assert (hugo.tags, hugo.aliases, hugo.date.hour) == (("one", "two"), ("/old/hugo/",), 3)
    jekyll = read(JEKYLL, "_posts/2014-09-15-a-jekyll-post.md")
    assert (jekyll.slug, jekyll.tags, jekyll.draft) == ("a-jekyll-post", ("one", "two"), False)
    assert jekyll.date.date().isoformat() == "2014-09-14"
    assert jekyll.unknown == {"layout": "post"}


def test_a_file_without_front_matter_takes_its_title_from_the_heading_or_the_name():
    assert read("# A heading\n\nText.").title == "A heading"
    assert read("Text.", "some-name.md").title == "some name"
    assert read("Text.", "a-folder/index.md").slug == "a-folder"


def test_a_rule_at_the_beginning_is_no_front_matter():
    assert read("---\n\nText after a rule that is never closed.").body.startswith("---")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("---\ntitle: [\n---\n", r"front matter cannot be read: .* \(line 3\)\.$"),
        ("---\ndraft: no\ntitle: A: b\n---\n", r"here \(line 3\)\. A text with “: ” in it needs quotes\.$"),
        ("+++\ndraft = false\ntitle = \n+++\n", r"front matter cannot be read: .* \(line 3\)\.$"),
        ("+++\ntitle = 'a'\n", "never ends"),
        ("---\n- a\n- b\n---\n", "names and values"),
        ("---\ntitle: {a: b}\n---\n", "“title” in the front matter is not a text"),
        ("---\ndate: 2026-02-30\n---\n", "2026|day is out of range|cannot be read"),
        ("---\ndate: '2026-02-30'\n---\n", "not a date that exists: 2026-02-30"),
        ("---\ndate: 0001-01-01\n---\n", "not a date that exists"),
        ("---\na: &a [x]\nb: [*a, *a]\n---\n", "refers to itself"),
        ("---\n" + "a: b\n" * 20_000 + "---\n", "at most 64,000"),
    ],
)
def test_broken_front_matter_is_named_in_one_sentence(text, reason):
    with pytest.raises(Unreadable, match=reason):
        read(text)


def test_an_import_makes_public_posts_with_their_old_addresses(run, folder, client):
    folder("zola.md", ZOLA)
    report = run()
    assert (report.imported, report.skipped) == (1, [])
    page = client.get("/posts/zola-1-0/")
    assert "15 May 2015" in page.content.decode()
    assert "Ada" in page.content.decode()
    for path in ("/2015/05/15/Zola-1.0", "/2015/05/15/Zola-1.0/", "/2015/05/15/Zola-1.0.html"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (301, "/posts/zola-1-0/")
    assert ImportedFile.objects.get().unknown == {"extra": {"team": "core"}}
    assert report.unknown == {"extra.team": 1}


def test_a_second_run_changes_nothing(run, folder):
    folder("zola.md", ZOLA)
    folder("2014-09-15-jekyll.md", JEKYLL)
    run()
    versions = list(Post.objects.order_by("pk").values_list("version", "lock_version"))
    report = run()
    assert (report.imported, report.updated, report.unchanged) == (0, 0, 2)
    assert list(Post.objects.order_by("pk").values_list("version", "lock_version")) == versions


def test_an_edited_file_updates_its_post(run, folder, client):
    folder("zola.md", ZOLA)
    run()
    folder("zola.md", ZOLA.replace("Body.", "Other words."))
    report = run()
    assert (report.imported, report.updated) == (0, 1)
    assert Post.objects.count() == 1
    assert "Other words." in client.get("/posts/zola-1-0/").content.decode()


def test_drafts_are_published_by_a_later_run_that_asks_for_it(run, folder, client):
    folder("zola.md", ZOLA)
    run(publish=False)
    assert client.get("/posts/zola-1-0/").status_code == 404
    assert run().updated == 1
    assert client.get("/posts/zola-1-0/").status_code == 200


def test_what_was_taken_back_at_the_desk_stays_so(run, folder, give, client):
    from writer import commands

    folder("zola.md", ZOLA)
    run()
    give(commands.unpublish, Post.objects.get().pk)
    run()
    assert client.get("/posts/zola-1-0/").status_code == 410


def test_a_draft_that_was_changed_at_the_desk_is_not_published(run, folder, edit):
    folder("zola.md", ZOLA)
    run()
    edit(Post.objects.get().pk, body="Not for readers yet.")
    assert run().unchanged == 1
    assert Post.objects.get().state == "changed"


def test_a_date_to_come_is_an_appointment(run, folder):
    folder("a.md", "---\ntitle: Later\ndate: 2999-01-01\n---\nText.")
    run()
    assert Post.objects.get().state == "scheduled"


def test_a_draft_stays_one(run, folder):
    folder("a.md", "---\ntitle: Not yet\ndraft: true\n---\nText.")
    run()
    assert Post.objects.get().state == "draft"


def test_a_dry_run_changes_nothing(run, folder, settings):
    folder("a.md", "![a](a.png)")
    folder("a.png", png())
    report = run(dry_run=True)
    assert report.imported == 1
    assert not Post.objects.exists()
    assert not list(settings.MEDIA_ROOT.rglob("*.png"))


def test_pictures_come_along_and_links_between_files_are_addresses(run, folder, client):
    folder(
        "one/index.md",
        "# One\n\n![a](pic.png) ![b][ref]\n\n<img src='pic.png'>\n\n"
        "```\n![c](pic.png)\n```\n\n[ref]: ../pic2.png\n",
    )
    folder("one/pic.png", png("red"))
    folder("pic2.png", png("blue"))
    folder(
        "two.md",
        "# Two\n\n[one](one/index.md#top) [two](@/one/index.md) ![gone](gone.png) [web](https://example.org/a.md) "
        "<a title='x' href='pic2.png'>raw</a> <A HREF='one/index.md'>raw</A>",
    )
    report = run()
    one = client.get("/posts/one/").content.decode()
    assert one.count("/media/pictures/") == 3
    assert "![c](pic.png)" in one
    two = client.get("/posts/two/").content.decode()
    assert 'href="/posts/one/#top"' in two
    assert two.count('href="/posts/one/"') == 3  # two in the text, and the way to the post before
    assert 'href="/media/pictures/' in two
    assert 'href="https://example.org/a.md"' in two
    assert report.remarks == ["two.md: the picture gone.png is not there."]
    picture = one.split('src="')[-1].split('"')[0]
    answer = client.get(picture)
    assert (answer["Content-Type"], len(b"".join(answer.streaming_content)) > 50) == ("image/png", True)
    answer.close()


def test_a_link_out_of_the_folder_brings_nothing_in(run, folder):
    folder("posts/a.md", "![x](../secret.png) ![y](/etc/passwd.png)")
    folder("secret.png", png())
    folder.path = folder.path / "posts"
    assert len(run().remarks) == 2
    assert "/media/" not in Post.objects.get().body


@pytest.mark.parametrize(
    "data",
    [
        b"no picture at all",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\x89PNG\r\n\x1a\n" + b"x" * 50,
    ],
)
def test_a_picture_that_is_none_is_named_and_not_kept(run, folder, settings, data):
    folder("a.md", "![x](x.png)")
    folder("x.png", data)
    report = run()
    assert "x.png is not a picture" in report.remarks[0]
    assert report.imported == 1
    assert not list(settings.MEDIA_ROOT.rglob("*.*"))


def test_a_picture_is_written_anew_without_what_is_behind_it(run, folder, settings):
    folder("a.md", "![x](x.png)")
    folder("x.png", png() + b"<script>alert(1)</script>")
    run()
    [kept] = settings.MEDIA_ROOT.rglob("*.png")
    assert b"script" not in kept.read_bytes()


def test_a_bomb_of_a_picture_is_refused_before_it_is_decoded(run, folder):
    folder("a.md", "![x](x.png)")
    folder("x.png", png(size=(7000, 7000)))
    assert "40 megapixels" in run().remarks[0]


def test_one_bad_file_never_stops_the_rest_and_leaves_no_half_post(run, folder, client):
    folder("bad-yaml.md", "---\ntitle: [\n---\n")
    folder("bad-bytes.md", b"caf\xe9")
    folder("nul.md", "a\x00b")
    folder("huge.md", "a" * 5_000_000)
    folder("long.md", "word " * 50_000)
    folder("bomb.md", "# Bomb\n\n" + "- " * 496 + "a")
    folder("taken.md", "---\ntitle: A\nslug: good\ndate: 2021-01-01\n---\nText.")
    folder("good.md", "---\ntitle: Good\nslug: good\ndate: 2020-01-01\n---\nText.")
    report = run()
    assert report.imported == 1
    assert sorted(line.split(":")[0] for line in report.skipped) == [
        "bad-bytes.md", "bad-yaml.md", "bomb.md", "huge.md", "long.md", "nul.md", "taken.md",
    ]  # fmt: skip
    assert Post.objects.count() == OutboxEvent.objects.count() == 1
    assert client.get("/posts/good/").status_code == 200


@pytest.mark.parametrize(
    "fragment",
    ["[", "[a](", "[a[", "<img ", "<img src", "<a href=", "[a]: ", "~~~a\n```\n", "[]", "`", "`a", "``a`"],
)
def test_a_file_full_of_half_links_is_read_in_linear_time(run, folder, fragment):
    folder("bomb.md", fragment * (2_000_000 // len(fragment)))
    [skipped] = soon(5, run).skipped
    assert skipped.startswith("bomb.md: The body has 2,00") or skipped.startswith(
        "bomb.md: The body has 1,99"
    )


def test_code_between_fences_is_left_as_it_is(run, folder):
    links = "[x](b.md) ![y](c.png)\n"
    folder("b.md", "Text.")
    fence = f"```md\n{links}~~~\n```\n"
    within = "".join(f"> {line}\n" for line in fence.splitlines()) + "\n- ```md\n  [x](b.md)\n  ```\n"
    spans = "`[x](b.md)` ``[x](b.md)`` [`x`](b.md) ` [x](b.md)\n"
    folder("a.md", f"{links}{fence}{links}\n{within}\n{spans}")
    run(publish=False)
    body = Post.objects.get(title="a").body
    assert body.count("(b.md)") == 5
    assert body.count("(/posts/b/)") == 4


def test_a_file_without_text_stays_a_draft_and_is_named(run, folder):
    folder("latest.md", '+++\ntemplate = "latest.html"\n+++\n')
    report = run()
    assert (report.imported, Post.objects.get().state) == (1, "draft")
    assert "has no text" in report.remarks[0]
    assert run().unchanged == 1


def test_derived_slugs_give_way_to_each_other(run, folder):
    folder("2019/meeting.md", "---\ntitle: Meeting\ndate: 2019-01-01\n---\nText.")
    folder("2020/meeting.md", "---\ntitle: Meeting\ndate: 2020-01-01\n---\nText.")
    assert run().imported == 2
    assert set(Post.objects.values_list("slug", flat=True)) == {"meeting", "meeting-2"}


def test_an_alias_that_belongs_to_another_post_is_a_remark(run, folder):
    folder("a.md", "---\ntitle: A\ndate: 2019-01-01\n---\nText.")
    folder("b.md", "---\ntitle: B\ndate: 2020-01-01\naliases: [/posts/a/, /b.html, /admin/]\n---\nText.")
    report = run()
    assert report.imported == 2
    assert len(report.remarks) == 2
    theirs = Address.objects.filter(post__slug="b").values_list("path", flat=True)
    assert {*theirs} == {"/b.html", "/posts/b/"}


def test_sections_and_hidden_files_are_no_posts(run, folder):
    folder("_index.md", "+++\ntitle='x'\n+++")
    folder(".git/a.md", "x")
    folder("_drafts/a.md", "x")
    assert run().imported == 0


def test_the_command_reports_and_names_a_missing_folder_or_user(both, folder, capsys):
    folder("a.md", "Text.")
    call_command("import_posts", str(folder.path))
    assert capsys.readouterr().out.endswith("import: 1 imported, 0 updated, 0 unchanged, 0 skipped.\n")
    for arguments, reason in (
        (["/does/not/exist"], "not a folder"),
        ([str(folder.path), "--author", "x"], "no user"),
    ):
        with pytest.raises(CommandError, match=reason) as refused:
            call_command("import_posts", *arguments)
        assert refused.value.returncode == 2


def test_the_command_ends_with_4_if_a_file_was_skipped(both, folder):
    folder("a.md", b"\xff")
    with pytest.raises(SystemExit) as end:
        call_command("import_posts", str(folder.path))
    assert end.value.code == 4


# --- whatever lies in a folder


@pytest.mark.parametrize(
    "content",
    [
        "[x](http://[your-host]/path)\n\n```\n[x](http://[your-host]/path)\n```\n",
        '---\npermalink: "http://[oops/x"\n---\nText.',
        "---\nchangelog:\n  2020-01-01: first\n---\nText.",
        "---\nrating: .nan\nhigh: .inf\n---\nText.",
        "---\nre: '\\u0000'\n---\nText.",
        '---\nre: "\\ud83d"\n---\nText.',
        "---\nbig: 0x" + "f" * 5000 + "\n---\nText.",
        "---\ntags: [a, null]\nauthors: [null]\naliases:\n  -\n---\nText.",
        "---\nlang: de_DE\n---\nText.",
    ],
)
def test_odd_values_are_taken_as_far_as_they_mean_something(run, folder, content):
    folder("odd.md", content)
    folder("good.md", "Text.")
    report = run()
    assert (report.imported, report.skipped) == (2, [])
    assert not {"None", "True"} & set(Tag.objects.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('---\naliases: ["/a\\ud800b/"]\n---\nText.', ""),
        ("---\nflag: !!bool maybe\n---\nText.", "front matter cannot be read"),
        ('---\nflag: !!int ""\n---\nText.', "front matter cannot be read"),
        ("---\nflag: !!timestamp soon\n---\nText.", "front matter cannot be read"),
        ("---\ntitle: No end\nText.", "begins with --- and never ends"),
        ("---\nlang: klingon!\n---\nText.", "no language"),
    ],
)
def test_values_that_mean_nothing_are_named_and_the_others_go_on(run, folder, content, reason):
    folder("odd.md", content)
    folder("good.md", "Text.")
    report = run()
    assert report.imported + len(report.skipped) == 2
    assert reason in "".join([*report.skipped, *report.remarks])


def test_a_link_out_of_the_folder_is_no_post(run, folder, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.md"
    secret.write_text("Nobody's business.")
    (folder.path / "leak.md").symlink_to(secret)
    (folder.path / "loop.md").symlink_to(folder.path / "loop.md")
    (folder.path / "folder.md").mkdir()
    os.mkfifo(folder.path / "pipe.md")
    folder("good.md", "Text. [loop](loop.md)")
    report = run()
    assert report.imported == 1
    assert sorted(line.split(":")[0] for line in report.skipped) == ["leak.md", "loop.md", "pipe.md"]


def test_a_name_that_is_not_utf_8_is_named(run, folder):
    (Path(os.fsdecode(bytes(folder.path) + b"/caf\xe9.md"))).write_text("Text.")
    folder("/".join(["a" * 200] * 3) + "/long.md", "Text.")
    folder("good.md", "Text.")
    report = run()
    assert (report.imported, len(report.skipped)) == (1, 2)
    str(report).encode()


def test_an_unforeseen_fault_in_one_file_stops_no_other(run, folder, monkeypatch):
    def fails(self, path, body):
        if path.name == "bad.md":
            raise RuntimeError("nobody thought of that")
        return body

    monkeypatch.setattr("cms.import_links.Links.rewritten", fails)
    folder("bad.md", "Text.")
    folder("good.md", "Text.")
    report = run()
    assert (report.imported, report.skipped) == (1, ["bad.md: RuntimeError: nobody thought of that"])


def test_the_slug_of_a_file_stays_though_its_title_changes(run, folder, client):
    folder("one.md", "---\ntitle: Hello\nslug: hello\n---\nText.")
    folder("two.md", "[one](one.md) [nowhere](gone.md)")
    report = run(publish=False)
    assert report.remarks == ["two.md: the file gone.md is not there."]
    folder("one.md", "---\ntitle: Goodbye\nslug: hello\n---\nText.")
    assert run().updated == 2
    assert client.get("/posts/hello/").status_code == 200


def test_a_derived_slug_gives_way_to_a_post_of_the_desk(run, folder, published):
    published("News")
    folder("news.md", "Text.")
    assert run().imported == 1
    assert set(Post.objects.values_list("slug", flat=True)) == {"news", "news-2"}


def test_one_import_at_a_time(both, folder):
    with lease("import"), pytest.raises(CommandError, match="Another import is under way") as refused:
        call_command("import_posts", str(folder.path))
    assert refused.value.returncode == 75


def test_jekyll_names_an_author_by_a_table_and_old_addresses_under_two_names():
    found = read("---\nauthor: {name: Zoe}\naliases: /a\nredirect_from: [/b]\n---\nText.")
    assert (found.authors, found.aliases) == (("Zoe",), ("/a/", "/b/"))


# --- what surrounds the text


@pytest.mark.parametrize(
    ("matter", "said"),
    [
        ("description: D", {"summary": "D", "description": ""}),
        ("description: D\nsummary: S", {"summary": "S", "description": "D"}),
        ("excerpt: E", {"summary": "E", "description": ""}),
        ("canonical_url: https://a.example/x", {"canonical_url": "https://a.example/x"}),
        ("canonicalURL: https://a.example/x", {"canonical_url": "https://a.example/x"}),
        ("translationKey: the  sea", {"translation_key": "the sea"}),
        ("translation_key: 7", {"translation_key": "7"}),
        ("image: a.png", {"cover": "a.png", "cover_alt": ""}),
        ("images: [a.png, b.png]", {"cover": "a.png"}),
        ("cover:\n  image: a.png\n  alt: A  sea\n", {"cover": "a.png", "cover_alt": "A sea"}),
        ("image:\n  path: /a.png\n", {"cover": "/a.png"}),
        ("image: 7\nimage_alt: x", {"cover": "", "cover_alt": "x"}),
        ("series: The sea, and I\nseries_order: 2", {"series": "The sea, and I", "part": 2}),
        ("series: [The sea]\npart: '03'", {"series": "The sea", "part": 3}),
        ("series: S\npart: first", {"series": "S", "part": None}),
        ("series: S\npart: 0", {"series": "S", "part": None}),
        ("series: S\npart: 123456789012", {"series": "S", "part": None}),
        ("pinned: true", {"pinned": True}),
        ("pin: yes", {"pinned": True}),
        ("sticky: false", {"pinned": False}),
        ("hidden: true", {"unlisted": True}),
        ("unlisted: true", {"unlisted": True}),
        ("eleventyExcludeFromCollections: true", {"unlisted": True}),
    ],
)
def test_what_surrounds_the_text_is_understood(matter, said):
    found = read(f"---\n{matter}\n---\nText.")
    assert {name: getattr(found, name) for name in said} == said
    assert found.unknown == {}


def test_what_surrounds_the_text_comes_along(run, folder, client):
    folder("one/index.md", "---\ntitle: One\ncover: sea.png\nimage_alt: A sea\nseries: The sea\nunlisted: true\n---\nText.")  # fmt: skip
    folder("one/sea.png", png())
    folder("two.md", "---\ntitle: Two\ncanonical_url: https://a.example/two\ntranslationKey: sea\nseries: The sea\npart: 5\npinned: true\n---\nText.")  # fmt: skip
    report = run()
    assert report.remarks == []
    one, two = Post.objects.order_by("slug")
    assert one.cover.startswith("/media/pictures/")
    assert (one.cover_alt, one.unlisted, one.series.name, one.part) == ("A sea", True, "The sea", 1)
    assert (two.canonical_url, two.pinned, two.part) == ("https://a.example/two", True, 5)
    assert (one.translation_key, two.translation_key) == ("", "sea")
    assert one.cover in client.get("/posts/one/").content.decode()
    assert str(run()).endswith("0 imported, 0 updated, 2 unchanged, 0 skipped.")
    folder("one/sea.png", png("blue"))
    assert run().updated == 1


def test_what_cannot_be_taken_along_is_named_and_the_file_comes_in(run, folder):
    folder("a.md", "---\nimage: https://a.example/sea.png\ncanonical: /elsewhere/\n---\n# A\n\nText.")
    folder("b.md", "---\nimage: gone.png\ncanonical: http://localhost:8000/posts/b/\n---\n# B\n\nText.")
    report = run()
    assert (report.imported, len(report.remarks)) == (2, 3)
    assert "on another site" in str(report)
    assert "“/elsewhere/” is no full web address" in str(report)
    assert "gone.png is not there" in str(report)
    assert not Post.objects.exclude(cover="", canonical_url="").exists()


# --- on the way to readers


@pytest.mark.django_db(transaction=True, databases=["default", "reader"])
def test_what_is_imported_can_be_read_before_the_next_file_is_begun(folder, client):
    folder("one.md", "---\ntitle: One\ndate: 2020-01-01\n---\nText.")
    folder("two.md", "---\ntitle: Two\ndate: 2021-01-01\n---\nText.")
    seen = []

    def progress(sources):
        for source in sources:
            seen.append(client.get("/posts/one/").status_code)
            yield source

    Import(folder.path, actor=None, publish=True, dry_run=False).run(progress)
    assert seen == [404, 200]
    assert client.get("/posts/two/").status_code == 200


@pytest.mark.django_db(transaction=True, databases=["default", "reader"])
def test_an_import_while_readers_cannot_be_reached_loses_nothing(folder, client, reader_down):
    folder("one.md", "---\ntitle: One\n---\nText.")
    with reader_down():
        report = Import(folder.path, actor=None, publish=True, dry_run=False).run()
    assert (report.imported, report.skipped) == (1, [])
    event = OutboxEvent.objects.pending().get()
    assert (event.attempts, event.last_error) == (1, "OSError: the reader's database is down")
    assert delivery.relay(now=event.next_attempt_at) == (1, 0)
    assert client.get("/posts/one/").status_code == 200
