"""Settings, all from the environment; `.env.example` documents each one.

With no environment at all the site starts for development. With DEBUG=0 it starts only
when it has been told its secret, its hosts and its address.
"""

from __future__ import annotations

import os
import re
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, ValidationError, validate

BASE_DIR: Final = Path(__file__).resolve().parent.parent
SQLITE_PATIENCE: Final = 20  # s that a connection waits for another to finish writing
HOST_AND_PORT: Final = re.compile(r"[\w.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")

WEB_ADDRESS: Final = re.compile(
    r"https?://[\w.-]+(:\d+)?/[!#-;=?-~]*", re.ASCII
)  # what a Link header can bear


def site_address(value: str) -> None:
    """Raise ValidationError unless the value is a scheme and a host, and nothing more."""
    try:
        parts = urlsplit(value)
        fits = value == f"{parts.scheme}://{parts.netloc}" and parts.port != 0
    except ValueError:  # an impossible host or port
        fits = False
    if not fits or parts.scheme not in ("http", "https") or not HOST_AND_PORT.fullmatch(parts.netloc):
        raise ValidationError(f"must look like https://blog.example.org, without a path; it is {value!r}.")


def web_address(value: str) -> None:
    """Raise ValidationError unless the value is the address of a page, or empty."""
    if value and not WEB_ADDRESS.fullmatch(value):
        raise ValidationError(f"must look like https://hub.example.org/; it is {value!r}.")


def folder(value: Path) -> None:
    """Raise ValidationError unless the value is a folder, or can be made one."""
    try:
        value.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValidationError(f"must be a folder; {value} is none ({error.strerror}).") from error
    if not os.access(value, os.W_OK | os.X_OK):
        raise ValidationError(f"must be a folder to write in; {value} is none.")


def folder_if_any(value: str) -> None:
    """Raise ValidationError unless the value is empty, or a folder as above."""
    if value:
        folder(Path(value))


def time_zone(value: str) -> None:
    """Raise ValidationError unless the value names a time zone."""
    if value not in available_timezones():
        raise ValidationError(f"must be a time zone such as Europe/Berlin; it is {value!r}.")


def development_secret(path: Path) -> str:
    """Return the secret of this development copy, made at the first start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(64))
    return path.read_text()


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
LOG_FORMAT = env.str("LOG_FORMAT", "line" if DEBUG else "json", validate=validate.OneOf(["line", "json"]))
filled = validate.Length(min=1, error="must not be empty.")
HOST = env.str("HOST", "127.0.0.1")
PORT = env.int("PORT", 8000, validate=validate.Range(1, 65535))
DATA_DIR = env.path("DATA_DIR", BASE_DIR / "var", validate=folder)
FRONT_DIR = env.str("FRONT_DIR", "", validate=folder_if_any)
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
writer_database = env.dj_db_url("DATABASE_URL") if os.environ.get("DATABASE_URL") else {}
reader_database = env.dj_db_url("READER_DATABASE_URL") if os.environ.get("READER_DATABASE_URL") else {}

try:
    env.seal()
except EnvValidationError as error:
    said: Any = error.error_messages
    faults = [f"  {name}: {' '.join(map(str, reasons))}" for name, reasons in sorted(said.items())]
    raise ImproperlyConfigured(
        "\n".join(["The environment does not fit (see .env.example):", *faults])
    ) from None

DATA_DIR = DATA_DIR.resolve()
SECRET_KEY = SECRET_KEY or development_secret(DATA_DIR / "secret.key")

# --- two databases, and nothing that spans them

DATABASES = {
    "default": database(writer_database, file="writer.sqlite3", synchronous="FULL"),
    "reader": database(reader_database, file="reader.sqlite3", synchronous="NORMAL"),
}
DATABASE_ROUTERS = ["cms.routers.ContextRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- the application

INSTALLED_APPS = [
    "cms.apps.CmsConfig",
    "writer",
    "reader",
    "cms.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_q",
    "drf_spectacular",
    "axes",
]
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
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "cms.urls"
WSGI_APPLICATION = "cms.wsgi.application"
APPEND_SLASH = (
    False  # the reader answers for its own paths; Django's redirect would ask the URL table instead
)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_REDIRECT_URL = "/admin/"  # where the address that a login should lead back to is none of ours
LANGUAGE_CODE = "en"
USE_TZ = True
FILE_UPLOAD_HANDLERS = [
    "cms.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes; a post of 200,000 characters in UTF-8 fits

# --- the API, which knows nobody and answers in one form

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["cms.throttling.PerAddress"],
    "EXCEPTION_HANDLER": "reader.problems.on_exception",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "The public posts of this blog",
    "DESCRIPTION": "Everything that readers get, as JSON. Read-only, without a login. What does not fit is "
    "refused in a sentence that says why. Pages are followed by `next` until it is null.",
    "VERSION": "1",
    "SERVERS": [{"url": "/"}],
    "SORT_OPERATIONS": False,  # as a person would read them
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "reader.api_schema.tidy",
    ],
}

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

# --- who tries passwords; counted by address alone, so that one cannot be locked out by name from elsewhere

AXES_LOCKOUT_PARAMETERS = ["ip_address"]
AXES_CLIENT_IP_CALLABLE = "cms.logins.origin"
AXES_LOCKOUT_CALLABLE = "cms.logins.made_to_wait"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # what the page says of the time stays true
AXES_ENABLE_ADMIN = False  # `manage.py axes_list_attempts` and `axes_reset` are for who runs the site
AXES_DISABLE_ACCESS_LOG = True  # who logged in when, and from where, is kept nowhere
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = [  # not kept of a form that was sent; the last ones are of a login on the spot
    *("username", "csrfmiddlewaretoken", "login-username", "login-password"),
    *("title", "summary", "body", "description", "tag_names", "author_names", "slug"),
]

# --- the queue runs sweeps, never deliveries: a task lost or run twice does no harm

Q_CLUSTER = {
    "name": "imprint",
    "orm": "default",
    "workers": 1 if DATABASES["default"]["ENGINE"].endswith("sqlite3") else 2,
    "catch_up": False,
    "ack_failures": True,
    "max_attempts": 3,
    "timeout": 120,  # s
    "retry": 900,  # s
    "queue_limit": 10,
    "poll": 2,  # s
    "save_limit": 100,
    "label": "Queue",
}

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
