"""Settings of what writers have and readers do without: people, the desk, the queue."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

DESK: Final = [  # applications
    "writer",
    "cms.apps_writer.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django_q",
    "axes",
]
KNOWING_WHO_ASKS: Final = [  # middleware
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]
OF_WHO_ASKS: Final = [  # context processors
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
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
FILE_UPLOAD_HANDLERS = [
    "cms.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes; a post of 200,000 characters in UTF-8 fits

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


def queue(database: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the queue in this database.

    It runs sweeps, never deliveries: a task lost or run twice does no harm.
    """
    return {
        "name": "imprint",
        "orm": "default",
        "workers": 1 if database["ENGINE"].endswith("sqlite3") else 2,
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
