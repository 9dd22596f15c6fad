"""Pictures: what is taken in and what is not, what is served of it, and where it is used."""

import io
import json
import re
import urllib.error
import urllib.request
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from PIL import Image

from cms import markup, schedule
from tests import picture_files as files
from tests.picture_files import SCRIPT, SECRET, animation, picture
from tests.soon import soon
from writer import commands, picture_files
from writer import pictures as door
from writer.commands import Refused
from writer.models import Author, Picture, PictureUse, Post, SiteSettings
from writer.renditions import plans


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def take(give):
    """Take a picture into the library; return it."""

    def take(data, name="photo.jpg", **values):
        return Picture.objects.get(pk=give(commands.add_picture, data=data, name=name, **values))

    return take


@pytest.fixture
def served(client):
    """Return what a reader gets at an address."""

    def served(url):
        answer = client.get(url)
        assert answer.status_code == 200, url
        return b"".join(answer.streaming_content), answer

    return served


@pytest.fixture
def status(client):
    def status(url):
        answer = client.get(url)
        b"".join(answer.streaming_content if answer.streaming else ())  # which closes the file
        return answer.status_code

    return status


def opened(data):
    return Image.open(io.BytesIO(data))


def stored(media):
    return [file for file in Path(media).rglob("*") if file.is_file()]


# --- what is served is pixels, and nothing else


def test_a_phone_photo_is_served_upright_and_says_nothing_of_its_place(take, served):
    kept = take(files.phone_photo())
    assert (kept.width, kept.height, kept.type) == (300, 400, "image/jpeg")
    data, _answer = served(kept.url)
    image = opened(data)
    assert image.size == (300, 400)
    assert image.getpixel((150, 10))[0] > 200 > image.getpixel((150, 10))[1]  # the red edge is on top
    assert not dict(image.getexif())
    assert {"exif", "xmp", "comment", "icc_profile", "photoshop"}.isdisjoint(image.info)
    for trace in (b"Phone of Grace", SECRET.encode(), b"adobe:ns", b"Exif", b"ICC_PROFILE"):
        assert trace not in data


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_script_behind_a_picture_is_not_served(take, served, kind):
    data, answer = served(take(picture(kind) + SCRIPT).url)
    assert b"script" not in data
    assert opened(data).size == (60, 40)
    assert answer["Content-Type"] == f"image/{kind.lower()}"


@pytest.mark.parametrize(
    "data",
    [
        picture("JPEG", comment=SCRIPT),
        picture("GIF", comment=SCRIPT),
        animation("GIF", comment=SCRIPT),
        animation("GIF") + SCRIPT,
        animation("WEBP", xmp=SCRIPT, exif=SCRIPT),
        files.talkative_png(),
        picture("WEBP", xmp=SCRIPT, exif=SCRIPT),
        picture("AVIF", xmp=SCRIPT),
        picture("PNG", icc_profile=SCRIPT * 10),
        picture("JPEG", icc_profile=SCRIPT * 10),
    ],
)
def test_a_comment_within_a_picture_is_not_served(take, served, data):
    data, _answer = served(take(data).url)
    assert b"script" not in data
    assert SECRET.encode() not in data


def test_the_second_picture_in_a_photo_is_left_behind(take, served):
    kept = take(files.two_in_one())
    data, _answer = served(kept.url)
    image = opened(data)
    assert (image.format, kept.animated, getattr(image, "n_frames", 1)) == ("JPEG", False, 1)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_keeps_its_frames_and_its_pace(take, served, kind):
    kept = take(animation(kind))
    image = opened(served(kept.url)[0])
    assert (kept.animated, image.n_frames, image.info["loop"]) == (True, 3, 2)
    paces = []
    for number in range(3):
        image.seek(number)
        image.load()
        paces.append(image.info["duration"])
        assert image.convert("RGB").getpixel((number * 10 + 5, 20))[2] > 200
        assert image.convert("RGB").getpixel((number * 10 + 5, 20))[0] < 60
    assert paces == [100, 250, 400]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "AVIF"])
def test_what_can_be_seen_through_stays_so(take, served, kind):
    image = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    image.paste((200, 0, 0, 255), (0, 0, 20, 40))
    data, _answer = served(take(files.saved(image, kind)).url)
    back = opened(data).convert("RGBA")
    assert back.getpixel((30, 20))[3] == 0
    assert back.getpixel((10, 20))[3] == 255


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("CMYK", "JPEG"), ("L", "JPEG"), ("P", "PNG"), ("1", "PNG"), ("I;16", "PNG"), ("LA", "PNG")],
)
def test_pictures_in_unusual_colours_are_taken(take, served, mode, kind):
    kept = take(files.saved(Image.new(mode, (30, 20)), kind))
    assert opened(served(kept.url)[0]).size == (30, 20)
    assert commands.make_renditions(now=kept.uploaded_at) == (1, 0)


def test_a_picture_is_served_as_a_picture_and_for_ever(take, served):
    _data, answer = served(take(picture()).url)
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer


# --- what is refused, in words and at once


REFUSED = {
    "an SVG": (files.SVG, "drawing.svg", "it is an SVG, which may carry scripts"),
    "an SVG that is named otherwise": (files.SVG, "drawing.png", "it is an SVG"),
    "a HEIC named jpg": (files.HEIC, "photo.jpg", "photo.jpg is a HEIC photo, whatever its name says"),
    "a text": (b"Dear diary", "photo.jpg", "is not a picture that can be shown (JPEG, PNG, WebP, GIF or AVIF)"),
    "a page": (files.PAGE, "photo.png", "is not a picture"),
    "a document": (files.PDF, "scan.png", "is not a picture"),
    "a bitmap": (picture("BMP"), "old.bmp", "is not a picture"),
    "a TIFF": (picture("TIFF"), "scan.tiff", "is not a picture"),
    "an icon": (picture("ICO"), "favicon.ico", "is not a picture"),
    "nothing": (b"", "photo.jpg", "photo.jpg is empty"),
    "a name only": (b"\x89PNG\r\n\x1a\n", "a.png", "is not a picture"),
    "100 megapixels": (files.huge_png, "map.png", "has 100 megapixels (10000 × 10000), more than the 40"),
    "a GIF that grows": (files.gif_that_grows(), "a.gif", "has 3600 megapixels"),
    "a GIF that grows behind junk": (files.gif_that_grows(b"\0"), "a.gif", "has 3600 megapixels"),
    "a GIF that grows behind nothing": (files.gif_that_grows(b"!\1\0\1;\0"), "a.gif", "is damaged"),
    "a GIF that grows behind a loop": (files.gif_that_grows(b"!\xff\x0bNETSCAPE2.0\0\1;\0"), "a.gif", "is damaged"),
    "a GIF without end": (files.gif_without_end, "a.gif", "a.gif is"),
    "an animation of many frames": (files.long_animation, "a.gif", "too long an animation"),
    "a film": (files.film, "a.avif", "animated AVIF"),
    "21 MB": (lambda: picture() + bytes(21 * 2**20), "a.png", "a.png is larger than 20 MB"),
    **{
        f"half a {kind}": (whole[: len(whole) // 2], "a", "a is damaged or was cut off")
        for kind, whole in {
            "JPEG": files.phone_photo(), "PNG": picture("PNG", (300, 300)), "GIF": picture("GIF", (300, 300)),
            "animation": animation("GIF", size=(300, 300)),
        }.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_picture_is_refused_in_words_within_a_moment(take, media, what):
    data, name, words = REFUSED[what]
    data = data if isinstance(data, bytes) else data()

    def refused():
        with pytest.raises(Refused) as refusal:
            take(data, name)
        return refusal

    refusal = soon(0.2, refused)
    assert words in str(refusal.value)
    assert str(refusal.value).endswith((".", ")"))
    assert not Picture.objects.exists()
    assert not stored(media)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_damaged_file_is_refused_or_kept_but_never_an_error(both, kind):
    whole = bytearray(picture(kind, (64, 64)) if kind != "GIF" else animation("GIF"))
    for place in range(0, len(whole), max(1, len(whole) // 150)):
        for value in (0, 255, whole[place] ^ 0x10):
            broken = bytes(whole[:place]) + bytes([value]) + bytes(whole[place + 1 :])
            try:
                kept = door.cleaned(broken, name="x")
            except Refused:
                continue
            assert opened(kept.data).size == (kept.width, kept.height)


# --- the library


def test_the_same_file_is_kept_once(take, media):
    first, second = take(picture()), take(picture(), "again.png")
    assert (first, len(stored(media))) == (second, 1)
    data = picture_files.place(first.path).read_bytes()
    assert take(data, "downloaded.png") == first


def test_a_name_is_kept_as_it_can_be_shown(take):
    assert take(picture(), "C:\\photos\\cat\x00\u202e\n.png").original_name == "cat.png"
    assert take(picture(colour="red"), "n" * 400).original_name == "n" * 255


def test_a_file_has_its_name_only_when_it_is_whole(take, media, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*args):
        raise Killed

    monkeypatch.setattr("os.fsync", die)
    with pytest.raises(Killed):
        take(picture())
    assert not stored(media)
    assert not Picture.objects.exists()


def test_an_alt_text_is_kept_and_one_that_is_too_long_is_refused(take, give):
    kept = take(picture())
    give(commands.describe_picture, kept.pk, alt=" A  heron \n wades. ", decorative=False)
    assert Picture.objects.get().alt == "A heron wades."
    for bad in ("a" * 501, "\x00"):
        with pytest.raises(Refused, match="at most 500 characters"):
            give(commands.describe_picture, kept.pk, alt=bad, decorative=False)
    give(commands.describe_picture, kept.pk, alt="A heron wades.", decorative=True)
    assert (Picture.objects.get().alt, Picture.objects.get().decorative) == ("", True)


# --- where it is used


def uses():
    return [(str(use.post), use.in_draft, use.in_live) for use in PictureUse.objects.order_by("post__title")]


def test_a_picture_knows_the_drafts_and_public_posts_that_mention_it(take, draft, give, edit):
    kept = take(picture())
    post_id = draft("One", body=f"![a]({kept.url})")
    draft("Two", body="Nothing.")
    assert uses() == [("One", True, False)]
    give(commands.publish, post_id)
    assert uses() == [("One", True, True)]
    edit(post_id, body="Not any more.")
    assert uses() == [("One", False, True)]
    give(commands.publish, post_id)
    assert uses() == [("One", False, False)]  # a revision has it
    give(commands.revert_to, post_id, number=1)
    assert uses() == [("One", True, False)]
    give(commands.publish, post_id)
    give(commands.unpublish, post_id)
    assert uses() == [("One", True, False)]
    give(commands.trash, post_id)
    give(commands.purge, post_id)
    assert uses() == []


@pytest.mark.parametrize(
    "text", ["<img src='{}'>", "[a]: {}", "<{}>", "https://example.org{}", "{}#top", "({})"]
)
def test_a_picture_is_found_however_it_is_mentioned(take, draft, text):
    kept = take(picture())
    draft(body=text.format(kept.url))
    assert PictureUse.objects.count() == 1


def test_a_picture_in_use_is_not_deleted_and_the_posts_are_named(take, draft, edit, give, media, status):
    kept = take(picture())
    commands.make_renditions(now=kept.uploaded_at)
    post_id = draft("The heron", body=f"![a]({kept.url})")
    with pytest.raises(Refused, match="“The heron”"):
        give(commands.delete_picture, kept.pk)
    assert status(kept.url) == 200
    edit(post_id, body="Without it.")
    give(commands.delete_picture, kept.pk)
    assert status(kept.url) == 404
    assert not stored(media)
    with pytest.raises(Refused, match="no longer exists"):
        give(commands.delete_picture, kept.pk)


def test_a_picture_of_an_author_or_of_the_site_is_not_deleted(take, give, desk):
    kept = take(picture())
    author_id = commands.find_or_add_author("Grace")
    Author.objects.filter(pk=author_id).update(picture=kept.url)
    SiteSettings.objects.create(pk=1, logo=kept.url)
    with pytest.raises(Refused, match="is used in the profile of Grace, the site's logo"):
        give(commands.delete_picture, kept.pk)
    assert "The profile of Grace" in desk.get(f"picture/{kept.pk}/change/")
    assert "cannot be deleted" in desk.get(f"picture/{kept.pk}/delete/")


def test_a_picture_that_came_back_while_it_was_deleted_keeps_its_file(take, media, author, clock):
    kept = take(picture())
    commands.delete_picture(kept.pk, actor=author, now=clock())  # what waits for the commit has not happened
    again = take(picture())
    commands.pictures.remove_files(again.path)
    assert picture_files.place(again.path).exists()


def test_a_picture_is_replaced_in_drafts_and_readers_keep_theirs_until_it_is_published(
    take, published, give, client
):
    old, new = take(picture()), take(picture(colour="red"))
    post_id = published("Heron", body=f"![a]({old.url}) and ![b]({old.url})", tags=["birds"], authors=["Ada"])
    give(commands.replace_in_draft, post_id, picture_id=old.pk, by=new.pk)
    post = Post.objects.get()
    assert (post.body, post.state) == (f"![a]({new.url}) and ![b]({new.url})", "changed")
    assert (len(post.tag_ids()), len(post.author_ids()), post.slug) == (1, 1, "heron")
    assert old.url in client.get("/posts/heron/").content.decode()
    give(commands.publish, post_id)
    assert new.url in client.get("/posts/heron/").content.decode()


# --- smaller versions


def sizes(kept):
    return [(one["width"], one["type"].removeprefix("image/")) for one in kept.renditions]


@pytest.mark.parametrize(
    ("kind", "size", "widths", "fallback"),
    [
        ("JPEG", (2000, 1000), (480, 960, 1600), "jpeg"),
        ("JPEG", (1200, 900), (480, 960, 1200), "jpeg"),
        ("PNG", (500, 20), (480, 500), "png"),
        ("WEBP", (300, 300), (300,), "jpeg"),
        ("AVIF", (480, 480), (480,), "jpeg"),
        ("GIF", (960, 10), (480, 960), "png"),
        ("PNG", (3, 9), (3,), "png"),
    ],
)
def test_smaller_versions_are_never_wider_than_the_picture(take, served, kind, size, widths, fallback):
    kept = take(picture(kind, size))
    assert commands.make_renditions(now=kept.uploaded_at) == (1, 0)
    kept.refresh_from_db()
    own = kind in ("JPEG", "PNG")  # at its own width, it is itself what old browsers show
    expected = [
        (width, each)
        for width in widths
        for each in ("avif", "webp", *(() if own and width == size[0] else (fallback,)))
    ]
    assert sizes(kept) == expected
    for one in kept.renditions:
        data, answer = served(f"/media/{one['path']}")
        image = opened(data)
        assert image.size == (one["width"], one["height"])
        assert (answer["Content-Type"], len(data)) == (one["type"], one["size"])
        assert abs(image.width / image.height - size[0] / size[1]) < 0.05 * size[0] / size[1] or size[1] < 100


def test_smaller_versions_of_what_can_be_seen_through_stay_so(take, served):
    kept = take(picture("WEBP", (600, 600), (0, 0, 0, 0), "RGBA"))
    commands.make_renditions(now=kept.uploaded_at)
    kept.refresh_from_db()
    assert {each for _width, each in sizes(kept)} == {"avif", "webp", "png"}
    for one in kept.renditions:
        assert opened(served(f"/media/{one['path']}")[0]).convert("RGBA").getpixel((9, 9))[3] == 0


def test_an_animation_has_no_smaller_versions(take):
    kept = take(animation("GIF"))
    assert commands.make_renditions(now=kept.uploaded_at) == (0, 0)
    assert kept.renditions == []


def test_which_smaller_versions_there_are_follows_from_path_and_size_alone(take):
    kept = take(picture("JPEG", (2000, 1000)))
    commands.make_renditions(now=kept.uploaded_at)
    kept.refresh_from_db()
    planned = plans(kept.path, width=2000, height=1000, fallback="jpg")
    assert [plan.path for plan in planned] == [one["path"] for one in kept.renditions]


def test_a_run_that_was_killed_between_files_is_taken_up_by_the_next(take, monkeypatch):
    class Killed(BaseException):
        pass

    kept, put, done = take(picture("JPEG", (1700, 300))), picture_files.put, []

    def die_later(name, data):
        if len(done) == 4:
            raise Killed
        done.append(name)
        put(name, data)

    monkeypatch.setattr(picture_files, "put", die_later)
    with pytest.raises(Killed):
        commands.make_renditions(now=kept.uploaded_at)
    monkeypatch.setattr(picture_files, "put", lambda name, data: (done.append(name), put(name, data)))
    assert commands.make_renditions(now=kept.uploaded_at) == (1, 0)
    assert len(done) == len(set(done)) == 9  # none was made twice
    assert len(Picture.objects.get().renditions) == 9


def test_a_picture_that_cannot_be_made_smaller_holds_up_no_other_and_is_given_up(take, capsys):
    broken, good = take(picture(size=(700, 700))), take(picture(size=(600, 600)))
    picture_files.place(broken.path).write_bytes(b"eaten by the disk")
    assert commands.make_renditions(now=good.uploaded_at) == (1, 1)
    for _again in range(2):
        assert commands.make_renditions(now=good.uploaded_at) == (0, 1)
    assert commands.make_renditions(now=good.uploaded_at) == (0, 0)
    assert "UnidentifiedImageError" in Picture.objects.get(pk=broken.pk).failure
    with pytest.raises(SystemExit, match="4"):
        call_command("renditions")
    assert capsys.readouterr().out == "renditions: 0 pictures registered, 0 made smaller, 1 failed.\n"


def test_the_worker_makes_smaller_versions_and_does_so_once(take, monkeypatch):
    take(picture(size=(700, 700)))
    schedule.renditions()
    assert len(Picture.objects.get().renditions) == 5
    monkeypatch.setattr("writer.renditions.make", lambda path: pytest.fail("made twice"))
    schedule.renditions()


def test_a_picture_that_is_deleted_while_it_is_made_smaller_leaves_nothing(take, give, media, monkeypatch):
    kept = take(picture(size=(700, 700)))
    make = commands.renditions.renditions.make

    def and_deleted(path):
        made = make(path)
        give(commands.delete_picture, kept.pk)
        picture_files.put(made[0]["path"], b"late")
        return made

    monkeypatch.setattr("writer.renditions.make", and_deleted)
    commands.make_renditions(now=kept.uploaded_at)
    assert not stored(media)


# --- pictures from before there was a library


def test_files_from_before_the_library_are_found_with_their_uses_and_stay_where_they_are(
    take, draft, give, edit, media, capsys
):
    kept = take(picture(size=(700, 700)))
    moving = take(animation("GIF"))
    one, two = draft("One", body=f"![]({kept.url})"), draft("Two", body=f"![]({moving.url})")
    give(commands.publish, one)
    edit(two, body="Gone.")
    before, known = uses(), {file: file.read_bytes() for file in stored(media)}
    Picture.objects.all().delete()
    (media / "pictures" / "notes.txt").write_text("not a picture")
    (media / "pictures" / f"{'0' * 32}.png").write_text("nor this")
    call_command("renditions")
    assert "renditions: 2 pictures registered, 1 made smaller, 0 failed." in capsys.readouterr().out
    assert uses() == before == [("One", True, True), ("Two", False, False)]
    found = Picture.objects.get(path=kept.path)
    assert (found.width, found.height, found.type, found.sha256) == (700, 700, "image/png", kept.sha256)
    assert Picture.objects.get(path=moving.path).animated
    assert {file: file.read_bytes() for file in known} == known
    PictureUse.objects.all().delete()  # as if that run had been killed
    call_command("renditions")
    assert "renditions: 0 pictures registered, 0 made smaller, 0 failed." in capsys.readouterr().out
    assert uses() == before


# --- the doors of the editor


@pytest.fixture
def upload(client, author):
    """Send a file as the editor does; return status and answer."""
    client.force_login(author)

    def upload(data, name="photo.jpg", client=client, **fields):
        file = io.BytesIO(data)
        file.name = name
        answer = client.post("/admin/writer/picture/upload/", {"file": file, **fields})
        return answer.status_code, answer.json() if answer["Content-Type"] == "application/json" else None

    return upload


def test_an_upload_is_answered_with_what_the_text_needs(upload, served):
    status, said = upload(picture(size=(90, 30)), "A heron.png", alt="A heron, [wading] in <mud>")
    assert status == 200
    assert (said["width"], said["height"], said["alt"]) == (90, 30, "A heron, [wading] in <mud>")
    assert said["name"] == "A heron.png"
    assert served(said["url"])
    article = markup.render(said["markdown"]).html
    assert f'src="{said["url"]}"' in article
    assert 'alt="A heron, [wading] in &lt;mud&gt;"' in article


@pytest.mark.parametrize(
    ("data", "words"),
    [(files.SVG, "it is an SVG"), (b"", "is empty"), (bytes(25 * 2**20), "larger than 20 MB")],
)
def test_an_upload_that_is_refused_says_why_and_leaves_nothing(upload, media, data, words):
    status, said = upload(data, "drawing.png")
    assert (status, list(said)) == (400, ["refusal"])
    assert words in said["refusal"]
    assert not Picture.objects.exists()
    assert not stored(media)


def test_only_what_may_be_a_picture_is_kept_of_a_large_upload(upload, monkeypatch):
    seen = []
    monkeypatch.setattr("writer.commands.add_picture", lambda *, data, **_: seen.append(len(data)) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        upload(bytes(60 * 2**20))
    assert 20 * 2**20 < seen[0] < 21 * 2**20


def test_an_upload_without_a_file_or_without_leave_is_refused_in_words(client, author, django_user_model):
    client.force_login(author)
    assert "No picture arrived" in client.post("/admin/writer/picture/upload/").json()["refusal"]
    assert client.get("/admin/writer/picture/upload/").status_code == 405
    client.force_login(django_user_model.objects.create_user("guest", is_staff=True))
    answer = client.post("/admin/writer/picture/upload/")
    assert (answer.status_code, "may not add pictures" in answer.json()["refusal"]) == (403, True)
    client.logout()
    assert client.post("/admin/writer/picture/upload/").status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(author)
    assert strict.post("/admin/writer/picture/upload/").status_code == 403


def test_pictures_to_choose_from_come_in_pages_and_can_be_searched(upload, client, clock):
    for number in range(30):
        upload(picture(colour=(number, 0, 0)), f"bird {number}.png", alt="An owl" if number == 7 else "")
    first = client.get("/admin/writer/picture/choose/").json()
    assert (len(first["pictures"]), first["next"], first["total"]) == (24, 2, 30)
    second = client.get("/admin/writer/picture/choose/?page=2").json()
    assert (len(second["pictures"]), second["next"]) == (6, None)
    names = [one["name"] for one in first["pictures"] + second["pictures"]]
    assert names == [f"bird {number}.png" for number in reversed(range(30))]
    (owl,) = client.get("/admin/writer/picture/choose/?q=owl").json()["pictures"]
    assert (owl["name"], owl["alt"]) == ("bird 7.png", "An owl")
    for query in ("?page=nonsense", "?page=99", "?q=" + "x" * 5000, "?q='\""):
        assert client.get(f"/admin/writer/picture/choose/{query}").status_code == 200


def test_who_put_a_picture_in_may_describe_it_and_others_may_not(upload, client, django_user_model):
    _status, said = upload(picture())
    path = f"/admin/writer/picture/{said['id']}/describe/"
    assert client.post(path, {"alt": "An owl"}).json()["markdown"] == f"![An owl]({said['url']})"
    assert client.post(path, {"alt": "x" * 501}).status_code == 400
    guest = django_user_model.objects.create_user("guest", is_staff=True)
    guest.user_permissions.add(Permission.objects.get(codename="add_picture"))
    client.force_login(guest)
    assert client.post(path, {"alt": "Mine"}).status_code == 403
    own = upload(picture(colour="red"))[1]["id"]
    assert client.post(f"/admin/writer/picture/{own}/describe/", {"alt": "Mine"}).status_code == 200
    assert client.post("/admin/writer/picture/999/describe/", {"alt": "Nobody's"}).status_code in (403, 400)


def test_a_file_that_is_there_already_keeps_the_words_of_who_put_it_in(take, client, django_user_model):
    kept = take(picture(), alt="An owl")
    guest = django_user_model.objects.create_user("guest", is_staff=True)
    guest.user_permissions.add(Permission.objects.get(codename="add_picture"))
    client.force_login(guest)
    file = SimpleUploadedFile("copy.png", picture())
    fields = {"file": file, "alt": "Not an owl", "decorative": "on"}
    assert client.post("/admin/writer/picture/add/", fields).status_code == 302
    kept.refresh_from_db()
    assert (kept.alt, kept.decorative) == ("An owl", False)


# --- the library at the desk


def test_the_library_shows_pictures_finds_them_and_says_when_there_are_none(desk, take):
    assert "No pictures yet" in desk.get("picture/")
    owl, cat = take(picture(), "owl.png", alt="An owl at night"), take(picture(colour="red"), "cat.png")
    html = desk.get("picture/")
    for words in (
        "owl.png",
        "cat.png",
        owl.url,
        cat.url,
        "An owl at night",
        "No alt text",
        "60 × 40",
        "not used",
    ):
        assert words in html
    assert "cat.png" not in desk.get("picture/?q=night")
    assert "No picture's name or alt text has “dog”" in unescape(desk.get("picture/?q=dog"))


def test_the_library_asks_as_many_queries_for_many_pictures_as_for_one(
    desk, take, django_assert_max_num_queries
):
    for number in range(30):
        take(picture(colour=(number, 9, 9)))
    with django_assert_max_num_queries(8):
        assert desk.get("picture/").count('loading="lazy"') == 24


def test_a_picture_is_added_described_and_shown_with_its_uses(desk, draft, published):
    def sent(data, name):
        file = io.BytesIO(data)
        file.name = name
        return file

    assert "owl.svg is not a picture" in unescape(desk.post("picture/add/", file=sent(files.SVG, "owl.svg")))
    html = desk.post("picture/add/", file=sent(picture(), "owl.png"), alt="An owl")
    assert "owl.png" in html
    kept = Picture.objects.get()
    assert (kept.alt, kept.uploaded_by.username) == ("An owl", "ada")
    draft("Only a draft", body=kept.url)
    published("For all to see", body=kept.url)
    html = desk.get(f"picture/{kept.pk}/change/")
    assert "draft, and what readers see" in html.split("For all to see")[1][:80]
    assert "draft" in html.split("Only a draft")[1][:30]
    desk.post(f"picture/{kept.pk}/change/", alt="A barn owl")
    assert Picture.objects.get().alt == "A barn owl"


def test_a_picture_in_use_cannot_be_deleted_at_the_desk_which_says_where(desk, take, draft, edit):
    kept = take(picture())
    post_id = draft("The heron", body=kept.url)
    html = desk.get(f"picture/{kept.pk}/delete/")
    assert "is in use, so it cannot be deleted" in html
    assert "The heron" in html
    desk.post(f"picture/{kept.pk}/delete/", post="yes")
    assert Picture.objects.exists()
    edit(post_id, body="Without.")
    assert "Earlier revisions of these posts have it" in desk.get(f"picture/{kept.pk}/delete/")
    desk.post(f"picture/{kept.pk}/delete/", post="yes")
    assert not Picture.objects.exists()


def test_a_replaced_picture_is_replaced_where_one_may_and_the_desk_says_where_not(
    client, take, draft, author, django_user_model
):
    kept = take(picture(), alt="A heron")
    mine, other = draft("Mine", body=kept.url), draft("In the trash", body=kept.url)
    commands.trash(other, actor=author, now=kept.uploaded_at)
    client.force_login(author)

    def replace(data):
        file = io.BytesIO(data)
        file.name = "new.png"
        path = f"/admin/writer/picture/{kept.pk}/replace/"
        return unescape(client.post(path, {"file": file}, follow=True).content.decode())

    assert "That is the same picture" in replace(picture())
    assert "it is an SVG" in replace(files.SVG)
    html = replace(picture(colour="red"))
    assert "Drafts that show it: 1." in html
    assert (
        "drafts keep the old picture: This post is in the trash. Restore it first. “In the trash”"
        in " ".join(re.sub("<[^>]+>", " ", html).split())
    )
    new = Picture.objects.get(original_name="new.png")
    assert (Post.objects.get(pk=mine).body, new.alt) == (new.url, "A heron")
    assert Post.objects.get(pk=other).body == kept.url


# --- a real server


LOGIN = """
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
user = User.objects.create_superuser("ada")
session = SessionStore()
session.update({"_auth_user_id": str(user.pk), "_auth_user_backend": "django.contrib.auth.backends.ModelBackend", "_auth_user_hash": user.get_session_auth_hash()})
session.create()
say(session.session_key)
"""


@pytest.mark.processes
def test_25_megabytes_are_answered_with_a_sentence_by_a_real_server(installation):
    token = "a" * 32
    cookies = f"sessionid={installation.python(LOGIN)}; csrftoken={token}"
    with installation.served("cms.wsgi:application") as (url, _kill):

        def post(data):
            edge = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="big.png"\r\n\r\n'
            request = urllib.request.Request(
                f"{url}/admin/writer/picture/upload/",
                data=edge + data + b"\r\n--edge--\r\n",
                headers={
                    "Cookie": cookies,
                    "X-CSRFToken": token,
                    "Content-Type": "multipart/form-data; boundary=edge",
                },
            )
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    return answer.status, json.load(answer)
            except urllib.error.HTTPError as answer:
                with answer:
                    return answer.code, json.load(answer)

        status, said = post(picture() + bytes(25 * 2**20))
        assert (status, said) == (
            400,
            {"refusal": "big.png is larger than 20 MB. Make it smaller, then try again."},
        )
        status, said = post(picture())
        assert (status, said["width"]) == (200, 60)
