"""Values within JSON-LD."""

from __future__ import annotations

import json
from typing import Any, Final

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# What could end the element, or mean something to HTML; and line ends to old parsers of JSON.
ESCAPES: Final = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


@register.filter
def json_ld(value: Any) -> SafeString:
    """Return a value as JSON that may stand in a script element."""
    return mark_safe(json.dumps(value, ensure_ascii=False).translate(ESCAPES))
