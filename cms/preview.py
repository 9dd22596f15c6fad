"""The preview: what readers would get of a draft, made by the functions that make what they do get.

Composition: the writer says what publishing would announce, the reader makes the page of it. Writes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from csp.constants import SELF
from django.conf import settings
from django.contrib import admin
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from cms import markup
from cms.events import PostPublished, SiteDescribed, article_path
from cms.policies import PAGES, policy
from reader import around
from reader.models import Site
from reader.rendering import article_of, html, pages_of, site, site_by_settings, site_of
from writer import drafted, links
from writer.admin_posts import PostAdmin
from writer.models import Post, PreviewLink, SiteSettings
from writer.public import site_state
from writer.refusals import Refused


@require_POST
@xframe_options_sameorigin
def unsaved(request: HttpRequest, post_id: str) -> HttpResponse:
    """Show what is typed as readers would get it if it were published now, or say why they could not.

    `post_id` is `new` for a post that was never saved.
    """
    try:
        response = HttpResponse(page(typed(request, post_id)))
    except Refused as refusal:
        response = notice(_("This cannot be shown yet."), str(refusal), status=422)
    response["Content-Security-Policy"] = policy({**PAGES, "frame-ancestors": [SELF]})
    return response


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show the newest saved draft to whoever has its link: no login, no cookie, nothing kept anywhere.

    302 to the live page once that says the same; 410 where the link opens nothing any more; 404 for
    what is none.
    """
    try:
        response = behind(links.opened(token), now=timezone.now())
    except BadSignature:
        response = HttpResponseNotFound(html("404.html"))
    except Refused as refusal:
        response = notice(_("This cannot be shown yet."), str(refusal), status=422)
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def behind(link: PreviewLink | None, *, now: datetime) -> HttpResponse:
    """Return what a link leads to now. Raise Refused for a text that makes no page."""
    gone = _("This preview is over.")
    if link is None or link.post.trashed_at:
        return notice(gone, _("Its author has taken the text away."), status=410)
    if link.revoked_at:
        return notice(gone, _("The link to it was taken back. Ask whoever sent it to you."), status=410)
    if link.expires_at <= now:
        said = _("Its link was good for 7 days. Ask whoever sent it to you for a new one.")
        return notice(gone, said, status=410)
    post = link.post
    if post.live and not post.changed:
        return HttpResponseRedirect(iri_to_uri(article_path(post.live.slug)))
    return HttpResponse(page(drafted.kept(post, now=now)))


def typed(request: HttpRequest, post_id: str) -> PostPublished:
    """Return the event of what is typed. Raise Refused, with a sentence for each fault."""
    desk = admin.site.get_model_admin(Post)
    assert isinstance(desk, PostAdmin)
    post, form = desk.typed(request, post_id)
    if wrong := drafted.faults(form):
        raise Refused(" ".join(sentence for said in wrong.values() for sentence in said))
    return drafted.typed(form, post, now=timezone.now())


def page(event: PostPublished) -> bytes:
    """Return the page that readers would get. Raise Refused for a text that makes none.

    Without a reader's database nobody here knows which posts surround it: then it is shown alone.
    """
    of = site() if settings.PROJECTS else site_as_written()
    try:
        article = article_of(replace(event, title=event.title or _("Untitled")), of=of)
    except markup.Unrenderable as error:
        raise Refused(str(error)) from error
    body = pages_of(article, of=of)[0].identity.decode()
    if settings.PROJECTS:
        return around.surrounded(body, article).encode()
    return around.filled(body, of=of, article=article).encode()


def site_as_written() -> Site:
    """Return what pages say of the site by the writer's own tables, where there is no reader's database."""
    written = SiteSettings.objects.first()
    event = site_state(written) if written else None
    return site_of(event) if isinstance(event, SiteDescribed) else site_by_settings()


def notice(title: str, words: str, *, status: int) -> HttpResponse:
    """Return a page that says why there is nothing to read."""
    return HttpResponse(html("notice.html", title=title, words=words), status=status)
