"""The preview: what readers would get of a draft, made by the functions that make what they do get.

Composition: the writer says what publishing would announce, the reader makes the page of it. Writes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST

from cms import markup
from cms.events import PostPublished
from reader.rendering import article_of, html, pages_of
from writer import drafted
from writer.admin_posts import PostAdmin
from writer.models import Post
from writer.refusals import Refused

# The reader's own scripts and styles, pictures from wherever readers get them; framed by the desk alone.
POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' http: https:",
        "form-action 'self'",
        "frame-ancestors 'self'",
        "base-uri 'none'",
    ]
)


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
    response["Content-Security-Policy"] = POLICY
    return response


def typed(request: HttpRequest, post_id: str) -> PostPublished:
    """Return the event of what is typed. Raise Refused, with a sentence for each fault."""
    desk = admin.site.get_model_admin(Post)
    assert isinstance(desk, PostAdmin)
    post, form = desk.typed(request, post_id)
    if wrong := drafted.faults(form):
        raise Refused(" ".join(sentence for said in wrong.values() for sentence in said))
    return drafted.typed(form, post, now=timezone.now())


def page(event: PostPublished) -> bytes:
    """Return the page that readers would get. Raise Refused for a text that makes none."""
    try:
        article = article_of(replace(event, title=event.title or _("Untitled")))
    except markup.Unrenderable as error:
        raise Refused(str(error)) from error
    return pages_of(article)[0].identity


def notice(title: str, words: str, *, status: int) -> HttpResponse:
    """Return a page that says why there is nothing to read."""
    return HttpResponse(html("notice.html", title=title, words=words), status=status)
