"""The endpoints of the JSON API that tell what articles are filed under, and of the site."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.serializers import Serializer

from reader import api_queries
from reader.api_allowed import NAMES
from reader.api_answers import Endpoint, envelope, meta_of
from reader.api_cursors import Position
from reader.api_names import AuthorDocument, MonthDocument, SeriesDocument, SiteDocument, TagDocument
from reader.api_parameters import Asked
from reader.api_portions import portion
from reader.api_schema import operation, page_of
from reader.editions import Edition
from reader.names import Byline, Named, Part, Tagging
from reader.rendering import site


class NameList(Endpoint):
    """What listed articles are filed under, in the order of slugs."""

    parameters = NAMES
    rows: ClassVar[type[Named]]
    shape: ClassVar[type[Serializer]]

    def document(
        self, path: str, asked: Asked, position: Position | None, edition: Edition
    ) -> dict[str, Any]:
        """Return a page of them."""
        found = api_queries.names(self.rows)
        shown = portion(found, ("slug",), asked, position)
        told = api_queries.told_of(self.rows, shown.rows)
        keys = [[row["slug"]] for row in shown.rows]
        meta = meta_of(asked, edition, found.count)
        return envelope(path, asked, shown, keys, list(self.shape(told, many=True).data), meta)


@operation("tags", "List tags", NAMES, page_of(TagDocument))
class Tags(NameList):
    """All tags."""

    rows, shape = Tagging, TagDocument


@operation("authors", "List authors", NAMES, page_of(AuthorDocument))
class Authors(NameList):
    """All authors."""

    rows, shape = Byline, AuthorDocument


@operation("series", "List series", NAMES, page_of(SeriesDocument))
class AllSeries(NameList):
    """All series."""

    rows, shape = Part, SeriesDocument


@operation("archive", "List months", NAMES, page_of(MonthDocument))
class Archive(Endpoint):
    """The months in which articles were published."""

    parameters = NAMES

    def document(
        self, path: str, asked: Asked, position: Position | None, edition: Edition
    ) -> dict[str, Any]:
        """Return a page of them, newest first."""
        found = api_queries.months()
        shown = portion(found, ("month",), asked, position, descending=True)
        told = [
            {"year": row["month"] // 100, "month": row["month"] % 100, "count": row["count"]}
            for row in shown.rows
        ]
        keys = [[row["month"]] for row in shown.rows]
        meta = meta_of(asked, edition, found.count)
        return envelope(path, asked, shown, keys, list(MonthDocument(told, many=True).data), meta)


@operation("site", "Read about the site", (), SiteDocument)
class SiteItself(Endpoint):
    """What every page says of the site."""

    def document(
        self, path: str, asked: Asked, position: Position | None, edition: Edition
    ) -> dict[str, Any]:
        """Return it."""
        return dict(SiteDocument(site()).data)
