"""What a browser may do with an answer of this site. Every answer bears it, errors and files too."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from csp.constants import NONE, SELF
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponseBase

Directives = dict[str, list[str]]

# What readers get: files of the site, and pictures from wherever an author took them.
PAGES: Final[Directives] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "http:", "https:"],
    "connect-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}
# What authors get: files of the site, and nothing that stands in a page itself.
DESK: Final[Directives] = {
    **PAGES,
    "img-src": [
        SELF,
        "data:",
        "blob:",
    ],  # data: the admin's icons; blob: a picture on its way up
    "font-src": [SELF],
    "frame-src": [SELF],
}
UNUSED: Final = (  # what no page of the site asks a browser for, and so nothing in one may
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
PERMISSIONS: Final = ", ".join(f"{feature}=()" for feature in UNUSED)


class Policies(CSPMiddleware):
    """Give every answer its policies, unless its view has set a Content-Security-Policy."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Return the answer with its policies."""
        response.headers["Permissions-Policy"] = PERMISSIONS
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the directives for what was asked for."""
        if report_only:
            return super().get_policy_parts(request, response, report_only)
        return parts(DESK if request.path_info.startswith("/admin/") else PAGES)


def parts(directives: Directives) -> PolicyParts:
    """Return the directives as an update of none, which keeps their order.

    The others go through a set, so that each web process would write them in an order of its own.
    """
    return PolicyParts(config={}, update=directives)


def policy(directives: Directives) -> str:
    """Return the header for these directives."""
    return build_policy(**asdict(parts(directives)))
