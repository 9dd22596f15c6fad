"""What `make run` does once everything is installed."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from honcho.environ import parse_procfile
from honcho.manager import Manager

from cms.management.unavailable import say_unavailable
from cms.schedule import complete_the_stream
from writer.models import Post


class Command(BaseCommand):
    """Bring the site up."""

    help = "Bring the databases up, show the demo blog on an empty one, and start web server and worker."

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options."""
        parser.add_argument("--prepare", action="store_true", help="do all of this but the last, and end")

    @say_unavailable()
    def handle(self, *, prepare: bool, **options: Any) -> None:
        """Prepare, say where the site is, and run web server and worker until one of them ends."""
        if not prepare:
            check_port()
        self.stdout.write("Bringing the databases up …")
        call_command("migrate", verbosity=0)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        if not get_user_model().objects.exists() and not Post.objects.exists():
            call_command("demo")
        if settings.EVENTS_URL:
            complete_the_stream()
        self.greet()
        connections.close_all()
        if not prepare:
            self.stdout.write("Ctrl-C stops it.\n")
            self.stdout.flush()
            sys.exit(run_procfile())

    def greet(self) -> None:
        """Say where the site is, and make the first login if there is none, its password shown this once."""
        self.stdout.write(f"\nImprint is at {settings.SITE_URL}/ and its desk at {settings.SITE_URL}/admin/")
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            return
        name = os.environ.get("DJANGO_SUPERUSER_USERNAME", "admin")
        chosen = os.environ.get("DJANGO_SUPERUSER_PASSWORD")
        password = chosen or secrets.token_urlsafe(12)
        users.create_superuser(name, os.environ.get("DJANGO_SUPERUSER_EMAIL", ""), password)
        shown = "the password you chose" if chosen else f"password {password} (shown this once)"
        self.stdout.write(f"Log in as {name} with {shown}.")


def check_port() -> None:
    """Raise CommandError if somebody listens there."""
    if reason := unusable(settings.HOST, settings.PORT):
        raise CommandError(
            f"The site cannot listen at {settings.HOST}:{settings.PORT} ({reason}). "
            f"Another program may be there; choose another port, as in: make run PORT={settings.PORT + 1}"
        )


def unusable(host: str, port: int) -> str:
    """Return why nobody can listen there; empty if one can. Granian would share it with another granian."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return str(error.strerror)
    return ""


def run_procfile() -> int:
    """Run what the Procfile names, all with these settings; return the exit code when all have ended.

    `honcho start` would give each process another PORT, and with it another SITE_URL.
    """
    given = {"HOST": settings.HOST, "PORT": settings.PORT, "WEB_WORKERS": settings.WEB_WORKERS}
    os.environ |= {name: str(value) for name, value in given.items()}
    # the programs that it names are those of this environment
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    manager = Manager()
    for name, command in parse_procfile((settings.BASE_DIR / "Procfile").read_text()).processes.items():
        manager.add_process(name, command, cwd=settings.BASE_DIR)
    manager.loop()
    return manager.returncode
