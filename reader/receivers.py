"""The one receiver of the one signal."""

from __future__ import annotations

import logging
from typing import Any

from django.dispatch import receiver

from cms.events import Event, happened, kind_of
from reader.projector import project

logger = logging.getLogger(__name__)


@receiver(happened, dispatch_uid="reader")
def on_happened(sender: type, event: Event, **kwargs: Any) -> None:
    """Project what happened."""
    project(event)
    logger.info("Projected %s %s v%d.", kind_of(event), event.post_id, event.version)
