"""What a process of one role is asked for in vain."""

from __future__ import annotations

import sys
from typing import Final

from django.conf import settings

WRITERS: Final = frozenset(  # commands that need the writer's database
    {
        *("backup", "demo", "empty_trash", "import_posts", "parity", "publish_due"),
        *("relay", "renditions", "restore", "start", "edge", "worker"),
        *("createsuperuser", "changepassword", "qcluster", "axes_list_attempts", "axes_reset"),
    }
)
WHOLE: Final = frozenset({"parity"})  # that ask for pages, too


def refuse_what_is_for_others(command: list[str]) -> None:
    """End with 2 and a sentence if the command (none, or one) makes no sense in this role.

    Before it is loaded, which a reader could not do: there is no writer to import.
    """
    for name in command:
        if settings.ROLE == "reader" and name in WRITERS:
            refuse(
                f"{name} is for the writer, and this is a reader (CMS_ROLE). Run it where the writer runs."
            )
        if settings.ROLE == "writer" and name in WHOLE:
            refuse(f"{name} asks for pages, which a writer (CMS_ROLE) does not serve.")


def refuse(sentence: str) -> None:
    """Say so, and end."""
    sys.stderr.write(sentence + "\n")
    sys.exit(2)
