"""The desk: Django's admin, dressed and furnished for people who write."""

from __future__ import annotations

from django.conf import settings
from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class Desk(AdminSite):
    """The one admin site."""

    site_header = site_title = settings.SITE_NAME
    index_title = _("Desk")
