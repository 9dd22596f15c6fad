"""The desk: Django's admin, dressed and furnished for people who write."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class Desk(AdminSite):
    """The one admin site."""

    site_header = site_title = settings.SITE_NAME
    index_title = _("Desk")

    def get_urls(self) -> list[Any]:
        """Return the addresses of the desk, without the one that leads to a thing's own page.

        Nothing of ours uses it, and of a post it answers any malformed id with a 500.
        """
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
