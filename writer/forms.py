"""The forms of the desk: what an author types, checked field by field, and handed to a command."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from cms import markup
from writer import commands
from writer.models import Author, Post, Tag
from writer.refusals import NeedsAnswer, Refused
from writer.wall_time import ZONES, moment


def names(text: str) -> list[str]:
    """Return the names in a list that commas separate, each once. One in quotes may hold a comma.

    Raise csv.Error for a quote that is never closed.
    """
    found = next(csv.reader([" ".join(text.split())], skipinitialspace=True, strict=True), [])
    return list(dict.fromkeys(" ".join(name.split()) for name in found if name.strip()))


def in_a_list(names: Iterable[str]) -> str:
    """Return the names as `names` reads them."""
    return ", ".join(
        '"' + name.replace('"', '""') + '"' if "," in name or name.startswith('"') else name for name in names
    )


def readable(typed: str) -> str:
    """Return a list of names as it was typed. Raise ValidationError if it cannot be read."""
    try:
        names(typed)
    except csv.Error as error:
        raise ValidationError(_("A quotation mark is opened and not closed before a comma.")) from error
    return typed


def appointments(post: Post) -> dict[str, str]:
    """Return the fields of the schedule as they are typed: when, on a clock in which zone."""
    if not post.publish_at and not post.unpublish_at:
        return {}
    zone = (post.publish_zone if post.publish_at else post.unpublish_zone) or "UTC"
    typed = {"zone": zone, "occurrence": ""}
    for field, at in (("publish_on", post.publish_at), ("unpublish_on", post.unpublish_at)):
        if at:
            wall = at.astimezone(ZoneInfo(zone))
            typed[field] = f"{wall:%Y-%m-%dT%H:%M}"
            if wall.utcoffset() != wall.replace(fold=1 - wall.fold).utcoffset():
                typed["occurrence"] = "second" if wall.fold else "first"
    return typed


def accepted(check: Callable[[str], str], typed: str) -> str:
    """Return what a check of the commands makes of what was typed; its refusal stands beside the field."""
    try:
        return check(typed)
    except Refused as refusal:
        raise ValidationError(str(refusal)) from refusal


def suggested(model: str, *, several: bool = False) -> dict[str, Any]:
    """Return the attributes of a field for names that the desk suggests as they are typed."""
    known = {"class": "vTextField", "data-suggestions": reverse_lazy(f"admin:writer_{model}_suggestions")}
    return {**known, "data-several": ""} if several else known


class RefusableForm(forms.ModelForm):
    """A form that can be shown once more with the reason why its command was refused."""

    refusal = ""

    def clean(self) -> dict[str, Any]:
        """Show the reason, if there is one."""
        cleaned = super().clean() or self.cleaned_data
        if self.refusal:
            raise ValidationError(self.refusal)
        return cleaned


class WallClock(forms.BaseForm):
    """A form with wall times in a zone: fields `zone` and `occurrence`, and those that hold the times."""

    home_zone = settings.TIME_ZONE  # where the author reads the clock

    def clean_zone(self) -> str:
        """Refuse what is no time zone."""
        zone = self.cleaned_data["zone"] or self.home_zone
        if zone not in ZONES:
            raise ValidationError(_("Write a time zone such as Europe/Berlin or UTC."))
        return zone

    def moment_of(self, field: str) -> datetime | None:
        """Return the moment a wall time stands for, None if there is none or it is wrong."""
        text, zone = self.cleaned_data.get(field), self.cleaned_data.get("zone")
        if not text or not zone:
            return None
        later = {"first": False, "second": True}.get(self.cleaned_data.get("occurrence", ""))
        try:
            return moment(datetime.fromisoformat(text), zone=zone, later=later)
        except NeedsAnswer as question:
            self.add_error("occurrence", str(question))
        except Refused as refusal:
            self.add_error(field, str(refusal))
        except (ValueError, OverflowError):
            self.add_error(field, _("This is not a date and time. Write it as 2026-03-29 09:30."))
        return None


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
        return self.checked_names("tag_names")

    def clean_author_names(self) -> str:
        """Refuse a quote that is never closed."""
        return self.checked_names("author_names")

    def checked_names(self, field: str) -> str:
        """Return a list of names as it was typed. Raise ValidationError if it cannot be read."""
        return readable(self.cleaned_data[field])

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
