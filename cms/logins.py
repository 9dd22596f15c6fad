"""Who tries passwords is made to wait. django-axes counts; this says who somebody is, and what he is told."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _


def origin(request: HttpRequest) -> str | None:
    """Return the address that a request comes from; None if nobody knows it.

    Each proxy adds to the end of X-Forwarded-For whom it was called by. So what the site's own have
    added counts, NUM_PROXIES from the end; whatever stands before is a claim of the client. Of IPv6
    the first 64 bits are told: the others are the client's own to choose.
    """
    claims = request.headers.get("X-Forwarded-For", "").split(",")
    trusted = claims[-min(settings.NUM_PROXIES, len(claims))] if settings.NUM_PROXIES else ""
    for claim in (trusted.strip(), request.META.get("REMOTE_ADDR") or ""):
        try:
            address = ip_address(claim)
        except ValueError:
            continue
        if not isinstance(address, IPv6Address):
            return str(address)
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), 64), strict=False).network_address)
    return None


def made_to_wait(
    request: HttpRequest, response: TemplateResponse, credentials: dict[str, Any] | None
) -> TemplateResponse:
    """Return the page of the form that was sent, with all that was typed, and what to do."""
    pause: timedelta = settings.AXES_COOLOFF_TIME
    assert response.context_data is not None
    form = response.context_data["form"]
    form.errors.clear()
    form.add_error(
        None,
        _(
            "There were too many wrong passwords from where you are. Wait %d minutes, then try again; "
            "until then the right one is not accepted either. If you have forgotten it, ask an "
            "administrator for a new one."
        )
        % (pause.total_seconds() // 60),
    )
    response.status_code = HTTPStatus.TOO_MANY_REQUESTS
    response["Retry-After"] = str(int(pause.total_seconds()))
    response.content = response.rendered_content.encode()
    return response
