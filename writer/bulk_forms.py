"""What the desk asks for before it does something to several posts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from writer.forms_clock import WallClock
from writer.name_lists import names, readable


class BulkSchedule(WallClock, forms.Form):
    """When several posts shall be published."""

    publish_on = forms.CharField(
        label=_("Publish on"),
        help_text=_("Each post is published as it is by then."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    zone = forms.CharField(label=_("Time zone"), initial=settings.TIME_ZONE, max_length=64, required=False)
    occurrence = forms.ChoiceField(
        label=_("If that time comes twice"),
        required=False,
        choices=[("", _("ask me")), ("first", _("the first")), ("second", _("the second"))],
    )

    def clean(self) -> dict[str, Any]:
        """Turn the wall time into a moment."""
        moment: datetime | None = self.moment_of("publish_on")
        return {**self.cleaned_data, "publish_on": moment}


class BulkTags(forms.Form):
    """Which tags several posts shall have."""

    tag_names = forms.CharField(
        label=_("Tags"), max_length=5000, help_text=_("Separated by commas. A tag that is new is made.")
    )
    publish = forms.BooleanField(
        label=_("Publish at once where the draft has no other changes"),
        required=False,
        help_text=_("Else readers see the new tags when each post is published next."),
    )

    def clean_tag_names(self) -> str:
        """Refuse what names no tag, or cannot be read."""
        typed = readable(self.cleaned_data["tag_names"])
        if not names(typed):
            raise ValidationError(_("Name a tag."))
        return typed
