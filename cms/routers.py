"""Which database a model lives in: the app `reader` in `reader`, all else in `default`."""

from __future__ import annotations

from typing import Any

from django.db.models import Model


class ContextRouter:
    """Keep the two contexts apart: no query and no relation crosses."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        """Return the alias that holds this model."""
        return alias(model._meta.app_label)

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        """Allow a relation within one context only."""
        return alias(one._meta.app_label) == alias(other._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Give each database the tables of its own context."""
        return db == alias(app_label)


def alias(app_label: str) -> str:
    """Return the database alias of an app."""
    return "reader" if app_label == "reader" else "default"
