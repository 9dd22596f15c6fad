"""Settings, all from the environment; `.env.example` documents each one.

With no environment at all the site starts for development. With DEBUG=0 it starts only
when it has been told its secret, its hosts and its address. CMS_ROLE says what this process is for.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from environs import Env, validate

from cms.environment import (
    NO_REPLICA,
    NOT_FOR_READERS,
    STREAM_NAME,
    WITHOUT_PAGES,
    broker_addresses,
    development_secret,
    file_if_any,
    folder,
    folder_if_any,
    host_name,
    nothing,
    sealed,
    site_address,
    time_zone,
    web_address,
)
from cms.settings_api import *  # noqa: F403

BASE_DIR: Final = Path(__file__).resolve().parent.parent
POSTGRESQL: Final = "django.db.backends.postgresql"
SQLITE_PATIENCE: Final = 20  # s that a connection waits for another to finish writing


def database(parsed: dict[str, Any], *, file: str, synchronous: str) -> dict[str, Any]:
    """Return a Django database: the one of a URL, or a SQLite file in DATA_DIR.

    IMMEDIATE takes the write lock at the start of a transaction, so that one that reads
    first waits for its turn instead of failing at its first write.
    """
    config = parsed or {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / file}
    if config["ENGINE"] == "django.db.backends.sqlite3":
        Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": SQLITE_PATIENCE,
            "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous};",
        }
    elif DATABASE_POOL:
        config.setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": DATABASE_POOL}
    else:
        config |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return config


# --- the environment

env = Env(eager=False)
env.read_env(BASE_DIR / ".env", recurse=False)

DEBUG = env.bool("DEBUG", True)
ROLE = env.str("CMS_ROLE", "all", validate=validate.OneOf(["all", "writer", "reader"]))
LOG_FORMAT = env.str("LOG_FORMAT", "line" if DEBUG else "json", validate=validate.OneOf(["line", "json"]))
filled = validate.Length(min=1, error="must not be empty.")
HOST = env.str("HOST", "127.0.0.1")
PORT = env.int("PORT", 8000, validate=validate.Range(1, 65535))
DATA_DIR = env.path("DATA_DIR", BASE_DIR / "var", validate=folder)
SECRET_KEY = env.str("SECRET_KEY", "") if DEBUG else env.str("SECRET_KEY", validate=filled)
ALLOWED_HOSTS: list[str] = (
    env.list("ALLOWED_HOSTS", []) if DEBUG else env.list("ALLOWED_HOSTS", validate=filled)
)
local = {"default": f"http://localhost:{PORT}"} if DEBUG else {}
SITE_URL = env.str("SITE_URL", validate=site_address, **local)
SITE_NAME = env.str("SITE_NAME", "Imprint", validate=validate.Length(min=1, max=100))
WEBSUB_HUB = env.str("WEBSUB_HUB", "", validate=web_address)
TIME_ZONE = env.str("TIME_ZONE", "UTC", validate=time_zone)
cores = os.cpu_count() or 1
WEB_WORKERS = env.int("WEB_WORKERS", min(cores, 64), validate=validate.Range(1, 64))
PROCESSES = env.int("PROCESSES", cores, validate=validate.Range(1))
NUM_PROXIES = env.int("NUM_PROXIES", 0, validate=validate.Range(0, 10))
API_RATE = env.int("API_RATE", 600, validate=validate.Range(0, 1_000_000))  # requests a minute
DATABASE_POOL = env.int("DATABASE_POOL", 0, validate=validate.Range(0, 100))
EVENTS_URL: list[str] = env.list("EVENTS_URL", [], validate=broker_addresses)
EVENTS_CREDENTIALS = env.str("EVENTS_CREDENTIALS", "", validate=file_if_any)
EVENTS_CA = env.str("EVENTS_CA", "", validate=file_if_any)
EVENTS_STREAM = env.str("EVENTS_STREAM", "imprint", validate=validate.Regexp(STREAM_NAME))
NODE_NAME = env.str("NODE_NAME", host_name(), validate=validate.Regexp(STREAM_NAME))
EVENTS_REPLICAS = env.int("EVENTS_REPLICAS", 1, validate=validate.OneOf([1, 3, 5]))
EVENTS_LARGEST = env.int("EVENTS_LARGEST", 1_000_000, validate=validate.Range(10_000, 64_000_000))  # bytes
writer_database = env.dj_db_url("DATABASE_URL") if os.environ.get("DATABASE_URL") else {}
reader_database = env.dj_db_url("READER_DATABASE_URL") if os.environ.get("READER_DATABASE_URL") else {}
replica_database = env.dj_db_url("READER_REPLICA_URL") if os.environ.get("READER_REPLICA_URL") else {}
WRITES = ROLE != "reader"
PROJECTS = ROLE != "writer" or bool(reader_database)  # into a reader's database
if not WRITES:
    env.str("DATABASE_URL", "", validate=nothing(NOT_FOR_READERS))
if WRITES or EVENTS_URL or reader_database.get("ENGINE") != POSTGRESQL:
    env.str("READER_REPLICA_URL", "", validate=nothing(NO_REPLICA))
FRONT_DIR = env.str("FRONT_DIR", "", validate=folder_if_any if PROJECTS else nothing(WITHOUT_PAGES))
sealed(env)

DATA_DIR = DATA_DIR.resolve()
SECRET_KEY = SECRET_KEY or development_secret(DATA_DIR / "secret.key")

# --- two databases, and nothing that spans them

DATABASES: dict[str, dict[str, Any]] = {"default": {}}  # Django wants it named also where there is none
if WRITES:
    DATABASES["default"] = database(writer_database, file="writer.sqlite3", synchronous="FULL")
if PROJECTS:
    DATABASES["reader"] = database(reader_database, file="reader.sqlite3", synchronous="NORMAL")
PRIMARY = "primary" if replica_database else "reader"  # where what is of readers is written
if replica_database:
    DATABASES["primary"] = DATABASES["reader"]  # which may be far away, or gone
    DATABASES["primary"].setdefault("OPTIONS", {}).update(connect_timeout=5, tcp_user_timeout=5000)  # s, ms
    DATABASES["reader"] = database(replica_database, file="", synchronous="")
ALIASES = tuple(alias for alias in ("default", "reader") if DATABASES.get(alias))  # that answers are made of
DATABASE_ROUTERS = ["cms.routers.ContextRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- the application

INSTALLED_APPS = ["cms.apps.CmsConfig", "reader", "django.contrib.staticfiles", "drf_spectacular"]
MIDDLEWARE = [
    "cms.middleware.correlate",  # first, so that every line logged for a request bears its id
    "cms.middleware.speak_to_programs",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "cms.policies.Policies",
    "cms.middleware.refuse_unknown_hosts",
    "django.middleware.security.SecurityMiddleware",
    "cms.middleware.refuse_what_cannot_be_stored",
    "cms.middleware.SayUnavailable",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "cms.middleware.forget_who_asks",
    "django.middleware.common.CommonMiddleware",
    "cms.waiting.wait_for_version",
]
ROOT_URLCONF = "cms.urls" if ROLE == "all" else f"cms.urls_{ROLE}"
WSGI_APPLICATION = "cms.wsgi.application"
APPEND_SLASH = False  # the reader answers for its own paths; Django's redirect asks the table of addresses
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
LANGUAGE_CODE = "en"
USE_TZ = True

# --- files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- security; an https address means that a proxy in front ends TLS and sets X-Forwarded-Proto

HTTPS = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"correlated": {"()": "cms.logs.Correlated"}},
    "formatters": {
        "line": {"()": "cms.logs.Line", "fmt": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": ["levelname", "name", "message"],
            "rename_fields": {"levelname": "level"},
            "timestamp": "time",
        },
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["correlated"], "formatter": LOG_FORMAT}
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": []},  # the console's alone, not Django's own beside it
        "django.security.DisallowedHost": {"level": "CRITICAL"},  # whoever scans the net
        "django.request": {"level": "ERROR"},  # what does not exist is no news
        "axes": {"level": "WARNING"},
        "django-q": {"level": "WARNING"},  # nor is a sweep that went well
    },
}

# --- what roles do without

if ROLE == "writer":
    INSTALLED_APPS.remove("drf_spectacular")  # no API to describe
    MIDDLEWARE.remove("cms.waiting.wait_for_version")
if WRITES:
    from cms.settings_writer import *  # noqa: F403
    from cms.settings_writer import DESK, KNOWING_WHO_ASKS, OF_WHO_ASKS, queue

    INSTALLED_APPS += DESK
    MIDDLEWARE += KNOWING_WHO_ASKS
    TEMPLATES[0]["OPTIONS"]["context_processors"] += OF_WHO_ASKS
    Q_CLUSTER = queue(DATABASES["default"])
else:
    SILENCED_SYSTEM_CHECKS = ["security.W003"]  # no forgery: a reader takes nothing in, and knows nobody
