"""What a machine may lack."""

import os

import pytest


def missing(reason):
    """Skip the test, loudly; fail it where nothing may be skipped."""
    if os.environ.get("NO_SKIPS"):
        pytest.fail(reason)
    pytest.skip(reason)
