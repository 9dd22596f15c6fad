"""What articles have, as the API tells of it."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.conf import settings
from django.utils.encoding import iri_to_uri
from rest_framework import serializers

from reader.models import Article


def absolute(path: str) -> str:
    """Return the address of a path of this site; what is absolute stays."""
    return settings.SITE_URL + iri_to_uri(path) if path.startswith("/") else path


class At(serializers.CharField):
    """The absolute address that a path with these fields leads to, such as `/tags/{slug}/`."""

    def __init__(self, path: str, **options: Any) -> None:
        self.path = path
        super().__init__(source="*", read_only=True, **options)

    def to_representation(self, fields: dict[str, Any]) -> str:
        """Return the address."""
        return absolute(self.path.format_map(fields))


class Utc(serializers.DateTimeField):
    """A moment, in UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, required=False, **options)


class Cover(serializers.Serializer):
    """The picture that a share of an article shows."""

    url = serializers.CharField()
    alt = serializers.CharField()


class Address(serializers.Serializer):
    """Where somebody or something is found."""

    label = serializers.CharField()
    url = At("{url}")


class Tag(serializers.Serializer):
    """A tag of an article."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    url = At("/tags/{slug}/", help_text="Where its articles are listed.")


class Author(serializers.Serializer):
    """Who wrote an article."""

    slug = serializers.CharField()
    name = serializers.CharField()
    bio = serializers.CharField(help_text="Plain text.")
    picture = serializers.SerializerMethodField()
    links = Address(many=True)
    url = At("/authors/{slug}/", help_text="Where the articles by this author are listed.")

    def get_picture(self, author: dict[str, Any]) -> str | None:
        """Return the absolute address."""
        return absolute(author["picture"]) if author["picture"] else None


class Series(serializers.Serializer):
    """The place of an article in a series."""

    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    part = serializers.IntegerField(help_text="From 1.")
    url = At("/series/{slug}/", help_text="Where its articles are listed.")


class Heading(serializers.Serializer):
    """A heading of the text."""

    id = serializers.CharField(help_text="The anchor: what stands behind # in an address.")
    level = serializers.IntegerField()
    title = serializers.CharField()


class Named(serializers.Serializer):
    """Another article, by name."""

    id = serializers.UUIDField(source="post_id")
    url = serializers.SerializerMethodField()
    title = serializers.CharField()

    def get_url(self, article: Article) -> str:
        """Return its address on this site."""
        return absolute(article.path)


class Matched(serializers.Serializer):
    """Why an article was found: safe HTML with <mark> around the words."""

    title = serializers.CharField()
    text = serializers.CharField(help_text="The piece of its text that says most; empty: the summary does.")
