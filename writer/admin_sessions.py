"""A form that is sent after its session was lost: who logs in on the spot goes on with what was typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from http import HTTPStatus
from typing import Any, Final

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from writer.admin_rights import PostRights

FORMS: Final = {"writer_post_add", "writer_post_change"}
PREFIX: Final = "login"  # of the names of the fields for name and password, which no post has


class SessionAdmin(PostRights):
    """The forms of posts, that nothing is lost with their session."""

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses, the forms' with a way to log in again."""
        urls = super().get_urls()
        for url in urls:
            if url.name in FORMS:
                url.callback = self.kept(url.callback)
        return urls

    def kept(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """Return the view of a form. A form without a session is answered with itself, and a login."""

        @never_cache
        @sensitive_post_parameters(f"{PREFIX}-password")
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method != "POST" or self.admin_site.has_permission(request):
                return view(request, *args, **kwargs)
            asked = f"{PREFIX}-password" in request.POST
            form = AdminAuthenticationForm(request, request.POST if asked else None, prefix=PREFIX)
            if asked and form.is_valid():
                login(request, form.get_user())
                return view(request, *args, **kwargs)
            return self.log_in(request, form)

        return update_wrapper(inner, view)

    def log_in(self, request: HttpRequest, form: AdminAuthenticationForm) -> HttpResponse:
        """Return the page that asks for name and password, and holds all that was sent."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Log in again"),
            "form": form,
            "sent": [
                (name, value)
                for name, values in request.POST.lists()
                if name != "csrfmiddlewaretoken" and not name.startswith(f"{PREFIX}-")
                for value in values
            ],
            "text": request.POST.get("body", ""),
        }
        template = "admin/writer/post/log_in.html"
        return TemplateResponse(request, template, context, status=HTTPStatus.UNAUTHORIZED)
