"""The number of the present state of the read side, and at which number each article changed last.

Only `reader.projector` raises it and notes changes.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.utils import timezone


class Edition(models.Model):
    """One row: the number of the present state of the whole read side, raised by every projection."""

    history = models.UUIDField(default=uuid4)  # what the numbers count; made anew, they count another one
    number = models.BigIntegerField(default=1)
    raised_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.number)


class Change(models.Model):
    """At which edition an article that lists have ever named was projected last. No other has such a row.

    What was never named must not be named as gone either. Numbers commit in their order, as the row
    of the edition is locked when they are taken: who has seen one will find no lower one later.
    """

    post_id = models.UUIDField(primary_key=True)
    edition = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["edition", "post_id"], name="change_in_order")]

    def __str__(self) -> str:
        return f"{self.post_id} at {self.edition}"
