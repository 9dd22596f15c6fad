"""Who gives a command at the desk, and when."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone


class Signed(TypedDict):
    """What every command is given beside its own arguments."""

    actor: User
    now: datetime


def signed(request: HttpRequest) -> Signed:
    """Return who gives the command, and when."""
    assert isinstance(request.user, User)  # the admin lets nobody else in
    return {"actor": request.user, "now": timezone.now()}
