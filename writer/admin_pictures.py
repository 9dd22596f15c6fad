"""The desk's library of pictures: a grid, and a page for each that says where it is used."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from writer import commands
from writer.admin_bulk import each
from writer.admin_picture_doors import PER_PAGE, PictureDoors
from writer.forms import RefusableForm
from writer.models import Picture, PictureUse, Post
from writer.permissions import may_edit
from writer.refusals import Refused
from writer.signed import signed

USES: Final = 50  # that are shown


class PictureForm(RefusableForm):
    """What a picture shows; and the picture, while it is new."""

    file = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy("JPEG, PNG, WebP, GIF or AVIF, at most 20 MB and 40 megapixels."),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )

    class Meta:
        model = Picture
        fields: ClassVar = ["alt", "decorative"]
        widgets: ClassVar = {"alt": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 2})}


@admin.register(Picture)
class PictureAdmin(PictureDoors):
    """Pictures: a grid to find one in, and a page for each that says where it is used."""

    form = PictureForm
    search_fields = ("original_name", "alt")
    search_help_text = gettext_lazy("Search names and alt texts")
    list_per_page = PER_PAGE
    show_full_result_count = False
    actions = None
    change_list_template = "admin/writer/picture/change_list.html"
    change_form_template = "admin/writer/picture/change_form.html"
    delete_confirmation_template = "admin/writer/picture/delete_confirmation.html"

    def get_urls(self) -> list[Any]:
        """Return the admin's own, those that the editor asks, and the one that replaces a picture."""
        view = self.admin_site.admin_view(require_POST(self.replace))
        return [path("<int:picture_id>/replace/", view, name="writer_picture_replace"), *super().get_urls()]

    def get_fields(self, request: HttpRequest, obj: Picture | None = None) -> Any:
        """Ask for the file while the picture is new."""
        return ["alt", "decorative"] if obj else ["file", "alt", "decorative"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form; that of a picture there is asks for no file."""
        form = super().get_form(request, obj, change=change, **{**kwargs, "fields": PictureForm.Meta.fields})
        return type(form.__name__, (form,), {"file": None}) if obj else form

    def get_queryset(self, request: HttpRequest) -> QuerySet[Picture]:
        """Return the pictures, each with whether a draft has it or readers see it."""
        uses = PictureUse.objects.in_use().filter(picture=OuterRef("pk"))
        return super().get_queryset(request).annotate(used=Exists(uses))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Show a picture with the posts that use it, or ask for a new one."""
        picture = self.get_object(request, object_id) if object_id else None
        context = self.known(request, picture)
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def known(self, request: HttpRequest, picture: Picture | None) -> dict[str, Any]:
        """Return what templates say of a picture."""
        if picture is None:
            return {}
        places = commands.places_but_posts(picture)
        return {"picture": picture, "uses": self.uses(request, picture), "places": places}

    def uses(self, request: HttpRequest, picture: Picture) -> list[tuple[PictureUse, bool]]:
        """Return where the picture is used, those that readers see first, and whether one may look there."""
        posts = self.admin_site.get_model_admin(Post)
        uses = picture.uses.select_related("post").order_by("-in_live", "-in_draft", "-post__edited_at")
        return [(use, posts.has_view_or_change_permission(request, use.post)) for use in uses[:USES]]

    def save_model(self, request: HttpRequest, obj: Picture, form: Any, change: bool) -> None:
        """Take a picture in, or say what it shows."""
        typed, give = form.cleaned_data, signed(request)
        said = {"alt", "decorative"} & set(form.changed_data)
        if not change:
            file = typed["file"]
            obj.pk = commands.add_picture(data=file.read(), name=file.name or "", **give)
            known = Picture.objects.get(pk=obj.pk)  # which is somebody else's if the file was there already
            said = said if self.has_change_permission(request, known) else set()
        if said:
            words = {"alt": typed["alt"], "decorative": typed["decorative"]}
            commands.describe_picture(obj.pk, **words, **give)

    def log_addition(self, request: HttpRequest, obj: Picture, message: Any) -> LogEntry:
        """Name the picture in the history as it is named in the library."""
        return super().log_addition(request, Picture.objects.get(pk=obj.pk), message)

    def replace(self, request: HttpRequest, picture_id: int) -> HttpResponse:
        """Put another picture in the place of one, in every draft that has it and that one may change."""
        picture, file = get_object_or_404(Picture, pk=picture_id), request.FILES.get("file")
        if not self.has_add_permission(request):
            raise PermissionDenied
        here = HttpResponseRedirect(reverse("admin:writer_picture_change", args=[picture_id]))
        try:
            if file is None:
                raise Refused(_("Choose the file that shall take the place of this picture."))
            by = commands.add_picture(
                data=file.read(), name=file.name or "", alt=picture.alt, **signed(request)
            )
            if by == picture_id:
                raise Refused(_("That is the same picture."))
        except Refused as reason:
            messages.error(request, str(reason))
            return here
        self.replace_everywhere(request, picture, by=by)
        return HttpResponseRedirect(reverse("admin:writer_picture_change", args=[by]))

    def replace_everywhere(self, request: HttpRequest, picture: Picture, *, by: int) -> None:
        """Replace the picture in each draft, and say where that was done and where not."""
        give, bearing = signed(request), picture.uses.filter(in_draft=True).values("post")
        report = each(
            give["actor"],
            Post.objects.filter(pk__in=bearing),
            lambda post: commands.replace_in_draft(post.pk, picture_id=picture.pk, by=by, **give),
            may_edit,
        )
        said = _(
            "This is the new picture. Drafts that show it: %d. Readers do once their changes are published."
        )
        report.tell(request, done=said, undone=_("%d drafts keep the old picture:"))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[str]]:
        """Say which posts keep a picture from being deleted."""
        kept = PictureUse.objects.in_use().filter(picture__in=objs).select_related("post")[:USES]
        words = [str(picture) for picture in objs]
        places = [place for picture in objs for place in commands.places_but_posts(picture)]
        return words, {_("pictures"): len(words)}, set(), [*(str(use.post) for use in kept), *places]

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Ask, and delete; a refusal leads back to the picture."""
        picture = self.get_object(request, object_id)
        context = self.known(request, picture)
        try:
            return super().delete_view(request, object_id, {**(extra_context or {}), **context})
        except Refused as reason:
            messages.error(request, str(reason))
            return HttpResponseRedirect(reverse("admin:writer_picture_change", args=[object_id]))

    def delete_model(self, request: HttpRequest, obj: Picture) -> None:
        """Delete the picture, by its command."""
        commands.delete_picture(obj.pk, **signed(request))
