"""The words of a post, and what they were at one moment."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from writer.models.names import Byline, Series, Tag


class Content(models.Model):
    """The words of a post: what a draft and a revision have in common."""

    title = models.CharField(_("title"), max_length=200, blank=True)
    slug = models.SlugField(
        _("address"),
        max_length=200,
        blank=True,
        allow_unicode=True,
        db_index=False,
        help_text=_(
            "The last part of the post's address. Left empty, it is made from the title; "
            "once published, it stays."
        ),
    )
    summary = models.TextField(
        _("summary"),
        max_length=500,
        blank=True,
        help_text=_(
            "One or two sentences for lists and search engines. Left empty, the text's beginning is used."
        ),
    )
    body = models.TextField(_("text"), blank=True, help_text=_("Markdown, as on GitHub."))
    language = models.CharField(_("language"), max_length=35, default="en")
    translation_key = models.CharField(
        _("translation key"),
        max_length=100,
        blank=True,
        help_text=_(
            "Any word of your own. Posts with the same key in different languages are shown as "
            "translations of each other."
        ),
    )
    description = models.CharField(
        _("description"),
        max_length=300,
        blank=True,
        help_text=_("What search engines and shares show. Left empty, the summary is used."),
    )
    canonical_url = models.CharField(
        _("first published at"),
        max_length=500,
        blank=True,
        help_text=_(
            "Only if the text appeared elsewhere first: its full address there, which search engines "
            "then take for the original."
        ),
    )
    cover = models.CharField(
        _("social picture"),
        max_length=200,
        blank=True,
        help_text=_("The picture that a share of this post shows, by its path: /media/…"),
    )
    cover_alt = models.CharField(
        _("what the picture shows"),
        max_length=500,
        blank=True,
        help_text=_("In words, for those who do not see it."),
    )
    series = models.ForeignKey(
        Series, models.RESTRICT, verbose_name=_("series"), null=True, blank=True, related_name="+"
    )
    part = models.PositiveIntegerField(
        _("part"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(9999)],
        help_text=_("Its number in the series. Left empty, it comes last."),
    )
    pinned = models.BooleanField(
        _("pinned"), default=False, help_text=_("Stands before all other posts on the home page.")
    )
    unlisted = models.BooleanField(
        _("unlisted"),
        default=False,
        help_text=_(
            "Who has the address can read it. It stands in no list, and search engines leave it out."
        ),
    )
    tags = models.ManyToManyField(Tag, verbose_name=_("tags"), blank=True)

    class Meta:
        abstract = True

    TEXTS: ClassVar = (
        *("title", "slug", "summary", "body", "language"),
        *("translation_key", "description", "canonical_url", "cover", "cover_alt"),
    )
    FIELDS: ClassVar = (*TEXTS, "series_id", "part", "pinned", "unlisted")

    def same_words(self, other: Content) -> bool:
        """Tell whether a reader would find no difference."""
        return (
            all(getattr(self, name) == getattr(other, name) for name in self.FIELDS)
            and self.tag_ids() == other.tag_ids()
            and self.author_ids() == other.author_ids()
        )

    def tag_ids(self) -> set[int]:
        """Return the ids of the tags, of a merged one that which it means now."""
        return {merged_into or pk for pk, merged_into in self.tags.values_list("pk", "merged_into")}

    def author_ids(self) -> list[int]:
        """Return the ids of the authors, in the order of the byline."""
        return list(self.byline.values_list("author_id", flat=True))  # type: ignore[attr-defined]

    def set_byline(self, author_ids: list[int]) -> None:
        """Make these the authors, in this order."""
        self.byline.all().delete()  # type: ignore[attr-defined]
        self.byline.bulk_create(  # type: ignore[attr-defined]
            self.byline.model(**{self.byline.field.name: self}, author_id=author_id, position=position)  # type: ignore[attr-defined]
            for position, author_id in enumerate(author_ids)
        )


class Revision(Content):
    """The words of a post at one moment. Never changed, but while it is being autosaved."""

    class Reason(models.TextChoices):
        SAVE = "save", _("saved")
        PUBLISH = "publish", _("published")
        IMPORT = "import", _("imported")
        REVERT = "revert", _("brought back")
        AUTOSAVE = "autosave", _("saved while typing")
        ASIDE = "aside", _("set aside")  # another text was saved meanwhile; it was never the draft

    post = models.ForeignKey("Post", models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=10, choices=Reason)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post", "number"], name="revision_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.number})"


class RevisionByline(Byline):
    """A place in the byline of a revision."""

    revision = models.ForeignKey(Revision, models.CASCADE, related_name="byline")


def frozen_fields(content: Content) -> dict[str, Any]:
    """Return the plain fields of a draft or revision, to copy."""
    return {name: getattr(content, name) for name in Content.FIELDS}
