"""The desk as an application. A reader has none."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from cms.events import STREAM, asked, happened
from cms.nodes import on_asked
from cms.stream import on_happened


class DeskConfig(AdminConfig):
    """Django's admin, with the desk as its site."""

    default_site = "cms.desk.Desk"

    def ready(self) -> None:
        """Have the sweeps registered after every migration, name a menu shortly, tell the stream if any."""
        super().ready()
        if settings.EVENTS_URL:
            happened.connect(on_happened, dispatch_uid=STREAM)
            asked.connect(on_asked, dispatch_uid=STREAM)
        apps.get_app_config("auth").verbose_name = _("People")
        post_migrate.connect(register_sweeps, sender=self, dispatch_uid="sweeps")


def register_sweeps(using: str, **kwargs: Any) -> None:
    """Register the sweeps with the queue, in the database that the queue lives in."""
    from cms.schedule import register  # models are loaded only now

    if using == "default":
        register()
