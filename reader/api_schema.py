"""What the API says of itself, as OpenAPI 3.1."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.views import APIView

from reader.api_parameters import SLUG, Parameter
from reader.problems import DETAILS, TYPE

# Two threads would disturb each other as the library loads its extensions: one of them answered 500.
GENERATING: Final = threading.Lock()
KEY: Final = OpenApiParameter(
    "key",
    {"type": "string", "pattern": SLUG, "minLength": 1, "maxLength": 200},
    OpenApiParameter.PATH,
    description="The article's id, or its slug.",
)
KNOWN: Final = OpenApiParameter(
    "If-None-Match",
    {"type": "string"},
    OpenApiParameter.HEADER,
    description="The ETag of an answer that you have: 304 says that it still holds.",
)
TAG: Final = OpenApiParameter(
    "ETag",
    {"type": "string"},
    OpenApiParameter.HEADER,
    required=True,
    response=[200, 304],
    description="By which the answer is known; another one for another answer.",
)
WAIT: Final = OpenApiParameter(
    "Retry-After",
    {"type": "integer", "minimum": 1},
    OpenApiParameter.HEADER,
    required=True,
    response=[429, 503],
    description="Seconds.",
)
ALWAYS: Final = (400, 406, 429, 500, 503)
ALWAYS_THERE: Final = {  # of documents whose other members depend on what is asked
    "ArticleDocument": ["id"],
    "HitDocument": ["id", "matched"],
    "ChangeDocument": ["edition", "id", "kind"],
}


class Fault(serializers.Serializer):
    """A parameter that does not fit."""

    parameter = serializers.CharField(help_text="Empty: the query as a whole.")
    detail = serializers.CharField()


class Problem(serializers.Serializer):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What happened, and what to do.")
    errors = Fault(many=True, required=False, help_text="Every parameter that does not fit.")


class Meta(serializers.Serializer):
    """What is said of a page."""

    limit = serializers.IntegerField()
    edition = serializers.IntegerField(help_text="Of the site: whatever is published raises it.")
    count = serializers.IntegerField(required=False, help_text="Of all results, if it was asked for.")
    more = serializers.BooleanField(required=False, help_text="There may be more than were counted.")


class SearchMeta(Meta):
    """What is said of a page of results."""

    meant = serializers.CharField(help_text="What would find others; mostly empty.")
    instead = serializers.CharField(help_text="Nothing was found: these are the results for this.")
    partly = serializers.BooleanField(help_text="No article has all the words; these have some.")


class ChangesMeta(Meta):
    """What is said of a page of changes."""

    cursor = serializers.CharField(
        allow_null=True, help_text="Where to go on, also behind the last page; null: nothing ever changed."
    )


def page_of(results: type[serializers.Serializer], meta: type[serializers.Serializer] = Meta) -> Any:
    """Return the shape of a page of results."""
    name = results.__name__.removesuffix("Document")
    return inline_serializer(
        f"{name}Page",
        {
            "results": results(many=True),
            "next": serializers.CharField(allow_null=True, help_text="The address of the next page."),
            "previous": serializers.CharField(allow_null=True, help_text="Of the page before."),
            "meta": meta(),
        },
    )


def operation(
    name: str,
    summary: str,
    parameters: tuple[Parameter, ...],
    answer: Any,
    *more: OpenApiParameter,
    also: tuple[int, ...] = (),
) -> Callable[[type[APIView]], type[APIView]]:
    """Return what describes an endpoint: what can be asked, and all that may be answered."""
    responses: dict[Any, Any] = {200: answer}
    if 301 in also:
        responses[301] = OpenApiResponse(description="The article has another slug now.")
    responses[304] = OpenApiResponse(description="You have it already.")
    for status in sorted({*ALWAYS, *also} - {301}):
        responses[status, TYPE] = OpenApiResponse(Problem, description=DETAILS[status])

    def describe(endpoint: type[APIView]) -> type[APIView]:
        said = extend_schema(
            operation_id=name,
            summary=summary,
            description=inspect.getdoc(endpoint),
            parameters=[*map(documented, parameters), *more, KNOWN, TAG, WAIT],
            responses=responses,
            tags=["Reading"],
        )
        return extend_schema_view(get=said)(endpoint)

    return describe


def documented(parameter: Parameter) -> OpenApiParameter:
    """Return a parameter as OpenAPI says it."""
    schema = parameter.schema
    if parameter.repeated:
        schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": 20}
    return OpenApiParameter(
        parameter.name,
        schema,
        description=parameter.means,
        required=parameter.required,
        style="form" if "items" in schema else None,
        explode=parameter.repeated if "items" in schema else None,
    )


def tidy(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Say only what matters: nothing can be written, and of an article only its id is always there."""
    schemas = result["components"]["schemas"]
    for schema in schemas.values():
        for said in schema.get("properties", {}).values():
            said.pop("readOnly", None)
    for name, always in ALWAYS_THERE.items():
        schemas[name]["required"] = always
    return result


def openapi() -> dict[str, Any]:
    """Return the description of the API, which the first request makes."""
    with GENERATING:
        return generated()


@lru_cache(maxsize=1)
def generated() -> dict[str, Any]:
    """Return what `openapi` does. One thread at a time may ask."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return schema
