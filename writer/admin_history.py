"""The desk's pages about what a post said when: all its revisions, and any two wordings side by side."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from writer import commands
from writer.admin_rights import PostRights
from writer.history import MORE, changes, history
from writer.models import Content, Post
from writer.permissions import may_press
from writer.refusals import Refused
from writer.signed import signed

BROUGHT_BACK: Final = gettext_lazy(
    "The draft is that revision again. Readers see no change until you publish."
)


class HistoryAdmin(PostRights):
    """The pages of a post's history."""

    def get_urls(self) -> list[URLPattern]:
        """Return them before those of the admin."""
        pages = {
            "compare": require_safe(self.compare_view),
            "revisions": require_safe(self.revisions_view),
            "revert": require_POST(self.revert_view),
        }
        own = [
            path(f"<uuid:post_id>/{name}/", self.admin_site.admin_view(view), name=f"writer_post_{name}")
            for name, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def past(self, request: HttpRequest, post: Post | None) -> dict[str, Any]:
        """Return what the page of a post shows of its history."""
        if post is None:
            return {}
        groups, older = history(post)
        return {"history": groups, "older": older, "may_revert": self.may_revert(request, post)}

    def may_revert(self, request: HttpRequest, post: Post) -> bool:
        """Tell whether the user may make a revision of it the draft."""
        return not post.trashed_at and may_press(self.user(request), "_revert", post)

    def known(self, request: HttpRequest, post_id: UUID) -> Post:
        """Return the post. Raise Http404 if it is gone, PermissionDenied if it is not for this user."""
        post: Post | None = self.get_object(request, str(post_id))
        if post is None:
            raise Http404
        return post

    def revisions_view(self, request: HttpRequest, post_id: UUID) -> HttpResponse:
        """Show the revisions before a number, the newest first."""
        post = self.known(request, post_id)
        before = request.GET.get("before", "")
        below = int(before) if before.isdecimal() and len(before) < 10 else None
        groups, older = history(post, before=below, at_most=MORE)
        context = {"history": groups, "older": older, "may_revert": self.may_revert(request, post)}
        title = _("Revisions of “%s”") % post
        return self.page(request, "revisions", {**context, "post": post, "title": title, "below": below})

    def compare_view(self, request: HttpRequest, post_id: UUID) -> HttpResponse:
        """Show what differs between two wordings of the post: ?from=3&to=5, `live` or `draft`."""
        post = self.known(request, post_id)
        usual = {"from": "live" if post.live else "1", "to": "draft"}
        names = {side: request.GET.get(side) or name for side, name in usual.items()}
        sides = {side: wording_of(post, name) for side, name in names.items()}
        context: dict[str, Any] = {"post": post, "title": _("What changed in “%s”") % post, "names": names}
        context["choices"] = choices(post, *names.values())
        missing = [names[side] for side, content in sides.items() if content is None]
        if missing or sides["from"] is None or sides["to"] is None:
            context["missing"] = _("This post has no revision “%s”.") % missing[0][:20]
            return self.page(request, "compare", context, status=HTTPStatus.NOT_FOUND)
        found = changes(sides["from"], sides["to"])
        context["changes"] = [change for change in found if change.difference.changed]
        context["coarse"] = any(change.difference.coarse for change in found)
        context["aside"] = request.GET.get("view") == "side"
        context["sides"] = {side: called(post, content) for side, content in sides.items() if content}
        context["number"] = getattr(sides["from"], "number", None)
        context["may_revert"] = self.may_revert(request, post)
        return self.page(request, "compare", context)

    def revert_view(self, request: HttpRequest, post_id: UUID) -> HttpResponse:
        """Make a revision the draft."""
        post = self.known(request, post_id)
        if not may_press(self.user(request), "_revert", post):
            raise PermissionDenied
        number = request.POST.get("_revert", "")
        try:
            known = number.isdecimal() and len(number) < 10
            commands.revert_to(post_id, number=int(number) if known else 0, **signed(request))
            messages.success(request, str(BROUGHT_BACK))
        except Refused as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse("admin:writer_post_change", args=[post_id]))

    def page(
        self, request: HttpRequest, name: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        """Return a page of the desk about the post."""
        own = {"opts": self.opts, "original": context["post"], **self.admin_site.each_context(request)}
        template = f"admin/writer/post/{name}.html"
        return TemplateResponse(request, template, {**own, **context}, status=status)


def wording_of(post: Post, name: str) -> Content | None:
    """Return the wording that an address names: `draft`, `live`, or a revision by its number."""
    if name == "draft":
        return post
    if name == "live":
        return post.live
    return post.revisions.filter(number=int(name)).first() if name.isdecimal() and len(name) < 10 else None


def choices(post: Post, *chosen: str) -> list[tuple[str, str]]:
    """Return the wordings that are offered, and what they are called: few, and those that are chosen."""
    newest = [revision for group in history(post)[0] for revision in group.revisions]
    named = {str(one.number): f"{called(post, one)} · {one.get_reason_display()}" for one in newest}
    own = {"draft": _("The draft"), **({"live": _("What readers see")} if post.live else {})}
    others = {name: _("Revision %s") % name for name in chosen if name.isdecimal() and name not in named}
    return list({**own, **named, **others}.items())


def called(post: Post, content: Content) -> str:
    """Return what a wording is called."""
    if content is post:
        return _("The draft")
    if content is post.live:
        return _("What readers see")
    return _("Revision %d") % content.number  # type: ignore[attr-defined]
