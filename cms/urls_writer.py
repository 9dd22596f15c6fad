"""Every address of a process that only writes: the desk, previews, pictures; no page for readers."""

from django.contrib import admin
from django.urls import path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from cms import health, metrics, preview
from cms.figures import late_now
from cms.gauges import of_the_writer
from reader.urls import media

handler404 = "reader.views.not_found"

desk = [
    path("admin", require_safe(RedirectView.as_view(url="/admin/", permanent=True))),
    path(
        "admin/writer/post/<str:post_id>/preview/",
        admin.site.admin_view(preview.unsaved),
        name="post-preview",
    ),
    path("admin/", admin.site.urls),
    *(path(f"preview/<str:token>{slash}", preview.shared) for slash in ("/", "")),
    path("healthz", health.healthz),
    path("readyz", health.readyz, {"late": late_now}),
    path(
        "metrics",
        metrics.metrics,
        {"sides": {"default": of_the_writer, "reader": metrics.of_the_reader}},
    ),
]
urlpatterns = [
    path("", require_safe(RedirectView.as_view(url="/admin/"))),
    *desk,
    media,
]
