"""Every address of the site. What none of these names is looked up among the pages."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from cms import health, metrics, preview

PREVIEW = "writer/post/<str:post_id>/preview/"
handler404 = "reader.views.not_found"

urlpatterns = [
    path("admin", require_safe(RedirectView.as_view(url="/admin/", permanent=True))),
    path(
        "admin/writer/post/<str:post_id>/preview/",
        admin.site.admin_view(preview.unsaved),
        name="post-preview",
    ),
    path("admin/", admin.site.urls),
    *(path(f"preview/<str:token>{slash}", preview.shared) for slash in ("/", "")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics),
    path("", include("reader.urls")),
]
