"""A refused command at the desk: its reason stands on the form, and all that was typed stays in it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from writer.forms import RefusableForm
from writer.refusals import Refused


class RefusableAdmin(admin.ModelAdmin):
    """An admin whose forms are saved by commands."""

    form: type[RefusableForm] = RefusableForm

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, with the reason why its command was just refused, if it was."""
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, "refusal", "")})

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form and carry out its command; if that is refused, nothing of it was done."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refused as refusal:
            return self.refused(request, refusal, *args, **kwargs)

    def refused(self, request: HttpRequest, refusal: Refused, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form again, with the reason."""
        request.refusal = str(refusal)  # type: ignore[attr-defined]
        return super().changeform_view(request, *args, **kwargs)
