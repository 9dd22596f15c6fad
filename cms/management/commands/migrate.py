"""Bring up every database of this process."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.core.management.commands import migrate


class Command(migrate.Command):
    """Django's own, for all databases that this role has unless one is named."""

    help = "Bring the tables of this process's databases up to date, or of one that is named."

    def add_arguments(self, parser: CommandParser) -> None:
        """Define the options: Django's, with no database in particular."""
        super().add_arguments(parser)
        parser.set_defaults(database=None)

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        """Return what the checks before it look at."""
        return super().get_check_kwargs(options) | {"databases": chosen(options)}

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate each."""
        for alias in chosen(options):
            super().handle(*args, **{**options, "database": alias})


def chosen(options: dict[str, Any]) -> list[str]:
    """Return which databases to migrate: the one that is named, or all that this process has."""
    own = [settings.PRIMARY if alias == "reader" else alias for alias in settings.ALIASES]
    return [options["database"]] if options["database"] else own
