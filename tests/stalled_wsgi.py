"""The site as test_processes kills it: between commit and delivery it stops for ever."""

import os
import threading
from pathlib import Path

from cms.wsgi import application
from writer import delivery

__all__ = ["application"]

STALLED = Path(os.environ["STALLED"])


def stall(row):
    """Say that the transaction is committed, and deliver nothing."""
    STALLED.touch()
    threading.Event().wait()


delivery.attempt = stall
