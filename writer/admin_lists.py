"""The desk's list of posts: a page of it at a price that does not grow with the data."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from writer import admin_filters, commands, permissions, standing
from writer.admin_bulk import ACTIONS, MOST, each
from writer.admin_rights import PostRights
from writer.models import Post, State
from writer.refusals import Refused
from writer.signed import signed
from writer.standing import appointments

__all__ = ["PostList", "appointments"]

WORDS: Final = 10  # that are searched; each is looked for in every title


class PostChangeList(ChangeList):
    """A page of posts. It counts no more of them than can be worked on at once, in the same query."""

    def get_results(self, request: HttpRequest) -> None:
        """Find the ids of one page in an index, and read only those posts."""
        size = self.list_per_page
        start = max(0, min(self.page_num, 10**6) - 1) * size
        found = list(self.queryset.values_list("pk", flat=True)[start : start + max(size, MOST) + 1])
        self.page_num = start // size + 1
        self.has_next, self.multi_page = len(found) > size, len(found) > size or start > 0
        self.result_list = self.read(found[:size])
        self.rows = [row(post, now=timezone.now()) for post in self.result_list]
        self.result_count = start + len(found)  # those that are known of
        self.full_result_count = None
        self.show_full_result_count = self.can_show_all = False
        self.show_admin_actions = bool(found)
        self.previous, self.next, self.paginator = self.page_num - 1, self.page_num + 1, None

    def read(self, ids: list[Any]) -> list[Post]:
        """Return the posts with all that the list shows of them, in the order of the ids."""
        posts = Post.objects.defer("body", "summary").select_related("created_by")
        shown = standing.with_byline(standing.with_arrival(posts)).in_bulk(ids)
        return [shown[pk] for pk in ids if pk in shown]


def row(post: Any, *, now: datetime) -> dict[str, Any]:
    """Return what the list says of one post."""
    left = post.trashed_at and post.trashed_at + commands.KEPT - now
    return {
        "post": post,
        "state": standing.for_readers(post),
        "bad": bool(post.refusal or post.in_vain),
        "byline": ", ".join(line.author.name for line in post.byline.all()) or post.created_by,
        "appointments": " · ".join(appointments(post)),
        "days_left": left and max(0, left.days),
    }


class PostList(PostRights):
    """The list of posts."""

    list_display = ("title_or_untitled",)
    list_filter = (
        admin_filters.StateFilter,
        admin_filters.TagFilter,
        admin_filters.AuthorFilter,
        admin_filters.MineFilter,
        admin_filters.OrderFilter,
    )
    search_fields = ("title", "slug")
    sortable_by = ()
    list_per_page = 50
    show_full_result_count = False
    change_list_template = "admin/writer/post/change_list.html"
    actions = ACTIONS

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list that does not count."""
        return PostChangeList

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the order that is asked for; the trash has what goes first at its top."""
        if request.GET.get("state") == State.TRASH:
            return ("trashed_at", "id")
        orders = admin_filters.OrderFilter.ORDERS
        return orders.get(request.GET.get("order", ""), orders[""])

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Post], search_term: str
    ) -> tuple[QuerySet[Post], bool]:
        """Return the posts whose title or address has each of the first words that are searched."""
        words = " ".join(search_term.split()[:WORDS])
        return super().get_search_results(request, queryset, words)

    @admin.display(description=gettext_lazy("title"))
    def title_or_untitled(self, post: Post) -> str:
        """Return the title, or what stands for it."""
        return str(post)

    def state(self, post: Post) -> str:
        """Return the state in words, with its mark."""
        return standing.in_words(post)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list with what it can be narrowed to."""
        asked = {name: request.GET.get(name, "") for name in ("state", "tag", "author", "mine", "order")}
        shown = {
            "asked": asked,
            "states": admin_filters.WORDS,
            "orders": admin_filters.orders(),
            "sees_all": permissions.sees_all(self.user(request)),
            "in_trash": asked["state"] == State.TRASH,
            "may_add": self.has_add_permission(request),
            "title": _("Trash") if asked["state"] == State.TRASH else _("Posts"),
            "most": MOST,
        }
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer what can be done to posts in the trash, or to those that are not."""
        in_trash = request.GET.get("state") == State.TRASH
        names = {"delete_selected": _("Delete for ever…")}
        offered = {name: entry for name, entry in super().get_actions(request).items() if entry}
        return {
            name: (action, name, names.get(name, words))
            for name, (action, _name, words) in offered.items()
            if (name in ("restore", "delete_selected")) == in_trash
        }

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Post], *args: Any
    ) -> HttpResponse | None:
        """Do what was chosen to the posts that were chosen, unless they are too many."""
        across = request.POST.get("select_across") == "1"
        chosen = request.POST.getlist("_selected_action")
        try:
            if (len(queryset.values_list("pk")[: MOST + 1]) if across else len(chosen)) > MOST:
                raise Refused(
                    _("You chose more than %d posts. Nothing was changed: take them in parts.") % MOST
                )
            return super().response_action(request, queryset, *args)
        except Refused as refusal:
            messages.error(request, str(refusal))
        except ValidationError:  # what was sent is no id
            messages.error(request, _("One of the posts that were chosen is not there. Nothing was changed."))
        return None

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[str]]:
        """Say what deletion for ever takes along."""
        words = [_("“%s”, with all its revisions") % post for post in objs]
        return words, {_("posts"): len(words)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Post) -> None:
        """Delete for ever, by the command."""
        commands.purge(obj.pk, **signed(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Post]) -> None:
        """Delete for ever what is in the trash, each by the command, and say what was refused."""
        user = self.user(request)
        report = each(user, queryset, lambda post: self.delete_model(request, post), permissions.may_delete)
        report.tell(request, done="", undone=_("%d not deleted:"))
