"""The form of the site settings."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from writer import commands
from writer.forms import RefusableForm, accepted
from writer.link_lines import in_lines, links_in
from writer.models import SiteSettings
from writer.refusals import Refused


class SiteForm(RefusableForm):
    """What every page says of the site."""

    navigation_lines = forms.CharField(
        label=_("Navigation"),
        required=False,
        max_length=5000,
        help_text=_("One link a line: Label | /path/, or Label | https://…"),
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 5}),
    )
    social_lines = forms.CharField(
        label=_("Elsewhere"),
        required=False,
        max_length=5000,
        help_text=_("Where else the site is found, one link a line: Mastodon | https://…"),
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 4}),
    )

    class Meta:
        model = SiteSettings
        fields: ClassVar = ["name", "tagline", "logo", "per_page", "footer"]
        widgets: ClassVar = {
            "logo": forms.TextInput(attrs={"class": "vTextField", "data-picture": ""}),
            "footer": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 6}),
        }
        help_texts: ClassVar = {"logo": _("A picture that stands before the name.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["navigation_lines"] = in_lines(self.instance.navigation)
        self.initial["social_lines"] = in_lines(self.instance.social)

    def clean_logo(self) -> str:
        """Refuse what is no picture of this site."""
        return accepted(commands.checked_picture, self.cleaned_data["logo"])

    def clean_navigation_lines(self) -> list[tuple[str, str]]:
        """Return the links of the navigation."""
        return typed_links(self.cleaned_data["navigation_lines"], within=True)

    def clean_social_lines(self) -> list[tuple[str, str]]:
        """Return the links to elsewhere."""
        return typed_links(self.cleaned_data["social_lines"], within=False)


def typed_links(text: str, *, within: bool) -> list[tuple[str, str]]:
    """Return the links that were typed. Raise ValidationError for one that cannot be kept."""
    found = links_in(text)
    try:
        commands.checked_links(found, within=within)
    except Refused as refusal:
        raise ValidationError(str(refusal)) from refusal
    return found
