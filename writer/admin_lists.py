"""The desk's list of posts: what it shows of each, and what can be done to several at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from writer import commands
from writer.models import Post, State
from writer.refusals import Refused
from writer.signed import signed

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
    def action(model_admin: PostList, request: HttpRequest, chosen: QuerySet[Post]) -> None:
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


class PostList(admin.ModelAdmin):
    """The list of posts."""

    list_display = ("title_or_untitled", "state", "edited_at", "published_at", "appointment")
    list_filter = (StateFilter,)
    search_fields = ("title", "slug")
    ordering = ("-edited_at", "-id")
    list_per_page = 50
    show_full_result_count = False
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
