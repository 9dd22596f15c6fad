"""The forms of authors and series."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from writer import commands
from writer.forms import RefusableForm, accepted
from writer.forms_site import typed_links
from writer.link_lines import in_lines
from writer.models import Author, Post, Series

SHOWN: Final = 200  # parts of a series that can be numbered on its page


class AuthorForm(RefusableForm):
    """What readers are told of an author."""

    link_lines = forms.CharField(
        label=_("Links"),
        required=False,
        max_length=5000,
        help_text=_("Where else the author is found, one link a line: Home page | https://…"),
        widget=forms.Textarea(attrs={"class": "vLargeTextField", "rows": 4}),
    )

    class Meta:
        model = Author
        fields: ClassVar = ["name", "slug", "user", "picture", "bio"]
        widgets: ClassVar = {"picture": forms.TextInput(attrs={"class": "vTextField", "data-picture": ""})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["link_lines"] = in_lines(self.instance.links)

    def clean_picture(self) -> str:
        """Refuse what is no picture of this site."""
        return accepted(commands.checked_picture, self.cleaned_data["picture"])

    def clean_link_lines(self) -> list[tuple[str, str]]:
        """Return the links."""
        return typed_links(self.cleaned_data["link_lines"], within=False)


class SeriesForm(RefusableForm):
    """A series, with the number of each of its parts."""

    class Meta:
        model = Series
        fields: ClassVar = ["name", "slug", "description"]
        help_texts: ClassVar = {"description": _("A sentence or two about all of its parts, for readers.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for post in parts_of(self.instance):
            self.fields[field_of(post)] = forms.IntegerField(
                label=str(post), min_value=1, max_value=9999, initial=post.part
            )

    def parts(self) -> dict[UUID, int]:
        """Return the numbers that were changed, by post."""
        posts = {field_of(post): post.pk for post in parts_of(self.instance)}
        return {posts[name]: self.cleaned_data[name] for name in self.changed_data if name in posts}


def parts_of(series: Series) -> list[Post]:
    """Return the posts whose draft is part of the series, in their order."""
    if series.pk is None:
        return []
    return list(Post.objects.filter(series=series, trashed_at=None).order_by("part", "pk")[:SHOWN])


def field_of(post: Post) -> str:
    """Return the name of the field with the number of a part."""
    return f"part-{post.pk}"
