"""The one receiver of the one signal."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from cms.events import Event, happened
from reader.projector import project


@receiver(happened, dispatch_uid="reader")
def on_happened(sender: type, event: Event, **kwargs: Any) -> None:
    """Project what happened."""
    project(event)
