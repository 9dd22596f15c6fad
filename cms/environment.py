"""What the environment may say: each function refuses in a sentence what does not fit."""

from __future__ import annotations

import os
import re
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvValidationError, ValidationError

HOST_AND_PORT: Final = re.compile(r"[\w.-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")
WEB_ADDRESS: Final = re.compile(
    r"https?://[\w.-]+(:\d+)?/[!#-;=?-~]*", re.ASCII
)  # what a Link header can bear
BROKER_ADDRESS: Final = re.compile(r"(nats|tls)://([^\s/@]+@)?([\w.-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?/?")
STREAM_NAME: Final = r"\A[A-Za-z0-9_-]{1,100}\Z"  # one token of a subject, and a name of NATS

NOT_FOR_READERS: Final = (
    "is the writer's, and a reader must have no way to it: take it away, or choose another CMS_ROLE."
)
WITHOUT_PAGES: Final = (
    "is of no use to a writer without READER_DATABASE_URL: it makes no pages that nginx could keep."
)

NO_REPLICA: Final = (
    "is for readers (CMS_ROLE=reader) that share a database on PostgreSQL (READER_DATABASE_URL) "
    "and follow no stream."
)


def host_name() -> str:
    """Return what this machine is called, as far as it can be part of a name of NATS."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())[:100] or "node"


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


def file_if_any(value: str) -> None:
    """Raise ValidationError unless the value is empty, or a file that can be read."""
    if value and not os.access(value, os.R_OK):
        raise ValidationError(f"must be a file to read; {value} is none.")


def broker_addresses(value: list[str]) -> None:
    """Raise ValidationError unless each value is the address of a NATS server."""
    for address in value:
        if not BROKER_ADDRESS.fullmatch(address):
            raise ValidationError(f"must look like nats://events.example.org:4222; it is {address!r}.")


def time_zone(value: str) -> None:
    """Raise ValidationError unless the value names a time zone."""
    if value not in available_timezones():
        raise ValidationError(f"must be a time zone such as Europe/Berlin; it is {value!r}.")


def nothing(because: str) -> Callable[[str], None]:
    """Return what raises ValidationError, with the reason, unless a value is empty."""

    def refuse(value: str) -> None:
        if value:
            raise ValidationError(because)

    return refuse


def sealed(env: Env) -> None:
    """End the reading. Raise ImproperlyConfigured with all that does not fit, a line for each setting."""
    try:
        env.seal()
    except EnvValidationError as error:
        said: Any = error.error_messages
        faults = [f"  {name}: {' '.join(map(str, reasons))}" for name, reasons in sorted(said.items())]
        raise ImproperlyConfigured(
            "\n".join(["The environment does not fit (see .env.example):", *faults])
        ) from None


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
