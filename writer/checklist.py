"""What to look at before a post is published: the command's own refusals, and what a reader would miss.

A function of the draft and of what else is public. Changes nothing, and stops nobody: the command does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms import markup
from cms.events import PostPublished, article_path
from writer.commands.publishing import RESERVED, check_address, check_text, check_title
from writer.models import Address, Picture, Post
from writer.picture_files import mentioned
from writer.refusals import Refused

ERROR, WARNING, NOTE = "error", "warning", "note"  # stops the command; look at it; it is so
SHOWN: Final = 160  # characters of a description that search engines show, about
MOST: Final = 10  # broken links that are worth naming


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at, in a sentence, and the field that it is about."""

    level: str
    words: str
    field: str = "body"


def findings(post: Post, event: PostPublished) -> list[Finding]:
    """Return what there is to look at in the draft of which publishing would announce this event.

    What stops the command comes first. `post` holds the same words, saved or not.
    """
    found = [*refusals(post), *about(post, event), *missing(event)]
    try:
        rendered = markup.render(event.body)
    except markup.Unrenderable:
        return found  # said by the refusals
    return sorted([*found, *inside(event, rendered)], key=lambda one: [ERROR, WARNING, NOTE].index(one.level))


def in_brief(found: Iterable[Finding]) -> str:
    """Return how much there is to look at, in words."""
    levels = [finding.level for finding in found]
    errors, warnings = levels.count(ERROR), levels.count(WARNING)
    if errors:
        words = ngettext("%d thing is in the way", "%d things are in the way", errors) % errors
        return (
            _("%(words)s, %(more)d more to look at") % {"words": words, "more": warnings}
            if warnings
            else words
        )
    return (
        ngettext("%d thing to look at", "%d things to look at", warnings) % warnings
        if warnings
        else _("Ready")
    )


def refusals(post: Post) -> Iterator[Finding]:
    """Yield why the command would refuse, in its own words."""
    for field, check in (
        ("title", lambda: check_title(post)),
        ("body", lambda: check_text(post)),
        ("slug", lambda: check_address(post, article_path(post.slug))),
    ):
        try:
            check()
        except Refused as refusal:
            yield Finding(ERROR, str(refusal), field)


def about(post: Post, event: PostPublished) -> Iterator[Finding]:
    """Yield what there is to say of address, description and picture."""
    if post.live and post.live.slug != event.slug:
        paths = {"old": article_path(post.live.slug), "new": article_path(event.slug)}
        said = _("The address changes. Whoever follows %(old)s is led to %(new)s.") % paths
        yield Finding(WARNING, said, "slug")
    said = event.description or event.summary
    if len(said) > SHOWN:
        words = _("Search engines cut a description at about %(shown)d characters; this one has %(length)d.")
        field = "description" if event.description else "summary"
        yield Finding(WARNING, words % {"shown": SHOWN, "length": len(said)}, field)
    if event.cover and not event.cover_alt:
        yield Finding(
            WARNING, _("The picture of the post has no words for those who do not see it."), "cover_alt"
        )


def missing(event: PostPublished) -> Iterator[Finding]:
    """Yield what readers would not find."""
    if not event.tags:
        yield Finding(
            NOTE, _("No tags: nobody comes here from a list of posts on the same thing."), "tag_names"
        )
    if not event.cover:
        yield Finding(NOTE, _("No picture: a shared link shows none."), "cover")


def inside(event: PostPublished, rendered: markup.Rendered) -> Iterator[Finding]:
    """Yield what there is to say of the text: summary, pictures, links."""
    if not event.summary and (begins := markup.beginning(rendered)):
        yield Finding(NOTE, _("No summary: lists show how the text begins: “%s”") % begins, "summary")
    page = Page()
    page.feed(rendered.html)
    yield from (Finding(WARNING, words) for words in lacking(page))
    yield from (Finding(WARNING, words) for words in broken(event, page))


def lacking(page: Page) -> Iterator[str]:
    """Yield what pictures lack: words, unless they are decoration only; an address, while they come in."""
    names = mentioned("\n".join(page.mute))
    chosen = Picture.objects.filter(path__in=names, decorative=True).values_list("path", flat=True)
    if mute := sum(not mentioned(src) & set(chosen) for src in page.mute):
        words = ngettext(
            "%d picture has no words for those who do not see it.",
            "%d pictures have no words for those who do not see them.",
            mute,
        )
        yield words % mute
    if page.coming:
        yield _("A picture has not arrived yet: “%s” stands in its place.") % page.coming[0]


def broken(event: PostPublished, page: Page) -> list[str]:
    """Return what is to be said of links to posts that are not public, and to headings that are not there."""
    own = article_path(event.slug)
    within = [link for to in page.links if (link := resolved(to, own)) and link[0]]
    paths = dict.fromkeys(path for path, _name in within if path != own)
    public = set(
        Address.objects.filter(path__in=paths, post__live__isnull=False).values_list("path", flat=True)
    )
    names = dict.fromkeys(name for path, name in within if path == own)
    lost = [name for name in names if name and name != "top" and name not in page.ids | {":main"}]
    nowhere = _("%s is no public post of this site: whoever follows the link finds nothing.")
    return [
        *(nowhere % path for path in paths if path not in public),
        *(_("The text has no heading #%s, to which a link leads.") % name for name in lost),
    ][:MOST]


def resolved(to: str, own: str) -> tuple[str, str] | None:
    """Return path and fragment of a link as posts have them; None if it leads elsewhere or nowhere.

    The path is decoded, in NFC, with a slash behind; empty if no post can be there.
    """
    try:
        link = urlsplit(urljoin(settings.SITE_URL + own, to))
    except ValueError:  # an impossible host
        return None
    if f"{link.scheme}://{link.netloc}" != settings.SITE_URL:
        return None
    path = unicodedata.normalize("NFC", unquote(link.path)).rstrip("/") + "/"
    reserved = path == "/" or path.split("/")[1] in RESERVED
    return "" if reserved else path, unquote(link.fragment)


class Page(HTMLParser):
    """Reads finished HTML for what links lead to, what they can lead to, and pictures without words."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.mute: list[str] = []  # addresses of pictures without words
        self.coming: list[str] = []  # words of pictures without an address

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what the tag says."""
        values = dict(attrs)
        if tag == "a" and (to := values.get("href")):
            self.links.append(to)
        if name := values.get("id"):
            self.ids.add(name)
        if tag == "img":
            self.note_picture(values.get("src") or "", (values.get("alt") or "").strip())

    def note_picture(self, src: str, alt: str) -> None:
        """Note a picture that lacks something."""
        if not alt:
            self.mute.append(src)
        elif not src:
            self.coming.append(alt)
