"""What readers can ask for."""

from collections.abc import Callable
from typing import Final

from django.urls import include, path, re_path
from django.views.generic import RedirectView

from reader import discovery, feeds, lists, views
from reader.api_urls import with_slash
from reader.feed_formats import FORMATS
from reader.pages import Page
from reader.views import STORED

LISTS: Final[dict[str, Callable[..., Page | None]]] = {
    "page/<int:number>": lists.home,
    "tags": lists.tags,
    "tags/<str:slug>": lists.tag,
    "tags/<str:slug>/page/<int:number>": lists.tag,
    "authors": lists.authors,
    "authors/<str:slug>": lists.author,
    "authors/<str:slug>/page/<int:number>": lists.author,
    "series": lists.all_series,
    "series/<str:slug>": lists.series,
    "archive": lists.archive,
    "archive/<int:year>": lists.year,
    "archive/<int:year>/page/<int:number>": lists.year,
    "archive/<int:year>/<int:month>": lists.month,
    "archive/<int:year>/<int:month>/page/<int:number>": lists.month,
    "feeds": lists.feeds,
}

FEEDS: Final[dict[str, Callable[..., Page | None]]] = {
    "": feeds.of_site,
    "tags/<str:slug>/": feeds.of_tag,
    "authors/<str:slug>/": feeds.of_author,
    "series/<str:slug>/": feeds.of_series,
}

FILES: Final[dict[str, Callable[..., Page | None]]] = {
    "robots.txt": discovery.robots,
    "sitemap.xml": discovery.sitemap_index,
    "sitemap-lists.xml": discovery.sitemap_of_lists,
    "sitemap-<int:number>.xml": discovery.sitemap_of_articles,
    "speculation-rules.json": discovery.rules,
}

PICTURE: Final = r"(?:pictures/[0-9a-f]{32}|renditions/[0-9a-f]{32}-\d{1,4})\.[a-z]{3,4}"

media = re_path(rf"^media/(?P<path>{PICTURE})$", views.media)

urlpatterns = [
    path("", views.listing(lists.home), name=STORED),
    *(
        path(route + slash, views.listing(make), name=STORED)
        for route, make in LISTS.items()
        for slash in ("/", "")
    ),
    *(
        path(root + file, views.listing(feeds.of(make, file)), name=STORED)
        for root, make in FEEDS.items()
        for file in FORMATS
    ),
    *(path(file, views.listing(make), name=STORED) for file, make in FILES.items()),
    *(path("search" + slash, views.search) for slash in ("/", "")),
    *(
        path(route, views.reading(RedirectView.as_view(url="/", permanent=True)))
        for route in ("posts/", "posts")
    ),
    media,
    path("api", with_slash),
    path("api/", include("reader.api_urls")),
    path("<path:path>", views.page, name=STORED),
]
