"""The doors by which the editor puts pictures into the library and finds them there, in JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from writer import commands
from writer.admin_refusals import RefusableAdmin
from writer.models import Picture
from writer.refusals import Refused
from writer.signed import signed

PER_PAGE: Final = 24


class PictureDoors(RefusableAdmin):
    """Who may do what with a picture, and what the editor asks."""

    ordering = ("-uploaded_at", "-id")

    def get_urls(self) -> list[Any]:
        """Return the admin's own, and those that the editor asks."""
        own: list[tuple[str, str, Callable[..., HttpResponse]]] = [
            ("upload/", "upload", require_POST(self.upload)),
            ("choose/", "choose", require_GET(self.choose)),
            ("<int:picture_id>/describe/", "describe", require_POST(self.describe)),
        ]
        return [
            *(
                path(route, self.admin_site.admin_view(view), name=f"writer_picture_{name}")
                for route, name, view in own
            ),
            *super().get_urls(),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        """Let people describe what they have put in themselves."""
        return self.is_own(request, obj) or super().has_change_permission(request, obj)

    def is_own(self, request: HttpRequest, obj: Picture | None) -> bool:
        """Tell whether somebody has put the picture in, and still may."""
        return obj is not None and obj.uploaded_by_id == request.user.pk and self.has_add_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        """Let whoever may put pictures in see those there are."""
        return self.has_add_permission(request) or super().has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Picture | None = None) -> bool:
        """Let people delete what they have put in themselves."""
        return self.is_own(request, obj) or super().has_delete_permission(request, obj)

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Take a picture in; answer how it is put into a text, or why not."""
        if not self.has_add_permission(request):
            return refusal(_("You may not add pictures. An editor can do it for you."), status=403)
        file = request.FILES.get("file")
        if file is None:
            return refusal(_("No picture arrived. Try again."))
        try:
            alt = request.POST.get("alt", "")
            picture_id = commands.add_picture(
                data=file.read(), name=file.name or "", alt=alt, **signed(request)
            )
        except Refused as reason:
            return refusal(str(reason))
        return JsonResponse(in_json(Picture.objects.get(pk=picture_id)))

    def choose(self, request: HttpRequest) -> HttpResponse:
        """Answer a page of the pictures whose name or alt text has the words that are searched."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_search_results(request, self.get_queryset(request), request.GET.get("q", "")[:200])[
            0
        ]
        page = Paginator(found.order_by(*self.ordering), PER_PAGE).get_page(request.GET.get("page"))
        return JsonResponse(
            {
                "pictures": [in_json(picture) for picture in page],
                "next": page.next_page_number() if page.has_next() else None,
                "total": page.paginator.count,
            }
        )

    def describe(self, request: HttpRequest, picture_id: int) -> HttpResponse:
        """Keep what a picture shows; answer it as the text needs it."""
        picture = Picture.objects.filter(pk=picture_id).first()
        if not self.has_change_permission(request, picture):
            return refusal(
                _("You may not describe this picture; its alt text in your post is yours."), status=403
            )
        try:
            commands.describe_picture(
                picture_id,
                alt=request.POST.get("alt", ""),
                decorative=request.POST.get("decorative") == "1",
                **signed(request),
            )
        except Refused as reason:
            return refusal(str(reason))
        return JsonResponse(in_json(Picture.objects.get(pk=picture_id)))


def refusal(reason: str, *, status: int = 400) -> JsonResponse:
    """Return why something was not done, for the editor to show."""
    return JsonResponse({"refusal": reason}, status=status)


def in_json(picture: Picture) -> dict[str, Any]:
    """Return what the editor shows of a picture and puts into the text."""
    return {
        "id": picture.pk,
        "url": picture.url,
        "thumbnail": picture.thumbnail,
        "name": str(picture),
        "alt": picture.alt,
        "decorative": picture.decorative,
        "width": picture.width,
        "height": picture.height,
        "markdown": markdown(picture),
    }


def markdown(picture: Picture) -> str:
    """Return the picture as it stands in a text."""
    alt = "".join(f"\\{char}" if char in "\\[]*`" else char for char in picture.alt).replace("<", "&lt;")
    return f"![{alt}]({picture.url})"
