"""System checks: what must hold before the site may start."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from cms import markup

HOSTILE = """\
[link](javascript:alert(1)) and <img src=x onerror=alert(1)>

<script>alert(1)</script> <svg onload=alert(1)></svg> <a href="data:text/html,x" style="color:red">a</a>
"""
NEVER = ("<script", "javascript:", "onerror", "onload", "<svg", "data:", "style=")


@register()
def sanitiser_works(**kwargs: Any) -> list[CheckMessage]:
    """Try the sanitiser on what it must never let through."""
    html = markup.render(HOSTILE).html
    left = [mark for mark in NEVER if mark in html]
    if not left:
        return []
    return [
        Error(
            f"The sanitiser lets through: {', '.join(left)}.",
            hint="Reinstall what requirements.txt names; do not publish until this is gone.",
            id="imprint.E001",
        )
    ]
