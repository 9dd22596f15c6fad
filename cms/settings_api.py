"""Settings of the API, which knows nobody and answers in one form."""

from __future__ import annotations

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["cms.throttling.PerAddress"],
    "EXCEPTION_HANDLER": "reader.problems.on_exception",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "The public posts of this blog",
    "DESCRIPTION": "Everything that readers get, as JSON. Read-only, without a login. What does not fit is "
    "refused in a sentence that says why. Pages are followed by `next` until it is null.",
    "VERSION": "1",
    "SERVERS": [{"url": "/"}],
    "SORT_OPERATIONS": False,  # as a person would read them
    "SORT_OPERATION_PARAMETERS": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "reader.api_schema.tidy",
    ],
}
