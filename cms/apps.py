"""The project's own application: what knows both sides."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CmsConfig(AppConfig):
    """Reconciliation, schedules, import, and the commands an operator runs."""

    name = "cms"
    verbose_name = "Imprint"

    def ready(self) -> None:
        """Load the checks, have the sweeps registered after every migration, name a menu shortly."""
        from cms import checks  # noqa: F401  the registry is ready only now

        apps.get_app_config("auth").verbose_name = _("People")
        post_migrate.connect(register_sweeps, sender=self, dispatch_uid="sweeps")


class DeskConfig(AdminConfig):
    """Django's admin, with the desk as its site."""

    default_site = "cms.desk.Desk"


def register_sweeps(using: str, **kwargs: Any) -> None:
    """Register the sweeps with the queue, in the database that the queue lives in."""
    from cms.schedule import register

    if using == "default":
        register()
