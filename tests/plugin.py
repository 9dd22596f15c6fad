"""Loaded before Django's settings: where the tests keep their data, and on which database they run.

TEST_ON=postgresql starts a real server from a wheel, unless DATABASE_URL names one.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.databases import forget_pattern
from tests.postgresql import beside, started

WORKER = os.environ.get("PYTEST_XDIST_WORKER")

if not WORKER:  # workers inherit the environment
    data = tempfile.mkdtemp(prefix="imprint-test-")
    os.environ["DATA_DIR"] = data
    for name in (
        "SITE_URL",
        "SITE_NAME",
        "TIME_ZONE",
        "DEBUG",
        "ALLOWED_HOSTS",
        "PORT",
        "SECRET_KEY",
        "LOG_FORMAT",
    ):
        os.environ.pop(name, None)
    atexit.register(shutil.rmtree, data, ignore_errors=True)

    if os.environ.get("DATABASE_URL"):
        atexit.register(forget_pattern)
    elif os.environ.get("TEST_ON") == "postgresql":
        os.environ["DATABASE_URL"] = started(Path(data) / "postgresql", hasty=True)
    if os.environ.get("DATABASE_URL") and not os.environ.get("READER_DATABASE_URL"):
        os.environ["READER_DATABASE_URL"] = beside(os.environ["DATABASE_URL"])
