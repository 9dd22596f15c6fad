"""Tags, authors, series, months, the site and changes as the API tells of them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reader.api_articles import ArticleDocument
from reader.api_parts import Address, At, Author, Tag, absolute
from reader.models import Site


class TagDocument(Tag):
    """A tag that listed articles bear."""

    count = serializers.IntegerField(help_text="Of the articles.")


class AuthorDocument(Author):
    """Somebody by whom there are listed articles."""

    count = serializers.IntegerField(help_text="Of the articles.")


class SeriesDocument(serializers.Serializer):
    """A series that listed articles are part of."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    url = At("/series/{slug}/", help_text="Where its articles are listed.")
    count = serializers.IntegerField(help_text="Of the articles.")


class MonthDocument(serializers.Serializer):
    """A month of the site's own clock in which articles were published."""

    year = serializers.IntegerField()
    month = serializers.IntegerField(min_value=1, max_value=12)
    count = serializers.IntegerField(help_text="Of the articles.")
    url = At("/archive/{year}/{month:02}/", help_text="Where they are listed.")


class SiteDocument(serializers.Serializer):
    """What every page says of the site."""

    name = serializers.CharField()
    tagline = serializers.CharField()
    url = serializers.CharField()
    language = serializers.CharField(help_text="Of its labels and dates; BCP 47.")
    logo = serializers.SerializerMethodField()
    navigation = Address(many=True)
    social = Address(many=True)
    footer = serializers.CharField(help_text="Safe HTML.")

    def get_logo(self, site: Site) -> str | None:
        """Return the absolute address."""
        return absolute(site.logo) if site.logo else None


class ChangeDocument(serializers.Serializer):
    """What became of an article: `upsert`, with the article as it is now, or `removal`."""

    kind = serializers.ChoiceField(choices=["upsert", "removal"])
    id = serializers.UUIDField()
    edition = serializers.IntegerField(help_text="Of the site, when it changed; they only grow.")
    article = serializers.SerializerMethodField(required=False, help_text="Of an upsert.")
    paths = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Of a removal: the paths that led to it."
    )

    @extend_schema_field(ArticleDocument)
    def get_article(self, change: dict[str, Any]) -> dict[str, Any]:
        """Return the article."""
        article: dict[str, Any] = change["article"]
        return article
