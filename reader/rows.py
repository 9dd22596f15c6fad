"""Rows of the read side: how one is written that bears a version, and when two say the same."""

from __future__ import annotations

from typing import Any, Final

from django.db import IntegrityError, models, router, transaction
from django.db.models import Q

ANY: Final = Q()


def put(row: models.Model, *, equal: Q = ANY) -> bool:
    """Write the row unless a newer version of it is there; tell whether it was written.

    Of the same version, one that is there is written over if it is such as `equal` says.
    What is rewritten takes one statement, what is new a second one. Whoever inserts at the same time as
    another process waits for that, and then finds the version to compare with.
    """
    primary: Any = type(row)._default_manager.using(router.db_for_write(type(row)))  # a replica lags
    fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    values = {name: getattr(row, name) for name in fields}
    version = values["version"]
    not_newer = primary.filter(Q(version__lt=version) | Q(equal, version=version), pk=row.pk)
    if not_newer.update(**values):
        return True
    try:
        with transaction.atomic(using=primary.db):
            row.save(force_insert=True, using=primary.db)
    except IntegrityError:
        if not primary.filter(pk=row.pk).exists():
            raise  # no other was faster: the row itself cannot be stored
        return bool(not_newer.update(**values))
    return True


def same(stored: models.Model | None, made: models.Model | None) -> bool:
    """Tell whether two rows hold the same values, or there is neither."""
    if stored is None or made is None:
        return stored is made
    return all(
        plain(getattr(stored, field.attname)) == plain(getattr(made, field.attname))
        for field in made._meta.concrete_fields
    )


def plain(value: object) -> object:
    """Return a value as it can be compared: PostgreSQL hands out bytes as a memoryview."""
    return bytes(value) if isinstance(value, memoryview) else value
