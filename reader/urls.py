"""What readers can ask for."""

from collections.abc import Callable
from typing import Final

from django.http import HttpResponseBase
from django.urls import path, re_path
from django.views.generic import RedirectView

from reader import views

LISTS: Final[dict[str, Callable[..., HttpResponseBase]]] = {
    "page/<int:number>": views.home,
    "search": views.search,
    "tags": views.tags,
    "tags/<str:slug>": views.tag,
    "tags/<str:slug>/page/<int:number>": views.tag,
}

PICTURE: Final = r"(?:pictures/[0-9a-f]{32}|renditions/[0-9a-f]{32}-\d{1,4})\.[a-z]{3,4}"

urlpatterns = [
    path("", views.home),
    *(path(route + slash, view) for route, view in LISTS.items() for slash in ("/", "")),
    *(path(route, RedirectView.as_view(url="/")) for route in ("posts/", "posts")),
    re_path(rf"^media/(?P<path>{PICTURE})$", views.media),
    path("<path:path>", views.page),
]
