"""Signs of life: given at every step of what takes long, acted on now and then, as each may cost a commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

PULSE: Final = 0.5  # s between two signs of life


def now_and_then(act: Callable[[], None]) -> Callable[[], None]:
    """Return what may be called at every step, and acts once in a PULSE."""
    last = time.monotonic()

    def step() -> None:
        nonlocal last
        if time.monotonic() - last >= PULSE:
            act()
            last = time.monotonic()

    return step
