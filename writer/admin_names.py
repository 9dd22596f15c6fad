"""The desk for tags, authors and series: all that readers see of them is changed by commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget, RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db.models import Q, TextField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from writer import commands, permissions, queries
from writer.admin_refusals import RefusableAdmin
from writer.forms_names import AuthorForm, SeriesForm, field_of, parts_of
from writer.models import Author, Post, Series, Tag
from writer.refusals import Refused
from writer.signed import signed


class NameAdmin(RefusableAdmin):
    """What has a name, and an address made from the first one."""

    search_fields = ("name", "slug")
    show_full_result_count = False
    formfield_overrides: ClassVar = {TextField: {"widget": AdminTextareaWidget(attrs={"rows": 4})}}
    deletion: ClassVar[Callable[..., None]]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the field alone: what it points at is added, edited and deleted on pages of its own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def get_action_choices(self, request: HttpRequest, default_choices: Any = None) -> list[tuple[str, str]]:
        """Return what can be done with several, below words instead of dashes."""
        words = [("", _("What to do with the chosen…"))]
        return super().get_action_choices(request, default_choices or words)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the address of what is there: readers know it."""
        return ["slug"] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Make the address from the name while it is new."""
        return {} if obj else {"slug": ("name",)}

    def get_urls(self) -> list[Any]:
        """Return the addresses, with that of suggestions before those of single things."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_suggestions"
        view = self.admin_site.admin_view(self.suggestions)
        return [path("suggestions/", view, name=name), *super().get_urls()]

    @method_decorator(require_safe)
    def suggestions(self, request: HttpRequest) -> HttpResponse:
        """Return names with what was typed in them, for whoever may write posts."""
        if not (permissions.may_write(signed(request)["actor"]) or self.has_view_permission(request)):
            raise PermissionDenied
        typed = request.GET.get("q", "")
        return JsonResponse({"names": queries.names_like(typed, among=self.suggested(request))})

    def suggested(self, request: HttpRequest) -> Any:
        """Return the rows whose names are suggested."""
        return self.get_queryset(request)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Delete by the command, or say why it cannot be done."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return HttpResponseRedirect(reverse(f"admin:writer_{self.opts.model_name}_changelist"))

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete by the command."""
        type(self).deletion(obj.pk, **signed(request))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Delete each by the command, and say what was refused."""
        for row in queryset:
            try:
                self.delete_model(request, row)
            except Refused as refusal:
                messages.error(request, f"{row}: {refusal}")


@admin.register(Tag)
class TagAdmin(NameAdmin):
    """Tags. A new name reaches every public post; one that is not wanted is merged, or deleted."""

    list_display = ("name", "slug", "merged_into")
    list_select_related = ("merged_into",)
    autocomplete_fields = ("merged_into",)
    deletion = commands.delete_tag

    def suggested(self, request: HttpRequest) -> Any:
        """Leave out those that mean others."""
        return super().suggested(request).filter(merged_into=None)

    def get_fields(self, request: HttpRequest, obj: Tag | None = None) -> Any:
        """Offer merging only for a tag that is there."""
        return ["name", "slug", "description", *(["merged_into"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Tag | None = None) -> list[str]:
        """Keep what a tag was merged into as well: from then on, nobody knows whose the posts were."""
        kept = super().get_readonly_fields(request, obj)
        return [*kept, "merged_into"] if obj and obj.merged_into_id else kept

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[str]]:
        """Say how many posts lose the tag."""
        borne = Q(tags__in=objs) | Q(tags__merged_into__in=objs)
        posts = Post.objects.filter(borne).distinct().count()
        lost = ngettext("%d post loses it.", "%d posts lose it.", posts) % posts
        return [*(tag.name for tag in objs), lost], {_("tags"): len(objs)}, set(), []

    def save_model(self, request: HttpRequest, obj: Tag, form: Any, change: bool) -> None:
        """Save a new tag; rename, describe and merge by command."""
        give = signed(request)
        if not change:
            obj.name = commands.new_name(Tag, obj.name)
            obj.save()
        if change and "name" in form.changed_data:
            commands.rename_tag(obj.pk, name=obj.name, **give)
        if "description" in form.changed_data:
            commands.describe_tag(obj.pk, description=obj.description.replace("\r\n", "\n"), **give)
        if change and "merged_into" in form.changed_data and obj.merged_into_id:
            commands.merge_tags(obj.pk, into=obj.merged_into_id, **give)


@admin.register(Author)
class AuthorAdmin(NameAdmin):
    """Authors. What is new of them reaches every public post. One who is in a byline cannot be deleted."""

    form = AuthorForm
    change_form_template = "admin/writer/picture/with_pictures.html"
    list_display = ("name", "slug", "user")
    list_select_related = ("user",)
    autocomplete_fields = ("user",)
    fields = ("name", "slug", "user", "picture", "bio", "link_lines")
    deletion = commands.delete_author

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which declares its other field itself."""
        return super().get_form(request, obj, change=change, **{**kwargs, "fields": AuthorForm.Meta.fields})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Leave the login to whoever may change and publish all posts: to it, an author's become its own."""
        may_give = request.user.has_perms(["writer.change_post", "writer.publish_post"])
        return [*super().get_readonly_fields(request, obj), *([] if may_give else ["user"])]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[str]]:
        """Say which bylines keep an author from being deleted."""
        names = [author.name for author in objs]
        kept = Q(byline__author__in=objs) | Q(revisions__byline__author__in=objs)
        posts = Post.objects.filter(kept).distinct()[:20]
        bylines = [_("The byline of “%s”, or of a revision of it") % post for post in posts]
        return names, {_("authors"): len(names)}, set(), bylines

    def save_model(self, request: HttpRequest, obj: Author, form: Any, change: bool) -> None:
        """Save a new author and whose login it is; rename and describe by command."""
        give, typed = signed(request), form.cleaned_data
        if not change:
            obj.name = commands.new_name(Author, obj.name)
            obj.save()
        else:
            obj.save(update_fields=["user"])
        if change and "name" in form.changed_data:
            commands.rename_author(obj.pk, name=obj.name, **give)
        if {"picture", "bio", "link_lines"} & set(form.changed_data):
            bio = typed["bio"].replace("\r\n", "\n")
            commands.describe_author(
                obj.pk, bio=bio, picture=typed["picture"], links=typed["link_lines"], **give
            )


@admin.register(Series)
class SeriesAdmin(NameAdmin):
    """Series. What is new of them, and the number of a part, reaches every public post."""

    form = SeriesForm
    list_display = ("name", "slug")
    deletion = commands.delete_series

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which adds the numbers of the parts itself."""
        return super().get_form(request, obj, change=change, **{**kwargs, "fields": SeriesForm.Meta.fields})

    def get_fieldsets(self, request: HttpRequest, obj: Series | None = None) -> Any:
        """Return the name and what it is about, then the parts."""
        parts = parts_of(obj) if obj and self.has_change_permission(request, obj) else []
        numbers = (_("Parts"), {"fields": [field_of(post) for post in parts]})
        return [(None, {"fields": SeriesForm.Meta.fields}), *([numbers] if parts else [])]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[str]]:
        """Say how many posts leave the series."""
        posts = Post.objects.filter(series__in=objs).count()
        left = ngettext("%d post leaves it.", "%d posts leave it.", posts) % posts
        return [*(series.name for series in objs), left], {_("series"): len(objs)}, set(), []

    def save_model(self, request: HttpRequest, obj: Series, form: Any, change: bool) -> None:
        """Save a new series; rename, describe and number its parts by command."""
        give = signed(request)
        if not change:
            obj.name = commands.new_name(Series, obj.name)
            obj.save()
        if change and "name" in form.changed_data:
            commands.rename_series(obj.pk, name=obj.name, **give)
        if "description" in form.changed_data:
            commands.describe_series(obj.pk, description=obj.description.replace("\r\n", "\n"), **give)
        if parts := form.parts() if change else {}:
            commands.number_parts(obj.pk, parts=parts, **give)
