"""What readers can ask for."""

from django.urls import path, re_path

from reader import views

urlpatterns = [
    path("", views.home),
    path("page/<int:number>/", views.home),
    path("tags/", views.tags),
    path("tags/<str:slug>/", views.tag),
    path("tags/<str:slug>/page/<int:number>/", views.tag),
    re_path(r"^media/(?P<path>pictures/[0-9a-f]{32}\.[a-z]{3,4})$", views.media),
    path("<path:path>", views.page),
]
