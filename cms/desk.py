"""The desk: Django's admin, dressed and furnished for people who write."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from writer.first_page import first_page
from writer.signed import signed

ORDER: Final = {"writer": 0, "cms": 1, "auth": 2}


class Desk(AdminSite):
    """The one admin site."""

    site_header = site_title = settings.SITE_NAME
    index_title = _("Desk")
    empty_value_display = "–"

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show what whoever has logged in should know first."""
        give = signed(request)
        shown = first_page(give["actor"], now=give["now"])
        return super().index(request, {**shown, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return what there is to do, in the order in which it is done: writing first, the machinery last."""
        found = super().get_app_list(request, app_label)
        return sorted(found, key=lambda app: ORDER.get(app["app_label"], len(ORDER)))

    def get_urls(self) -> list[Any]:
        """Return the addresses of the desk, without the one that leads to a thing's own page.

        Nothing of ours uses it, and of a post it answers any malformed id with a 500.
        """
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
