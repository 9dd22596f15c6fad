"""What programs can ask for, under /api/."""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, re_path

from reader import api, api_lists, api_page
from reader.views import answer, moved, reading

ENDPOINTS: Final = {
    "articles": api.Articles,
    "articles/<str:key>": api.OneArticle,
    "tags": api_lists.Tags,
    "authors": api_lists.Authors,
    "series": api_lists.AllSeries,
    "archive": api_lists.Archive,
    "search": api.Search,
    "changes": api.Changes,
    "site": api_lists.SiteItself,
}


@reading
def with_slash(request: HttpRequest, **where: str) -> HttpResponse:
    """Lead to the same address with a slash behind it."""
    return moved(request, f"{request.path}/")


@reading
def explained(request: HttpRequest) -> HttpResponse:
    """Explain the API to people."""
    return answer(request, api_page.page())


def nothing(request: HttpRequest) -> HttpResponse:
    """Say that there is nothing here."""
    raise Http404


urlpatterns = [
    *(path(f"v1/{route}/", view.as_view()) for route, view in ENDPOINTS.items()),
    *(path(f"v1/{route}", with_slash) for route in ENDPOINTS),
    path("schema/", api.schema),
    path("schema", with_slash),
    path("", explained),
    re_path("", nothing),
]
