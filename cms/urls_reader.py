"""Every address of a process that only reads: pages, and what is asked of the process itself."""

from django.urls import include, path

from cms import health, metrics

handler404 = "reader.views.not_found"

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics, {"sides": {"reader": metrics.of_the_reader}}),
    path("", include("reader.urls")),
]
