"""What readers must get, computed from the writer's own tables, apart from the code that does it.

Shares with the site only what is pure and says what a page looks like: the Markdown renderer and the
templates. Knows nothing of the outbox, events, the projector or reconciliation.
"""

import gzip
import hashlib
import json
import math
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from cms import markup
from cms.events import PictureRef, Rendition
from reader.models import Article, Site
from reader.names import Byline, Part, Tagging, Tongue
from reader.pages import Page
from reader.search import search
from writer.models import Picture, Post, SiteSettings, Tag

COLUMNS = [
    *("version", "digest", "paths", "page_count", "slug", "title", "summary", "lead", "html", "text"),
    "markdown",
    *("contents", "tags", "authors", "language", "words", "published_at", "month", "updated_at"),
    *("description", "canonical_url", "cover", "cover_alt", "pictures", "series", "pinned", "unlisted"),
    "translation_key",
]

LATER = {  # names that schema 1 did not have
    *("description", "canonical_url", "cover", "cover_alt", "series", "pinned", "unlisted"),
    *("bio", "picture", "links", "pictures", "versions", "translation_key"),
}

SITE = [
    *("version", "digest", "name", "tagline", "logo", "navigation", "social", "per_page", "footer"),
]


def stored():
    """Return what the read side holds: {articles, pages, taggings, bylines, parts, tongues}, in plain values."""
    live = Article.objects.filter(gone_at=None)
    pages = Page.objects.filter(status__in=(200, 301), post_id__isnull=False)
    return {
        "articles": {row.post_id: {name: getattr(row, name) for name in COLUMNS} for row in live},
        "pages": {
            page.path: (
                page.post_id,
                page.version,
                page.status,
                page.location,
                page.content_type,
                gzip.decompress(bytes(page.body)).decode(),
                page.etag,
                page.last_modified,
            )
            for page in pages
        },
        "site": [{name: getattr(site, name) for name in SITE} for site in Site.objects.all()],
        "taggings": sorted(
            Tagging.objects.values_list("article_id", "slug", "name", "leads_to", "published_at")
        ),
        "bylines": sorted(Byline.objects.values_list("article_id", "slug", "name", "published_at")),
        "parts": sorted(Part.objects.values_list("article_id", "slug", "name", "part", "published_at")),
        "tongues": sorted(Tongue.objects.values_list("article_id", "slug", "published_at")),
    }


def wanted():
    """Return what the writer's tables say that the read side holds, in the same form."""
    articles, pages, taggings, bylines, parts, tongues = {}, {}, [], [], [], []
    for post in Post.objects.filter(live__isnull=False).select_related("live"):
        said = words(post)
        articles[post.pk] = said
        pages |= pages_at(post, said)
        for tag in [] if said["unlisted"] else said["tags"]:
            leads = [(tag["slug"], ""), *((alias, tag["slug"]) for alias in tag["aliases"])]
            taggings += [(post.pk, slug, tag["name"], to, post.published_at) for slug, to in leads]
        for author in [] if said["unlisted"] else said["authors"]:
            bylines.append((post.pk, author["slug"], author["name"], post.published_at))
        if said["series"] and not said["unlisted"]:
            named = [said["series"][name] for name in ("slug", "name", "part")]
            parts.append((post.pk, *named, post.published_at))
        tags_of = said["language"].lower().split("-")
        for length in [] if said["unlisted"] else range(1, len(tags_of) + 1):
            tongues.append((post.pk, "-".join(tags_of[:length]), post.published_at))
    described = [{**shown_of(site), "digest": digest_of(site)} for site in SiteSettings.objects.all()]
    filed = {
        "taggings": sorted(taggings),
        "bylines": sorted(bylines),
        "parts": sorted(parts),
        "tongues": sorted(tongues),
    }
    return {"articles": articles, "pages": pages, "site": described, **filed}


def shown_of(site):
    """Return the columns of the site as readers know it, but for its digest."""
    return {**{name: getattr(site, name) for name in SITE}, "footer": markup.render(site.footer).html}


def digest_of(site):
    """Return the SHA-256 of the document of the site, as `digest` does of a post."""
    said = {name: getattr(site, name) for name in SITE if name != "digest"}
    return sha_256({"schema": 2, **said})


def the_site():
    """Return what every page says of the site."""
    site = SiteSettings.objects.first()
    first = [{"label": "Writing", "url": "/"}, {"label": "Tags", "url": "/tags/"}]
    said = shown_of(site) if site else {"name": settings.SITE_NAME, "navigation": first}
    return {**said, "url": settings.SITE_URL, "language": settings.LANGUAGE_CODE}


def found():
    """Return what search finds: of each word of a public title the posts, and all that have a common one."""
    titles = Post.objects.filter(live__isnull=False).values_list("live__title", flat=True)
    return {typed: all_pages(typed) for typed in {"post", *(title.split()[-1] for title in titles)}}


def all_pages(typed):
    """Return the posts on all pages of a search."""
    posts, number = [], 1
    while hits := search(typed, number=number).hits:
        posts += [hit.article.pk for hit in hits]
        number += 1
    return sorted(posts)


def to_be_found():
    """Return what the writer's tables say that search finds; each post has a word of its own as its title's last."""
    public = Post.objects.filter(live__isnull=False)
    listed = public.filter(live__unlisted=False)
    own = {title.split()[-1]: [] for title in public.values_list("live__title", flat=True)}
    for pk, title in listed.values_list("pk", "live__title"):
        own[title.split()[-1]].append(pk)
    return {
        "post": sorted(listed.values_list("pk", flat=True)),
        **{word: sorted(pks) for word, pks in own.items()},
    }


def words(post):
    """Return the columns of the article of a public post."""
    live = post.live
    shown = pictures_of(live)
    rendered = markup.render(
        live.body,
        tuple(
            PictureRef(**{**one, "versions": tuple(Rendition(**version) for version in one["versions"])})
            for one in shown
        ),
    )
    own = f"/posts/{live.slug}/"
    other = sorted(set(post.addresses.values_list("path", flat=True)) - {own})
    tags, authors = tags_of(live), [author_of(line.author) for line in live.byline.order_by("position")]
    series = live.series and {
        **{name: getattr(live.series, name) for name in ("slug", "name", "description")},
        "part": live.part,
    }
    headings = {heading.title for heading in rendered.contents}
    beginning = "\n".join(line for line in rendered.text.split("\n") if line not in headings)
    there = post.published_at.astimezone(ZoneInfo(settings.TIME_ZONE))
    said = {
        "slug": live.slug,
        "title": live.title,
        "language": live.language,
        "tags": tags,
        "authors": authors,
        "series": series,
        **{name: getattr(live, name) for name in ("description", "canonical_url", "cover", "cover_alt")},
        "pinned": live.pinned,
        "unlisted": live.unlisted,
        "pictures": shown,
        "translation_key": live.translation_key,
    }
    return {
        **said,
        "version": post.version,
        "digest": digest(post, other, said),
        "paths": [own, *other],
        "page_count": 1 + len(other),
        "summary": live.summary or markup.summary(beginning),
        "lead": live.summary,
        "markdown": live.body,
        "html": rendered.html,
        "text": rendered.text,
        "contents": [asdict(heading) for heading in rendered.contents],
        "words": rendered.words,
        "published_at": post.published_at,
        "month": int(f"{there:%Y%m}"),
        "updated_at": post.updated_at,
    }


def pictures_of(live):
    """Return the pictures of the library that a revision or its authors show, with what was made of them."""
    faces = [line.author.picture for line in live.byline.all()]
    text = " ".join([live.body, live.cover, *faces])
    shown = [picture for picture in Picture.objects.order_by("path") if f"/media/{picture.path}" in text]
    return [
        {
            "url": f"/media/{picture.path}",
            "width": picture.width,
            "height": picture.height,
            "versions": [
                {"url": f"/media/{one['path']}", "width": one["width"]} for one in picture.renditions
            ],
        }
        for picture in shown
    ]


def tags_of(live):
    """Return the tags of a revision as they are called today, each with the slugs that mean it."""
    meant = {tag.merged_into or tag for tag in live.tags.all()}
    return [
        {
            "slug": tag.slug,
            "name": tag.name,
            "description": tag.description,
            "aliases": sorted(Tag.objects.filter(merged_into=tag).values_list("slug", flat=True)),
        }
        for tag in sorted(meant, key=lambda tag: (tag.name, tag.slug))
    ]


def author_of(author):
    """Return the author as readers know them today."""
    return {name: getattr(author, name) for name in ("slug", "name", "bio", "picture", "links")}


def digest(post, aliases, said):
    """Return the SHA-256 of the document that the design describes: sorted keys, UTC, no spaces.

    What schema 1 had no words for is left out while it says nothing.
    """
    said = {name: without_silence(value) for name, value in without_silence(said).items()}
    document = {
        **said,
        "schema": 3
        if said.get("pictures") or said.get("translation_key")
        else 2
        if LATER & names_in(said)
        else 1,
        "post_id": str(post.pk),
        "version": post.version,
        "aliases": aliases,
        "summary": post.live.summary,
        "body": post.live.body,
        "published_at": instant(post.published_at),
        "updated_at": instant(post.updated_at),
    }
    return sha_256(document)


def sha_256(document):
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def without_silence(value):
    """Return a value without later names that say nothing."""
    if isinstance(value, list):
        return [without_silence(item) for item in value]
    if isinstance(value, dict):
        return {name: said for name, said in value.items() if said or name not in LATER}
    return value


def names_in(value):
    """Return all names of a document."""
    if isinstance(value, list):
        return set().union(*map(names_in, value))
    return set(value).union(*map(names_in, value.values())) if isinstance(value, dict) else set()


def instant(moment):
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def pages_at(post, said):
    """Return what is answered at the post's own path, and at those that lead there."""
    own, *other = said["paths"]
    changed = said["updated_at"] - said["published_at"] >= timedelta(days=1)
    shown = {
        **said,
        "canonical": said["canonical_url"] or settings.SITE_URL + quote(own),
        "described": said["description"] or said["summary"],
        "cover_url": said["cover"] and settings.SITE_URL + said["cover"],
        "cover_picture": cover_of(said),
        "signed": [{**author, "face": face_of(author, said)} for author in said["authors"]],
        "shows_cover": said["cover"] and said["cover"] not in said["html"],
        "direction": "ltr",
        "minutes": max(1, round(said["words"] / 238)),
        "outline": [
            {**heading, "level": heading["level"] - min(one["level"] for one in said["contents"]) + 2}
            for heading in said["contents"]
        ],
        "shows_contents": len(said["contents"]) >= 3,
        "shows_update": changed,
    }
    with translation.override(settings.LANGUAGE_CODE), timezone.override(settings.TIME_ZONE):
        page = render_to_string("reader/article.html", {"site": the_site(), "article": shown})
    return {
        own: answer(post, 200, "", page),
        **{path: answer(post, 301, own, "") for path in other},
    }


def cover_of(said):
    """Return what the template shows as the cover: what is known of it, and its modern versions by type."""
    unknown = {"url": said["cover"], "versions": []}
    known = [one for one in said["pictures"] if one["url"] == said["cover"]] or [unknown]
    made = {
        kind: ", ".join(
            f"{one['url']} {one['width']}w" for one in known[0]["versions"] if one["url"].endswith(f".{kind}")
        )
        for kind in ("avif", "webp")
    }
    return {**known[0], "sources": [(f"image/{kind}", those) for kind, those in made.items() if those]}


def face_of(author, said):
    """Return the smallest WebP of an author's picture; the picture itself if there is none."""
    known = [one for one in said["pictures"] if one["url"] == author["picture"]]
    versions = [version["url"] for one in known for version in one["versions"]]
    return next((url for url in versions if url.endswith(".webp")), author["picture"])


def answer(post, status, location, body):
    """Return a page as `stored` shows it."""
    at = datetime.fromtimestamp(post.version // 1_000_000, UTC)
    etag = hashlib.sha256(body.encode()).hexdigest()[:32]
    return post.pk, post.version, status, location, "text/html; charset=utf-8", body, etag, at


def surroundings():
    """Return what surrounds each public post: {slug: {earlier, later, related, parts, translations}}, in slugs."""
    public = Post.objects.filter(live__isnull=False).select_related("live")
    listed = sorted(
        (post for post in public if not post.live.unlisted), key=lambda post: (post.published_at, post.pk)
    )
    tags = {post.live.slug: {tag["slug"] for tag in tags_of(post.live)} for post in listed}
    slugs = [post.live.slug for post in listed]
    said = {
        post.live.slug: {
            **{"earlier": None, "later": None, "related": []},
            "parts": parts_around(post, listed),
            "translations": translations(post, listed),
        }
        for post in public
    }
    for place, slug in enumerate(slugs):
        earlier, later = slugs[place - 1] if place else None, (*slugs, None)[place + 1]
        shared = {other: sum(weight(tag, tags) for tag in tags[slug] & tags[other]) for other in slugs}
        ranked = sorted(slugs, key=lambda other: (-shared[other], -slugs.index(other)))
        named = {slug, earlier, later, *(other for _part, other in said[slug]["parts"])}
        related = [other for other in ranked if shared[other] and other not in named]
        said[slug] |= {"earlier": earlier, "later": later, "related": related[:3]}
    return said


def weight(tag, tags):
    """Return what sharing a tag counts, in millionths: less, the more posts bear it."""
    bearing = sum(tag in borne for borne in tags.values())
    return round(1_000_000 / math.log(bearing)) if bearing > 1 else 0


def parts_around(post, listed):
    """Return the parts of the post's series that stand around it, each with its number; none if it is alone."""
    if post.live.series is None:
        return []
    parts = [other for other in listed if other.live.series_id == post.live.series_id and other.pk != post.pk]
    parts = sorted([*parts, post], key=lambda part: (part.live.part, part.published_at, part.pk))
    place = parts.index(post)
    shown = parts[max(0, place - 5) : place + 6]
    return [(part.live.part, part.live.slug) for part in shown] if len(parts) > 1 else []


def translations(post, listed):
    """Return the newest listed post of each language that has the post's key: {language: slug}; none of one only."""
    key = post in listed and post.live.translation_key
    said = {
        other.live.language: other.live.slug for other in listed if key and other.live.translation_key == key
    }
    return said if len(said) > 1 else {}
