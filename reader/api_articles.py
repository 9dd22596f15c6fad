"""Articles as the API tells of them, and the columns that each part of that asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cms import markup
from reader.api_parameters import Asked
from reader.api_parts import Author, Cover, Heading, Matched, Named, Series, Tag, Utc, absolute
from reader.around import related
from reader.models import Article

OWN: Final[dict[str, tuple[str, ...]]] = {  # field → columns
    "id": (),
    "slug": ("slug",),
    "url": ("slug",),
    "canonical": ("slug", "canonical_url"),
    "title": ("title",),
    "summary": ("summary",),
    "description": ("description", "summary"),
    "language": ("language",),
    "translation_key": ("translation_key",),
    "words": ("words",),
    "minutes": ("words",),
    "published_at": (),
    "updated_at": ("updated_at",),
    "cover": ("cover", "cover_alt"),
    "pinned": ("pinned",),
    "unlisted": ("unlisted",),
    "version": ("version",),
}
INCLUDED: Final[dict[str, tuple[str, ...]]] = {
    "tags": ("tags",),
    "authors": ("authors",),
    "series": ("series",),
    "html": ("html", "slug"),
    "markdown": ("markdown",),
    "plaintext": ("text",),
    "contents": ("contents",),
}
FIELDS: Final = tuple(OWN)
INCLUDES: Final = tuple(INCLUDED)  # of articles of a list
RELATED: Final = {"related": ("tags", "unlisted")}  # asks other articles, so of one article only
ALWAYS: Final = ("post_id", "published_at")  # what pages of a list are parted by


def wanted(asked: Asked) -> list[str]:
    """Return the names of the parts of an article that were asked for."""
    return ["id", *(name for name in asked.get("fields", FIELDS) if name != "id"), *asked.get("include", ())]


def columns(asked: Asked) -> set[str]:
    """Return the columns that these parts are made of."""
    needed = (column for name in wanted(asked) for column in {**OWN, **INCLUDED, **RELATED}[name])
    return {*ALWAYS, *needed}


class ArticleDocument(serializers.Serializer):
    """An article; `fields` and `include` say which of these members there are."""

    id = serializers.UUIDField(source="post_id", help_text="Never changes.")
    slug = serializers.CharField(required=False, help_text="The last part of its address.")
    url = serializers.SerializerMethodField(required=False, help_text="Where people read it.")
    canonical = serializers.CharField(required=False, help_text="Where it appeared first, if not here.")
    title = serializers.CharField(required=False)
    summary = serializers.CharField(required=False, help_text="For lists; plain text.")
    description = serializers.CharField(
        source="described", required=False, help_text="For search engines and shares; plain text."
    )
    language = serializers.CharField(required=False, help_text="BCP 47.")
    translation_key = serializers.CharField(
        required=False, help_text="Articles in other languages that bear it, too, say the same; empty: none."
    )
    words = serializers.IntegerField(required=False)
    minutes = serializers.IntegerField(required=False, help_text="That it takes to read, at least 1.")
    published_at = Utc(help_text="Of the first publication.")
    updated_at = Utc(help_text="Of this wording.")
    cover = serializers.SerializerMethodField(required=False)
    pinned = serializers.BooleanField(required=False, help_text="First on the home page.")
    unlisted = serializers.BooleanField(required=False, help_text="Named in no list.")
    version = serializers.IntegerField(
        required=False, help_text="Of this wording: a higher one is newer. Below 2^53."
    )
    tags = Tag(many=True, required=False)
    authors = Author(many=True, required=False, help_text="In the order of the byline.")
    series = Series(required=False, allow_null=True)
    html = serializers.SerializerMethodField(
        required=False, help_text="The text as safe HTML; every address in it is absolute."
    )
    markdown = serializers.CharField(required=False, help_text="The text as it was written.")
    plaintext = serializers.CharField(source="text", required=False, help_text="The text without markup.")
    contents = Heading(many=True, required=False)
    related = serializers.SerializerMethodField(
        required=False, help_text="Up to three articles that share most tags with it."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the members that were asked for; all of them for the documentation."""
        fields = super().get_fields()
        names: Iterable[str] = self.context.get("wanted", fields)
        return {name: fields[name] for name in names}

    def get_url(self, article: Article) -> str:
        """Return its address on this site."""
        return absolute(article.path)

    def get_html(self, article: Article) -> str:
        """Return its text."""
        return markup.absolute(article.html, self.get_url(article))

    @extend_schema_field(Cover(allow_null=True))
    def get_cover(self, article: Article) -> dict[str, str] | None:
        """Return its picture, None without one."""
        return {"url": article.cover_url, "alt": article.cover_alt} if article.cover else None

    @extend_schema_field(Named(many=True))
    def get_related(self, article: Article) -> list[dict[str, Any]]:
        """Return the articles that are like it."""
        return list(Named(self.context["related"], many=True).data)


class HitDocument(ArticleDocument):
    """An article that was found."""

    matched = Matched(required=False)


def documents(
    articles: Sequence[Article], asked: Asked, related: Sequence[Article] = ()
) -> list[dict[str, Any]]:
    """Return the articles as they were asked for; related ones are those of the only one."""
    context = {"wanted": wanted(asked), "related": related}
    return list(ArticleDocument(articles, many=True, context=context).data)


def related_to(article: Article, asked: Asked) -> Sequence[Article]:
    """Return the articles that are like this one, if that was asked; an unlisted one has none."""
    asks = "related" in asked.get("include", ())
    return related(article, but=set()) if asks and not article.unlisted else ()
