"""The desk for posts. Every button is one command, and a refusal is shown in its own words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.events import article_path
from writer import commands, queries
from writer.forms import PostForm
from writer.models import Post, State
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
MARKS: Final = {State.DRAFT: "○", State.SCHEDULED: "◷", State.LIVE: "●", State.CHANGED: "◐", State.TRASH: "✕"}


class StateFilter(admin.SimpleListFilter):
    """Posts by state. The trash shows only when it is asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every state."""
        return [(str(state), str(state.label)) for state in State]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the posts in the chosen state; all but the trash if none is."""
        if self.value() in State.values:
            return queryset.in_state(self.value())
        return queryset.filter(trashed_at=None)


def in_bulk(command: Callable[..., None], *, name: str, done: str, permission: str) -> Callable[..., None]:
    """Return an admin action that gives the command for each post, and reports what was refused and why."""

    @admin.action(description=name, permissions=[permission])
    def action(model_admin: PostAdmin, request: HttpRequest, chosen: QuerySet[Post]) -> None:
        count = 0
        for post in chosen:
            try:
                command(post.pk, **signed(request))
                count += 1
            except Refused as refusal:
                messages.error(request, f"{post}: {refusal}")
        if count:
            messages.success(request, done % count)

    action.__name__ = command.__name__
    return action


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    """Posts: the text is saved by save_draft, all else is done by the button's own command."""

    form = PostForm
    list_display = ("title_or_untitled", "state", "edited_at", "published_at", "appointment")
    list_filter = (StateFilter,)
    search_fields = ("title", "slug")
    ordering = ("-edited_at", "-id")
    list_per_page = 50
    show_full_result_count = False
    save_on_top = False
    readonly_fields = ("standing",)
    change_form_template = "admin/writer/post/change_form.html"
    actions = (
        in_bulk(commands.publish, name=_("Publish"), done="%d published.", permission="change"),
        in_bulk(commands.unpublish, name=_("Unpublish"), done="%d taken back.", permission="change"),
        in_bulk(
            commands.trash, name=_("Move to the trash"), done="%d moved to the trash.", permission="change"
        ),
        in_bulk(commands.restore, name=_("Restore from the trash"), done="%d restored.", permission="change"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        """Return the posts with what the list shows of each, in one query."""
        return super().get_queryset(request).select_related("live")

    @admin.display(description=gettext_lazy("title"), ordering="title")
    def title_or_untitled(self, post: Post) -> str:
        """Return the title, or what stands for it."""
        return str(post)

    @admin.display(description=gettext_lazy("state"))
    def state(self, post: Post) -> str:
        """Return the state in words, with its mark."""
        if post.refusal:
            return f"✕ {_('Failed')}: {post.refusal}"
        return f"{MARKS[post.state]} {post.state.label}"

    @admin.display(description=gettext_lazy("scheduled for"), ordering="publish_at")
    def appointment(self, post: Post) -> str:
        """Return when something is to happen, on the author's clock."""
        return on_clock(post.publish_at, post.publish_zone) or on_clock(
            post.unpublish_at, post.unpublish_zone
        )

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

    def delete_model(self, request: HttpRequest, obj: Post) -> None:
        """Delete for ever, by the command."""
        commands.purge(obj.pk, **signed(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Delete for ever what is in the trash, each by the command, and say what was refused."""
        for post in queryset:
            try:
                self.delete_model(request, post)
            except Refused as refusal:
                messages.error(request, f"{post}: {refusal}")


def on_clock(moment: datetime | None, zone: str) -> str:
    """Return the moment as a clock in that zone shows it, with the zone's name; empty if there is none."""
    return f"{moment.astimezone(ZoneInfo(zone or 'UTC')):%Y-%m-%d %H:%M} {zone}" if moment else ""
