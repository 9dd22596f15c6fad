"""What `make run` does once everything is installed."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand

from writer.models import Post


class Command(BaseCommand):
    """Bring the site up."""

    help = "Bring the databases up, show the demo blog on an empty one, and start web server and worker."

    def handle(self, **options: Any) -> None:
        """Prepare, say where the site is, and become the process that runs web server and worker."""
        self.stdout.write("Bringing the databases up …")
        for alias in settings.DATABASES:
            call_command("migrate", database=alias, verbosity=0)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        if not get_user_model().objects.exists() and not Post.objects.exists():
            call_command("demo")
        self.greet()
        self.stdout.flush()
        # the programs that the Procfile names are those of this environment
        os.environ |= {"HOST": settings.HOST, "WEB_WORKERS": str(settings.WEB_WORKERS)}
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        os.chdir(settings.BASE_DIR)
        os.execv(sys.executable, [sys.executable, "-m", "honcho", "start", "-p", str(settings.PORT)])

    def greet(self) -> None:
        """Say where the site is, and make the first login if there is none, its password shown this once."""
        self.stdout.write(f"\nImprint is at {settings.SITE_URL}/ and its desk at {settings.SITE_URL}/admin/")
        users = get_user_model().objects
        if users.filter(is_superuser=True).exists():
            self.stdout.write("Ctrl-C stops it.\n")
            return
        name = os.environ.get("DJANGO_SUPERUSER_USERNAME", "admin")
        chosen = os.environ.get("DJANGO_SUPERUSER_PASSWORD")
        password = chosen or secrets.token_urlsafe(12)
        users.create_superuser(name, os.environ.get("DJANGO_SUPERUSER_EMAIL", ""), password)
        shown = "the password you chose" if chosen else f"password {password} (shown this once)"
        self.stdout.write(f"Log in as {name}, {shown}. Ctrl-C stops it.\n")
