"""The desk's page of site settings. There is one row, and its page is all there is."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from writer import commands
from writer.admin_refusals import RefusableAdmin
from writer.commands.site import SITE
from writer.forms_site import SiteForm
from writer.models import SiteSettings
from writer.signed import signed


class SiteSettingsAdmin(RefusableAdmin):
    """What every page says of the site: saved by its command, which tells readers."""

    form = SiteForm
    change_form_template = "admin/writer/site.html"
    fieldsets = (
        (None, {"fields": ["name", "tagline", "logo"]}),
        (_("Links"), {"fields": ["navigation_lines", "social_lines"]}),
        (_("Lists and footer"), {"fields": ["per_page", "footer"]}),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which declares its other fields itself."""
        return super().get_form(request, obj, change=change, **{**kwargs, "fields": SiteForm.Meta.fields})

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one row, from the first time it is saved."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SiteSettings | None = None) -> bool:
        """A site always says something of itself."""
        return False

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> SiteSettings | None:
        """Return the one row; before it was first saved, what holds until then."""
        if object_id != str(SITE):
            return None
        return self.get_queryset(request).filter(pk=SITE).first() or SiteSettings(pk=SITE)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Lead to the one row."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(self.address())

    def save_model(self, request: HttpRequest, obj: SiteSettings, form: Any, change: bool) -> None:
        """Describe the site by the command."""
        typed = form.cleaned_data
        commands.describe_site(
            name=typed["name"],
            tagline=typed["tagline"],
            logo=typed["logo"],
            navigation=typed["navigation_lines"],
            social=typed["social_lines"],
            per_page=typed["per_page"],
            footer=typed["footer"].replace("\r\n", "\n"),
            **signed(request),
        )

    def response_change(self, request: HttpRequest, obj: SiteSettings) -> HttpResponse:
        """Say what was done, and stay."""
        self.message_user(
            request, _("Saved. Lists show it now; articles follow one by one, at once if the worker runs.")
        )
        return HttpResponseRedirect(self.address())

    def address(self) -> str:
        """Return the path of the one row's page."""
        return reverse("admin:writer_sitesettings_change", args=[SITE])
