"""The form of a post: what an author types, checked field by field, and handed to a command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cms import markup
from writer import commands
from writer.forms_clock import WallClock, appointments
from writer.models import Author, Post, Tag
from writer.name_lists import in_a_list, names, readable, suggested
from writer.refusals import Refused


def accepted(check: Callable[[str], str], typed: str) -> str:
    """Return what a check of the commands makes of what was typed; its refusal stands beside the field."""
    try:
        return check(typed)
    except Refused as refusal:
        raise ValidationError(str(refusal)) from refusal


class RefusableForm(forms.ModelForm):
    """A form that can be shown once more with the reason why its command was refused."""

    refusal = ""

    def clean(self) -> dict[str, Any]:
        """Show the reason, if there is one."""
        cleaned = super().clean() or self.cleaned_data
        if self.refusal:
            raise ValidationError(self.refusal)
        return cleaned


class PostForm(WallClock, RefusableForm):
    """The draft of a post, and when it shall be published."""

    new_id = forms.UUIDField(widget=forms.HiddenInput, required=False)  # that it is not made twice
    editor = forms.UUIDField(widget=forms.HiddenInput, required=False)  # the open page, if it autosaves
    tag_names = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=5000,
        help_text=_('Separated by commas. A tag that is new is made. Quotes keep a comma: "Ham, Spam".'),
        widget=forms.TextInput(attrs=suggested("tag", several=True)),
    )
    author_names = forms.CharField(
        label=_("Authors"),
        required=False,
        max_length=5000,
        help_text=_("Separated by commas, in the order of the byline. An author who is new is made."),
        widget=forms.TextInput(attrs=suggested("author", several=True)),
    )
    series_name = forms.CharField(
        label=_("Series"),
        required=False,
        max_length=200,
        help_text=_("The name of the series that the post belongs to. One that is new is made."),
        widget=forms.TextInput(attrs=suggested("series")),
    )
    lock_version = forms.IntegerField(
        widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1
    )
    publish_on = forms.CharField(
        label=_("Publish on"),
        required=False,
        help_text=_("Counts once you press “Save and schedule”. The post is published as it is by then."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    unpublish_on = forms.CharField(
        label=_("Unpublish on"),
        required=False,
        help_text=_("Optional: when readers shall no longer see the post."),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    zone = forms.CharField(label=_("Time zone"), required=False, max_length=64)
    occurrence = forms.ChoiceField(
        label=_("If that time comes twice"),
        required=False,
        choices=[("", _("ask me")), ("first", _("the first")), ("second", _("the second"))],
        help_text=_("In autumn, when the clocks go back, an hour comes twice."),
    )

    body = forms.CharField(
        label=_("Text"),
        required=False,
        strip=False,  # an indented first line is code
        help_text=_("Markdown, as on GitHub."),
        widget=forms.Textarea(
            attrs={"rows": 28, "dir": "auto", "placeholder": _("Write here, or type / for more than words.")}
        ),
    )

    class Meta:
        model = Post
        fields: ClassVar = [
            *("title", "slug", "summary", "body", "language", "translation_key"),
            *("description", "canonical_url", "cover", "cover_alt", "part", "pinned", "unlisted"),
        ]
        widgets: ClassVar = {
            # A title wraps, where an input would hide its end.
            "title": forms.Textarea(attrs={"rows": 1, "dir": "auto", "placeholder": _("Title")}),
            "slug": forms.TextInput(attrs={"class": "vTextField"}),
            "summary": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 2}),
            "translation_key": forms.TextInput(attrs={"class": "vTextField"}),
            "description": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 2}),
            "canonical_url": forms.URLInput(attrs={"class": "vTextField"}),
            "cover": forms.TextInput(attrs={"class": "vTextField", "data-picture": "id_cover_alt"}),
            "cover_alt": forms.TextInput(attrs={"class": "vTextField"}),
        }
        help_texts: ClassVar = {"cover": _("What somebody sees who shares the post.")}
        error_messages: ClassVar = {
            "slug": {"invalid": _("An address is made of letters, digits, hyphens and underscores.")}
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        post = self.instance
        self.initial["zone"] = self.home_zone
        if post._state.adding:
            self.initial["new_id"] = post.pk
            return
        tags = Tag.objects.filter(pk__in=post.tag_ids())
        authors = Author.objects.in_bulk(post.author_ids())
        self.initial.update(
            lock_version=post.lock_version,
            tag_names=in_a_list(tag.name for tag in tags),
            author_names=in_a_list(authors[pk].name for pk in post.author_ids()),
            series_name=post.series.name if post.series else "",
            **appointments(post),
        )

    def clean_title(self) -> str:
        """Return the title in one line, however it was pasted."""
        return " ".join(self.cleaned_data["title"].split())

    def clean_language(self) -> str:
        """Refuse what is no language tag."""
        language = self.cleaned_data["language"]
        if not commands.LANGUAGE.fullmatch(language):
            raise ValidationError(_("Write a language tag such as en, pt-BR or zh-Hant."))
        return language

    def clean_canonical_url(self) -> str:
        """Refuse what is no full web address."""
        return accepted(commands.checked_url, self.cleaned_data["canonical_url"])

    def clean_cover(self) -> str:
        """Refuse what is no picture of this site."""
        return accepted(commands.checked_picture, self.cleaned_data["cover"])

    def clean_tag_names(self) -> str:
        """Refuse a quote that is never closed."""
        return readable(self.cleaned_data["tag_names"])

    def clean_author_names(self) -> str:
        """Refuse a quote that is never closed."""
        return readable(self.cleaned_data["author_names"])

    def clean_body(self) -> str:
        """Refuse a text that is too long to be rendered, while it is still on the screen."""
        body = self.cleaned_data["body"].replace("\r\n", "\n")
        if len(body) > markup.LONGEST:
            raise ValidationError(
                _("The text has %(length)s characters; at most %(longest)s fit."),
                params={"length": f"{len(body):,}", "longest": f"{markup.LONGEST:,}"},
            )
        return body

    def clean(self) -> dict[str, Any]:
        """Turn wall times into moments."""
        for field in ("publish_on", "unpublish_on"):
            self.cleaned_data[field] = self.moment_of(field)
        return super().clean()

    def reschedules(self, *, now: datetime) -> bool:
        """Tell whether the fields of the schedule, as far as they are to come, say something new."""
        pairs = (
            (self.cleaned_data["publish_on"], self.instance.publish_at),
            (self.cleaned_data["unpublish_on"], self.instance.unpublish_at),
        )
        return any(
            typed != (kept and kept.replace(second=0, microsecond=0)) and (typed is None or typed > now)
            for typed, kept in pairs
        )

    def words(self) -> commands.Draft:
        """Return what was typed, but for the names."""
        typed = self.cleaned_data
        return commands.Draft(
            title=typed["title"],
            slug=typed["slug"],
            summary=typed["summary"].replace("\r\n", "\n"),
            body=typed["body"],
            language=typed["language"],
            translation_key=typed["translation_key"],
            description=" ".join(typed["description"].split()),
            canonical_url=typed["canonical_url"],
            cover=typed["cover"],
            cover_alt=typed["cover_alt"],
            part=typed["part"],
            pinned=typed["pinned"],
            unlisted=typed["unlisted"],
        )

    def draft(self) -> commands.Draft:
        """Return what was typed, as a draft. A tag, author or series that is new is made."""
        typed = self.cleaned_data
        return replace(
            self.words(),
            tags=tuple(commands.find_or_add_tag(name) for name in names(typed["tag_names"])),
            authors=tuple(commands.find_or_add_author(name) for name in names(typed["author_names"])),
            series_id=commands.find_or_add_series(typed["series_name"]) if typed["series_name"] else None,
        )
