"""The desk for tags and authors: names are changed by commands, since readers see them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _

from writer import commands
from writer.admin_refusals import RefusableAdmin
from writer.models import Author, Post, Tag
from writer.signed import signed


class NameAdmin(RefusableAdmin):
    """What has a name, and an address made from the first one."""

    search_fields = ("name", "slug")
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the address of what is there: readers know it."""
        return ["slug"] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Make the address from the name while it is new."""
        return {} if obj else {"slug": ("name",)}


@admin.register(Tag)
class TagAdmin(NameAdmin):
    """Tags. A new name reaches every public post; a tag that is not wanted is merged into another."""

    list_display = ("name", "slug", "merged_into")
    list_select_related = ("merged_into",)
    autocomplete_fields = ("merged_into",)

    def get_fields(self, request: HttpRequest, obj: Tag | None = None) -> Any:
        """Offer merging only for a tag that is there."""
        return ["name", "slug", "merged_into"] if obj else ["name", "slug"]

    def get_readonly_fields(self, request: HttpRequest, obj: Tag | None = None) -> list[str]:
        """Keep what a tag was merged into as well: from then on, nobody knows whose the posts were."""
        kept = super().get_readonly_fields(request, obj)
        return [*kept, "merged_into"] if obj and obj.merged_into_id else kept

    def has_delete_permission(self, request: HttpRequest, obj: Tag | None = None) -> bool:
        """Offer merging instead of deletion: old revisions refer to tags."""
        return False

    def save_model(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        """Save a new tag; rename and merge by command."""
        give = signed(request)
        if not change:
            obj.name = commands.new_name(Tag, obj.name)
            obj.save()
        if change and "name" in form.changed_data:
            commands.rename_tag(obj.pk, name=obj.name, **give)
        if change and "merged_into" in form.changed_data and obj.merged_into_id:
            commands.merge_tags(obj.pk, into=obj.merged_into_id, **give)


@admin.register(Author)
class AuthorAdmin(NameAdmin):
    """Authors. A new name reaches every public post. One who is in a byline cannot be deleted."""

    list_display = ("name", "slug", "user")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[str]]:
        """Say which bylines keep an author from being deleted."""
        names = [author.name for author in objs]
        kept = Q(byline__author__in=objs) | Q(revisions__byline__author__in=objs)
        posts = Post.objects.filter(kept).distinct()[:20]
        bylines = [_("The byline of “%s”, or of a revision of it") % post for post in posts]
        return names, {_("authors"): len(names)}, set(), bylines

    def save_model(self, request: HttpRequest, obj: Author, form: Any, change: bool) -> None:
        """Save the profile; rename by command."""
        if not change:
            obj.name = commands.new_name(Author, obj.name)
            obj.save()
            return
        obj.save(update_fields=["user", "bio"])
        if "name" in form.changed_data:
            commands.rename_author(obj.pk, name=obj.name, **signed(request))
