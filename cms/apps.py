"""The project's own application, in whatever role."""

from __future__ import annotations

from django.apps import AppConfig


class CmsConfig(AppConfig):
    """What knows both sides, and the commands an operator runs."""

    name = "cms"
    verbose_name = "Imprint"

    def ready(self) -> None:
        """Load the checks."""
        from cms import checks  # noqa: F401  the registry is ready only now
