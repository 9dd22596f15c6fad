"""Which database a model lives in: the app `reader` in `reader`, all else in `default`.

Where `reader` is a replica, what is written goes to the primary that it copies.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Model


class ContextRouter:
    """Keep the two contexts apart: no query and no relation crosses."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """Return the alias that holds this model."""
        return alias(model._meta.app_label)

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """Return the alias at which this model is written."""
        return written(model._meta.app_label)

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """Allow a relation within one context only."""
        return alias(one._meta.app_label) == alias(other._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Give each database the tables of its own context."""
        return db == written(app_label)


def alias(app_label: str) -> str:
    """Return the database alias of an app."""
    return "reader" if app_label == "reader" else "default"


def written(app_label: str) -> str:
    """Return the alias at which what an app has is written."""
    return settings.PRIMARY if app_label == "reader" else "default"
