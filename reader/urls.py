"""What readers can ask for."""

from django.urls import path

from reader import views

urlpatterns = [
    path("", views.home),
    path("page/<int:number>/", views.home),
    path("tags/", views.tags),
    path("tags/<str:slug>/", views.tag),
    path("tags/<str:slug>/page/<int:number>/", views.tag),
    path("media/<path:path>", views.media),
    path("<path:path>", views.page),
]
