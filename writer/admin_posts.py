"""The desk for posts. Every button is one command, and a refusal is shown in its own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.events import article_path
from writer import commands, queries
from writer.admin_lists import PostList
from writer.forms import PostForm
from writer.models import Post
from writer.refusals import Refused
from writer.signed import signed

DONE: Final = {
    "publish": gettext_lazy("Published."),
    "unpublish": gettext_lazy("Taken back from the public. The draft is kept."),
    "schedule": gettext_lazy("Scheduled."),
    "cancel_schedule": gettext_lazy("No longer scheduled."),
    "discard_changes": gettext_lazy(
        "The changes were discarded; the draft is what readers see. History keeps the rest."
    ),
    "revert_to": gettext_lazy("The draft is that revision again. Readers see no change until you publish."),
    "trash": gettext_lazy("Moved to the trash."),
    "restore": gettext_lazy("Restored from the trash, as a draft."),
    "save_draft": gettext_lazy("Draft saved. Readers see no change."),
}


@admin.register(Post)
class PostAdmin(PostList):
    """Posts: the text is saved by save_draft, all else is done by the button's own command."""

    form = PostForm
    save_on_top = False
    readonly_fields = ("standing",)
    change_form_template = "admin/writer/post/change_form.html"

    @admin.display(description=gettext_lazy("state"))
    def standing(self, post: Post) -> str:
        """Return the state, and whether the public has what was announced."""
        if post._state.adding:
            return _("Not saved yet")
        waiting = queries.waiting(post.pk)
        if waiting is None:
            return self.state(post)
        return _("%(state)s · on its way to readers. %(reason)s") % {
            "state": self.state(post),
            "reason": waiting,
        }

    def get_fieldsets(self, request: HttpRequest, obj: Post | None = None) -> Any:
        """Return the text first, then what surrounds it, then the clock."""
        return [
            (None, {"fields": ["standing", "title", "body", "summary", "tag_names", "author_names"]}),
            (_("Address and language"), {"fields": ["slug", "language"]}),
            (_("Schedule"), {"fields": ["publish_on", "unpublish_on", "zone", "occurrence", "lock_version"]}),
        ]

    def get_form(
        self, request: HttpRequest, obj: Post | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form, with the reason why its command was just refused, if it was."""
        kwargs["fields"] = PostForm.Meta.fields  # the form declares the others itself
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, "refusal", "")})

    def view_on_site(self, post: Post) -> str | None:
        """Return the public address, if there is one."""
        return settings.SITE_URL + iri_to_uri(article_path(post.live.slug)) if post.live else None

    def has_delete_permission(self, request: HttpRequest, obj: Post | None = None) -> bool:
        """Offer deletion for ever only of what is in the trash."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.trashed_at is not None)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Show the form and carry out its button. A refusal comes back with all that was typed."""
        post = self.get_object(request, object_id) if object_id else None
        if post and request.method == "POST" and (command := self.textless(request)):
            return self.carry_out(request, post, *command)
        extra_context = {
            **(extra_context or {}),
            "post": post,
            "revisions": post and post.revisions.all()[:20],
        }
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            request.refusal = str(refusal)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Post, form: Any, change: bool) -> None:
        """Save the draft by its command."""
        if change:
            lock_version = form.cleaned_data["lock_version"] or 0
            commands.save_draft(obj.pk, draft=form.draft(), lock_version=lock_version, **signed(request))
        else:
            commands.create_draft(post_id=obj.pk, draft=form.draft(), **signed(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Carry out the button that was pressed, on the text that was just saved with tags and byline."""
        post_id, typed, give = form.instance.pk, form.cleaned_data, signed(request)
        if "_publish" in request.POST:
            commands.publish(post_id, **give)
        if "_unpublish" in request.POST:
            commands.unpublish(post_id, **give)
        if "_cancel_schedule" in request.POST:
            commands.cancel_schedule(post_id, **give)
        if "_schedule" in request.POST:
            if not typed["publish_on"] and not typed["unpublish_on"]:
                raise Refused(_("Say when: fill in “Publish on” or “Take back on”."))
            if typed["publish_on"]:
                commands.schedule(post_id, publish_at=typed["publish_on"], zone=typed["zone"], **give)
            if typed["unpublish_on"]:
                commands.schedule_unpublish(
                    post_id, unpublish_at=typed["unpublish_on"], zone=typed["zone"], **give
                )

    def textless(self, request: HttpRequest) -> tuple[Callable[..., None], dict[str, Any]] | None:
        """Return the command of a button that does not save what is typed, None if it was another."""
        if number := request.POST.get("_revert", ""):
            return commands.revert_to, {
                "number": int(number) if number.isdecimal() and len(number) < 10 else 0
            }
        buttons = {
            "_discard": commands.discard_changes,
            "_trash": commands.trash,
            "_restore": commands.restore,
        }
        return next(((command, {}) for name, command in buttons.items() if name in request.POST), None)

    def carry_out(
        self, request: HttpRequest, post: Post, command: Callable[..., None], values: dict[str, Any]
    ) -> HttpResponse:
        """Give a command that needs no text, say what came of it, and show the post again."""
        if not self.has_change_permission(request, post):
            raise PermissionDenied
        try:
            command(post.pk, **signed(request), **values)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            self.log_change(request, post, command.__name__)
            messages.success(request, DONE[command.__name__])
        return self.back_to(post)

    def back_to(self, post: Post) -> HttpResponse:
        """Return to the post's own page."""
        return HttpResponseRedirect(reverse("admin:writer_post_change", args=[post.pk]))

    def response_add(
        self, request: HttpRequest, obj: Post, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Say what was done, and stay at the post."""
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Post) -> HttpResponse:
        """Say what was done, and stay at the post."""
        pressed = next((name for name in DONE if f"_{name}" in request.POST), "save_draft")
        messages.success(request, DONE[pressed])
        return self.back_to(obj)
