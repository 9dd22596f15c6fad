"""What the desk has of the whole: the Sync page, and what follows when the site is described anew."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from cms.admin_users import GroupAdmin, UserAdmin
from cms.models import Reconciliation
from cms.overview import in_words, overview, present_edition, titles, under_way
from cms.schedule import enqueue_reconcile
from writer import commands
from writer.admin_site import SiteSettingsAdmin
from writer.models import SiteSettings
from writer.signed import signed

__all__ = ["GroupAdmin", "SyncAdmin", "UserAdmin"]


@admin.register(Reconciliation)
class SyncAdmin(admin.ModelAdmin):
    """Runs of reconcile, and with them the state of the site. Nothing here is added, edited or deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Runs are made by running."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Reconciliation | None = None) -> bool:
        """Runs go by themselves when they are old."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show how the site is; or do what a button says, and show it again."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            self.act(request)
            return HttpResponseRedirect(request.path)
        shown = {**self.surroundings(request, _("Sync")), **overview()}
        return TemplateResponse(request, "admin/cms/reconciliation/change_list.html", shown)

    def act(self, request: HttpRequest) -> None:
        """Do what the button says. Who may only look may not press it."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if "_reconcile" in request.POST:
            if not enqueue_reconcile(deep="deep" in request.POST):
                messages.info(request, _("A run is queued already."))
        elif "_deliver" in request.POST:
            arrived, failed = commands.deliver_all_again(**signed(request))
            said = _("Tried again: %(arrived)d delivered, %(failed)d failed.")
            known = {"arrived": arrived, "failed": failed}
            messages.add_message(request, messages.WARNING if failed else messages.SUCCESS, said % known)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show one run with its findings."""
        row = self.get_object(request, object_id)
        if not self.has_view_or_change_permission(request, row):
            raise PermissionDenied
        if row is None:
            raise Http404
        if request.method == "POST":
            raise PermissionDenied
        names = titles(
            {UUID(finding["post_id"]) for finding in row.findings}, readable=present_edition() is not None
        )
        shown = self.surroundings(request, _("Run of reconcile")) | {
            "run": in_words(row, going_on=row == under_way(list(Reconciliation.objects.all()[:1]))),
            "findings": [{**finding, "post": names[UUID(finding["post_id"])]} for finding in row.findings],
            "more": sum(row.found.values()) - len(row.findings),
        }
        return TemplateResponse(request, "admin/cms/reconciliation/run.html", shown)

    def surroundings(self, request: HttpRequest, title: str) -> dict[str, Any]:
        """Return what the admin's own templates need, and what this person may do."""
        return {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "may_act": self.has_change_permission(request),
            "may_see_posts": request.user.has_perm("writer.view_post")
            or request.user.has_perm("writer.change_post"),
        }


@admin.register(SiteSettings)
class SiteAdmin(SiteSettingsAdmin):
    """The site settings, which every article shows."""

    def save_model(self, request: HttpRequest, obj: SiteSettings, form: Any, change: bool) -> None:
        """Describe the site, and have the worker make articles anew once readers know of it."""
        super().save_model(request, obj, form, change)
        transaction.on_commit(partial(enqueue_reconcile, deep=False), using="default", robust=True)
