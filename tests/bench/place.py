"""Where the blog of a benchmark is, and how the site is set: as in production. Loaded before Django's settings.

It is in a scratch folder, or in DATA_DIR if that is set, and then a second run finds it there. TEST_ON=postgresql
starts a real server with its data in the same folder, unless DATABASE_URL names one.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from tests.postgresql import beside, started

FIXED = {
    "DJANGO_SETTINGS_MODULE": "cms.settings",
    "DEBUG": "0",
    "SECRET_KEY": "of a blog that nobody keeps, and always the same: cursors are signed with it",
    "ALLOWED_HOSTS": "localhost",
    "SITE_URL": "http://localhost:8000",  # stands in every page, so it is one for all ports
    "API_RATE": "0",  # nobody is made to wait
}

if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="imprint-bench-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)
folder = Path(os.environ["DATA_DIR"]).resolve()
folder.mkdir(parents=True, exist_ok=True)
folder.chmod(0o755)  # PostgreSQL and nginx run as users of their own when root starts them

if os.environ.get("TEST_ON") == "postgresql" and not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = started(folder / "postgresql")
if os.environ.get("DATABASE_URL") and not os.environ.get("READER_DATABASE_URL"):
    os.environ["READER_DATABASE_URL"] = beside(os.environ["DATABASE_URL"])
os.environ |= FIXED
