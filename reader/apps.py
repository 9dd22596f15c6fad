"""The reader's application."""

from django.apps import AppConfig


class ReaderConfig(AppConfig):
    """Finished pages, and what lists and search ask."""

    name = "reader"
    verbose_name = "Reading"

    def ready(self) -> None:
        """Connect the receiver."""
        from reader import receivers  # noqa: F401  models are loaded only now
