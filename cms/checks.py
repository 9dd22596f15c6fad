"""System checks: what must hold before the site may start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

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


@register(Tags.security, deploy=True)
def proxies_are_counted(**kwargs: Any) -> list[CheckMessage]:
    """Mind a site behind a proxy that takes all readers for one, since all come from the proxy's address."""
    if settings.NUM_PROXIES or not settings.HTTPS:
        return []
    return [
        Warning(
            "SITE_URL is https, so there is a proxy, but NUM_PROXIES is 0: all come from one address.",
            hint="Let it add to X-Forwarded-For, and say how many proxies there are (docs/operations.md).",
            id="imprint.W001",
        )
    ]
