"""Every address of the whole site. What none of these names is looked up among the pages."""

from django.urls import include, path

from cms.urls_writer import desk

handler404 = "reader.views.not_found"

urlpatterns = [*desk, path("", include("reader.urls"))]
