"""What the list of posts can be narrowed to. Names are typed: nothing here grows with the data."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from writer import permissions
from writer.models import Author, OutboxEvent, Post, State, Tag, key_of
from writer.models.posts import PostByline
from writer.permissions import FEW
from writer.signed import signed

POSTS: Final = Post.objects.order_by()
IN_VAIN: Final = OutboxEvent.objects.pending().filter(attempts__gt=0).order_by()
# Not states, but what a post in any state may have. Each is few, and found by an index of its own:
# told so, neither engine looks for them by walking through all posts in the list's order.
MORE: Final = {
    "review": Q(pk__in=POSTS.filter(review_asked_at__isnull=False).values("pk")),
    "appointed": Q(
        pk__in=POSTS.filter(publish_at__isnull=False)
        .values("pk")
        .union(POSTS.filter(unpublish_at__isnull=False).values("pk"))
    ),
    "failed": Q(pk__in=POSTS.filter(~Q(refusal="")).values("pk").union(IN_VAIN.values("post_id"))),
}
WORDS: Final = {
    "": gettext_lazy("All"),
    "draft": gettext_lazy("Drafts"),
    "review": gettext_lazy("Needs review"),
    "scheduled": gettext_lazy("Scheduled"),
    "live": gettext_lazy("Live"),
    "changed": gettext_lazy("Changed"),
    "appointed": gettext_lazy("With a schedule"),
    "failed": gettext_lazy("Failed"),
    "trash": gettext_lazy("Trash"),
}


class Narrowing(admin.SimpleListFilter):
    """A parameter of the list's address. The list's own template shows it, so it has no choices."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return nothing to choose from."""
        return []

    def has_output(self) -> bool:
        """Take part, though there is nothing to choose from."""
        return True

    def typed(self) -> str:
        """Return what the address says."""
        return " ".join((self.value() or "").split())


def linked(rows: QuerySet, post: str = "post") -> Q:
    """Return the condition that a post is in one of these rows.

    A few posts are asked for by their ids. Of many, the list goes through the posts in its order
    and stops when the page is full; neither engine could know which of the two is the shorter way.
    """
    ids = list(rows.values_list(post, flat=True)[: FEW + 1])
    return Q(pk__in=ids) if len(ids) <= FEW else Q(Exists(rows.filter(**{post: OuterRef("pk")})))


class StateFilter(Narrowing):
    """Posts by state. The trash shows only when it is asked for."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the posts in the chosen state; all but the trash if none is."""
        if more := MORE.get(self.typed()):
            return queryset.filter(more, trashed_at=None)
        if self.typed() in State.values:
            return queryset.in_state(self.typed())
        return queryset.filter(trashed_at=None)


class TagFilter(Narrowing):
    """Posts whose draft bears a tag."""

    title = gettext_lazy("tag")
    parameter_name = "tag"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the posts that bear the tag of that name, or one that means it."""
        if not self.typed():
            return queryset
        named = Tag.objects.filter(key=key_of(self.typed())).first()
        if named is None:
            return queryset.none()
        alike = Tag.objects.filter(Q(pk=named.meaning.pk) | Q(merged_into=named.meaning.pk)).order_by()
        tags = list(alike.values_list("pk", flat=True))
        return queryset.filter(linked(Post.tags.through.objects.filter(tag__in=tags)))


class AuthorFilter(Narrowing):
    """Posts in whose draft's byline somebody is; or, where no author has that name, those of a login."""

    title = gettext_lazy("author")
    parameter_name = "author"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the posts that bear the author of that name, or that the login of that name has made."""
        if not self.typed():
            return queryset
        if author := Author.objects.filter(key=key_of(self.typed())).first():
            return queryset.filter(linked(PostByline.objects.filter(author=author).order_by()))
        login = User.objects.filter(username=self.typed()).first()
        return queryset.filter(linked(POSTS.filter(created_by=login), "pk")) if login else queryset.none()


class MineFilter(Narrowing):
    """The user's own posts."""

    title = gettext_lazy("mine")
    parameter_name = "mine"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return the posts that are the user's own, if that is asked."""
        return queryset.filter(permissions.own(signed(request)["actor"])) if self.typed() else queryset


class OrderFilter(Narrowing):
    """The order of the list. Only orders that an index has."""

    title = gettext_lazy("order")
    parameter_name = "order"
    ORDERS: Final = {
        "": ("-edited_at", "-id"),
        "oldest": ("edited_at", "id"),
        "published": ("-updated_at", "-id"),
    }

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Return what has a place in that order: what was never public has none by its publication."""
        return queryset.live() if self.typed() == "published" else queryset


def orders() -> dict[str, str]:
    """Return the orders in words."""
    return {
        "": _("Last edited first"),
        "oldest": _("First edited first"),
        "published": _("Last published first"),
    }
