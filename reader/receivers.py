"""The receiver of the one signal for the readers of this machine."""

from __future__ import annotations

import logging
from typing import Any

from django.dispatch import receiver

from cms.documents import kind_of
from cms.events import READER, Event, happened
from reader.projector import project

logger = logging.getLogger(__name__)


@receiver(happened, dispatch_uid=READER)
def on_happened(sender: type, event: Event, reached: frozenset[str] = frozenset(), **kwargs: Any) -> str:
    """Project what happened, unless it has been."""
    if READER not in reached:
        project(event)
        logger.info("Projected %s %s v%d.", kind_of(event), event.post_id, event.version)
    return READER
