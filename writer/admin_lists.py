"""The desk's list of posts: what it shows of each, and what can be done to several at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from writer import commands
from writer.admin_rights import PostRights
from writer.models import OutboxEvent, Post, State
from writer.refusals import Refused
from writer.signed import signed

MARKS: Final = {State.DRAFT: "○", State.SCHEDULED: "◷", State.LIVE: "●", State.CHANGED: "◐", State.TRASH: "–"}
# Not states, but what a post in any state may have: a schedule, and one that could not be kept.
APPOINTED: Final = Q(publish_at__isnull=False) | Q(unpublish_at__isnull=False)
IN_VAIN: Final = OutboxEvent.objects.pending().filter(attempts__gt=0)
FAILED: Final = ~Q(refusal="") | Q(pk__in=IN_VAIN.values("post_id"))
MORE: Final = {"appointed": APPOINTED, "failed": FAILED}


class StateFilter(admin.SimpleListFilter):
    """Posts by state. The trash shows only when it is asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every state."""
        more = [("appointed", _("With a schedule")), ("failed", _("Failed"))]
        return [*((str(state), str(state.label)) for state in State), *more]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the posts in the chosen state; all but the trash if none is."""
        if more := MORE.get(self.value() or ""):
            return queryset.filter(more, trashed_at=None)
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


class PostList(PostRights):
    """The list of posts."""

    list_display = ("title_or_untitled", "state_for_readers", "edited_at", "published_at", "appointment")
    list_filter = (StateFilter,)
    search_fields = ("title", "slug")
    ordering = ("-edited_at", "-id")
    list_per_page = 50
    show_full_result_count = False
    actions = (
        in_bulk(commands.publish, name=_("Publish"), done="%d published.", permission="publish"),
        in_bulk(commands.unpublish, name=_("Unpublish"), done="%d unpublished.", permission="publish"),
        in_bulk(
            commands.trash, name=_("Move to the trash"), done="%d moved to the trash.", permission="change"
        ),
        in_bulk(commands.restore, name=_("Restore from the trash"), done="%d restored.", permission="change"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        """Return the posts with what the list shows of each, in one query."""
        waiting = OutboxEvent.objects.pending().filter(post_id=OuterRef("pk")).order_by("-version")
        attempts = Subquery(waiting.values("attempts")[:1])  # in vain; None: nothing waits
        return super().get_queryset(request).select_related("live").annotate(in_vain=attempts)

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

    @admin.display(description=gettext_lazy("state"))
    def state_for_readers(self, post: Any) -> str:
        """Return the state, and whether readers wait for it."""
        if post.in_vain is None:
            return self.state(post)
        words = _("✕ Failed to reach readers") if post.in_vain else _("Waiting to reach readers")
        return f"{words} · {self.state(post)}"

    @admin.display(description=gettext_lazy("scheduled for"), ordering="publish_at")
    def appointment(self, post: Post) -> str:
        """Return when something is to happen, on the author's clock."""
        return " · ".join(appointments(post))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer what can be done to posts in the trash, or to those that are not."""
        in_trash = request.GET.get("state") == State.TRASH
        names = {"delete_selected": _("Delete for ever")}
        offered = {name: entry for name, entry in super().get_actions(request).items() if entry}
        return {
            name: (action, name, names.get(name, words))
            for name, (action, _name, words) in offered.items()
            if (name in ("restore", "delete_selected")) == in_trash
        }

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[str]]:
        """Say what deletion for ever takes along."""
        words = [_("“%s”, with all its revisions") % post for post in objs]
        return words, {_("posts"): len(words)}, set(), []

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


def appointments(post: Post) -> list[str]:
    """Return when the post is to be published and unpublished, on the clock that the author chose."""
    known = [
        (_("publish on %s"), post.publish_at, post.publish_zone),
        (_("unpublish on %s"), post.unpublish_at, post.unpublish_zone),
    ]
    return [
        words % f"{at.astimezone(ZoneInfo(zone or 'UTC')):%Y-%m-%d %H:%M} {zone}".strip()
        for words, at, zone in known
        if at
    ]
