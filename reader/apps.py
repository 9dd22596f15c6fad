"""The reader's application."""

from django.apps import AppConfig
from django.conf import settings


class ReaderConfig(AppConfig):
    """Finished pages, and what lists and search ask."""

    name = "reader"
    verbose_name = "Reading"

    def ready(self) -> None:
        """Connect the receiver, where there is a database to project into."""
        if settings.PROJECTS:
            from reader import receivers  # noqa: F401  models are loaded only now
