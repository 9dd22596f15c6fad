"""What the post's page asks while somebody writes. Nothing here changes a post."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cms.events import article_path
from writer import commands, drafted, queries
from writer.admin_lists import PostList, appointments
from writer.arrival import arrival, failing, on_nodes, reach
from writer.checklist import ERROR, Finding, findings, in_brief
from writer.clocks import home_zone, lines
from writer.forms import PostForm
from writer.forms_clock import appointments as typed_times
from writer.links import open_links, url_of
from writer.models import Post
from writer.permissions import may_publish, may_write
from writer.refusals import Refused
from writer.signed import signed


class MadeMeanwhile(Exception):
    """The new post of a form is there already: its page saved what was typed as the button was pressed."""


class PublishingDesk(PostList):
    """The views beside the form of a post."""

    def get_urls(self) -> list[Any]:
        """Return the addresses of what the post's page asks, before the admin's own, which take any path."""
        view = self.admin_site.admin_view
        return [
            path("clock/", view(self.clock), name="writer_post_clock"),
            path("<str:post_id>/check/", view(self.checked), name="writer_post_check"),
            path("<str:post_id>/standing/", view(self.standing), name="writer_post_standing"),
            *super().get_urls(),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, with times on the clock of who fills it in."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"home_zone": home_zone(self.user(request))})

    def surroundings(self, request: HttpRequest, post: Post | None) -> dict[str, Any]:
        """Return what the page shows beside the form."""
        may = may_publish(self.user(request), post or self.new(request))
        if post is None:
            return {"may_publish": may, "standing": _("Not saved yet")}
        now = timezone.now()
        found = [] if post.trashed_at else findings(post, drafted.kept(copy(post), now=now))
        return {
            "may_publish": may,
            **self.stands(post),
            "findings": found,
            "in_brief": in_brief(found),
            "kept": typed_times(post),
            "links": [(link, url_of(link)) for link in open_links(post, now=now)],
        }

    def stands(self, post: Post) -> dict[str, Any]:
        """Return the state in words, and whether readers have what was announced."""
        event = queries.newest_event(post.pk)
        found = reach(event)
        parts = [*arrival(post, self.state(post), event), *on_nodes(found), *appointments(post)]
        return {
            "post": post,
            "standing": " · ".join(parts),
            "page_url": iri_to_uri(article_path(post.live.slug)) if post.live else "",
            "waits": event is not None and (event.delivered_at is None or bool(found and found.lacks)),
            "failing": failing(event),
        }

    @method_decorator(require_safe)
    def standing(self, request: HttpRequest, post_id: str) -> HttpResponse:
        """Answer with how the post stands now, for a page that waits until readers have it."""
        post = self.get_object(request, post_id)
        if post is None:
            raise Http404
        return TemplateResponse(request, "admin/writer/post/standing.html", self.stands(post))

    @method_decorator(require_http_methods(["GET", "POST"]))
    def clock(self, request: HttpRequest) -> HttpResponse:
        """Answer with the times that are typed, in words; by POST, note where the user reads the clock."""
        user = self.user(request)
        if not may_write(user):
            raise PermissionDenied
        if request.method == "POST":
            try:
                commands.set_clock(zone=request.POST.get("zone", ""), **signed(request))
            except Refused as refusal:
                return HttpResponseBadRequest(str(refusal), content_type="text/plain")
            return HttpResponse(status=204)
        form = self.get_form(request)(request.GET)
        form.is_valid()  # only the times matter here
        shown = {"lines": list(lines(form, now=timezone.now())), "asks": "occurrence" in form.errors}
        return TemplateResponse(request, "admin/writer/post/clock.html", shown)

    @method_decorator(require_POST)
    def checked(self, request: HttpRequest, post_id: str) -> HttpResponse:
        """Answer with the checklist for what is typed, saved or not."""
        try:
            found = self.found(*self.typed(request, post_id))
        except Refused as refusal:
            found = [Finding(ERROR, str(refusal))]
        shown = {"findings": found, "in_brief": in_brief(found)}
        return TemplateResponse(request, "admin/writer/post/checklist.html", shown)

    def found(self, post: Post, form: PostForm) -> list[Finding]:
        """Return what there is to look at in what is typed; first of all, that it cannot be kept."""
        if wrong := drafted.faults(form):
            return [Finding(ERROR, words, field) for field, said in wrong.items() for words in said]
        event = drafted.typed(form, post, now=timezone.now())
        return findings(post, event)

    def typed(self, request: HttpRequest, post_id: str) -> tuple[Post, PostForm]:
        """Return the post as it is kept, and the form with what is typed, checked field by field.

        `post_id` is `new` for a post that was not made yet. Raise Refused if it is gone, and
        PermissionDenied for who may not write it.
        """
        known = self.made_before(request) if post_id == "new" else post_id
        post: Post | None = self.get_object(request, known) if known else None
        if known and post is None:
            raise Refused(_("This post was deleted for ever after you opened it. Your text is still here."))
        if not (self.has_change_permission(request, post) if post else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, post, change=bool(post))(request.POST, instance=copy(post))
        form.is_valid()
        return post or Post(pk=form.cleaned_data.get("new_id")), form

    def made_before(self, request: HttpRequest) -> str | None:
        """Return the id of the post that this form for a new one has made already; None if it has not."""
        made = request.POST.get("new_id", "")
        return made if made and self.get_object(request, made) else None

    def new(self, request: HttpRequest) -> Post:
        """Return a post that is not made yet, as far as rights are concerned: it will be the user's own."""
        return Post(created_by=self.user(request))
