"""The desk's page for a text that came too late, as somebody else saved the post meanwhile."""

from __future__ import annotations

from copy import copy
from dataclasses import fields, replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from writer import commands
from writer.admin_rights import PostRights
from writer.history import changes
from writer.models import Post, Revision
from writer.permissions import may_press
from writer.refusals import Refused, Stale
from writer.signed import signed


class ConflictAdmin(PostRights):
    """What becomes of a save that came too late: the text is set aside, and its author chooses."""

    def get_urls(self) -> list[URLPattern]:
        """Return the address of the page before those of the admin."""
        view = self.admin_site.admin_view(self.conflict_view)
        own = path("<uuid:post_id>/conflict/<int:number>/", view, name="writer_post_conflict")
        return [own, *super().get_urls()]

    def refused(self, request: HttpRequest, refusal: Refused, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show both texts, if that is the reason; the form again if it is another."""
        if not isinstance(refusal, Stale):
            return super().refused(request, refusal, *args, **kwargs)
        post: Post = self.get_object(request, args[0])
        form = self.get_form(request, post, change=True)(request.POST, instance=copy(post))
        form.is_valid()  # it was, before the command refused
        number = commands.set_aside(post.pk, draft=form.draft(), **signed(request))
        return self.conflict(request, post, number, refusal)

    def conflict_view(self, request: HttpRequest, post_id: UUID, number: int) -> HttpResponse:
        """Show both texts, or do what was chosen."""
        post: Post | None = self.get_object(request, str(post_id))
        if post is None:
            raise Http404
        if not may_press(self.user(request), "_save", post):
            raise PermissionDenied
        if request.method != "POST":
            return self.conflict(request, post, number)
        try:
            said = self.choose(request, post, self.aside(post, number))
        except Refused as refusal:
            return self.conflict(request, Post.objects.get(pk=post_id), number, refusal)
        messages.success(request, said)
        return HttpResponseRedirect(reverse("admin:writer_post_change", args=[post_id]))

    def choose(self, request: HttpRequest, post: Post, mine: Revision) -> str:
        """Do what was chosen; return what there is to say of it. Raise Refused if it cannot be done."""
        chosen = request.POST.get("choice")
        if chosen == "theirs":
            return _("The draft stays as it is. Your text is revision %d.") % mine.number
        if chosen not in ("mine", "merged"):
            raise Refused(_("Choose which text becomes the draft."))
        draft = commands.draft_of(mine)
        if chosen == "merged":
            draft = replace(draft, **self.merged(request, commands.draft_of(post)))
        version = request.POST.get("lock_version", "")
        lock_version = int(version) if version.isdecimal() and len(version) < 10 else -1
        commands.save_draft(post.pk, draft=draft, lock_version=lock_version, **signed(request))
        if chosen == "merged":
            return _("Saved as you merged it. Readers see no change.")
        return _("Your text is the draft. The other one is in the history. Readers see no change.")

    def merged(self, request: HttpRequest, theirs: commands.Draft) -> dict[str, Any]:
        """Return what the merged draft does not have of mine: the text as typed, and fields of theirs."""
        known = {field.name for field in fields(theirs)} & set(request.POST.getlist("theirs"))
        text = request.POST.get("body", "").replace("\r\n", "\n")
        return {**{name: getattr(theirs, name) for name in known}, "body": text}

    def aside(self, post: Post, number: int) -> Revision:
        """Return the text that was set aside. Raise Http404 if there is none."""
        mine = Revision.objects.filter(post=post, number=number, reason=Revision.Reason.ASIDE).first()
        if mine is None:
            raise Http404
        return mine

    def conflict(
        self, request: HttpRequest, post: Post, number: int, refusal: Refused | None = None
    ) -> HttpResponse:
        """Return the page with both texts, and how they differ."""
        mine = self.aside(post, number)
        found = [change for change in changes(post, mine) if change.difference.changed]
        context = {
            "opts": self.opts,
            "post": post,
            "mine": mine,
            "title": _("Two texts of “%s”") % post,
            "refusal": refusal,
            "changes": found,
            "coarse": any(change.difference.coarse for change in found),
            "aside": request.GET.get("view") != "inline",
            "text": request.POST.get("body", mine.body),
            "editor": request.POST.get("editor", ""),
            **self.admin_site.each_context(request),
        }
        status = HTTPStatus.CONFLICT if refusal else HTTPStatus.OK
        return TemplateResponse(request, "admin/writer/post/conflict.html", context, status=status)
