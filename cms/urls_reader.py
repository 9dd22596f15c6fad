"""Every address of a process that only reads: pages, and what is asked of the process itself."""

from django.conf import settings
from django.urls import include, path

from cms import age, health, metrics

handler404 = "reader.views.not_found"

AGE = {"late": age.not_ready, "said": age.said} if settings.EVENTS_URL else {}
READER = age.of_the_node if settings.EVENTS_URL else metrics.of_the_reader

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz, AGE),
    path("metrics", metrics.metrics, {"sides": {"reader": READER}}),
    path("", include("reader.urls")),
]
