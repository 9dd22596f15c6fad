"""What the web server loads."""

import os
from typing import Any, Final

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings")

django.setup(set_prefix=False)

from cms.age import Aged  # noqa: E402  models can be loaded now
from cms.middleware import cannot_be_stored  # noqa: E402
from reader import front  # noqa: E402
from reader.wsgi import Pages  # noqa: E402


class Request(WSGIRequest):
    """A request in UTF-8, whatever charset its Content-Type names.

    Django believes it: some make lone surrogates of a query or a form, and what is no encoding of text
    (hex, rot13, idna) raises here, before any middleware could answer.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        try:
            self.content_type, given = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
        except (LookupError, ValueError):
            self.content_type, given = "", {}
        self.content_params = {name: value for name, value in given.items() if name != "charset"}


class Handler(WSGIHandler):
    """Django's handler, with requests of that kind."""

    request_class = Request


front.begin()
pages = Handler() if settings.ROLE == "writer" else Pages(Handler(), refuses=cannot_be_stored)
application: Final = Aged(pages) if settings.ROLE == "reader" and settings.EVENTS_URL else pages
