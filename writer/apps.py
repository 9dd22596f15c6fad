"""The writer's application."""

from django.apps import AppConfig


class WriterConfig(AppConfig):
    """Drafts, revisions, schedules, and the outbox."""

    name = "writer"
    verbose_name = "Writing"
