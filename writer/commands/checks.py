"""What commands check of what they are given. Each returns it as it is kept, or raises Refused in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from cms.documents import storable
from writer.refusals import Refused

WEB: Final = URLValidator(schemes=["http", "https"])
MAIL: Final = re.compile(r"mailto:[^\s@?]+@[^\s@?]+")
PICTURE: Final = re.compile(r"/media(/[^\s/?#\\\x00-\x1f\x7f]+)+")
WITHIN: Final = re.compile(r"/(?![/\\])[^\s\\\x00-\x1f\x7f]*")  # a path of this site
MANY: Final = 20  # links of one kind, more than any page shows


def checked_text(text: str, *, longest: int, named: str) -> str:
    """Return the text in NFC."""
    text = unicodedata.normalize("NFC", text)
    if not storable(text):
        raise Refused(_("The %s holds a character that cannot be stored (NUL or half an emoji).") % named)
    if len(text) > longest:
        raise Refused(
            _("The %(field)s has %(length)s characters; at most %(longest)s fit.")
            % {"field": named, "length": f"{len(text):,}", "longest": f"{longest:,}"}
        )
    return text


def checked_url(url: str) -> str:
    """Return an absolute web address, or nothing for nothing."""
    url = checked_text(url.strip(), longest=500, named=_("web address"))
    if url and not is_web(url):
        raise Refused(_("“%s” is no full web address. Write it as https://example.org/a-page.") % url[:100])
    return url


def checked_picture(path: str) -> str:
    """Return the path of a picture of this site, or nothing for nothing."""
    path = checked_text(path.strip(), longest=200, named=_("path of the picture"))
    if path and (not PICTURE.fullmatch(path) or "/../" in path or "/./" in path):
        raise Refused(_("“%s” is no picture of this site. Its path begins with /media/.") % path[:100])
    return path


def checked_links(links: Iterable[tuple[str, str]], *, within: bool) -> list[dict[str, str]]:
    """Return links as they are stored. To paths of this site only if `within` says so, else to mail too."""
    found = [checked_link(label, url, within=within) for label, url in links]
    if len(found) > MANY:
        raise Refused(
            _("These are %(count)d links; at most %(most)d fit.") % {"count": len(found), "most": MANY}
        )
    return found


def checked_link(label: str, url: str, *, within: bool) -> dict[str, str]:
    """Return one link as it is stored."""
    label = checked_text(" ".join(label.split()), longest=60, named=_("label of a link"))
    url = checked_text(url.strip(), longest=500, named=_("web address"))
    if not label:
        raise Refused(_("The link to %s has no label.") % url[:100])
    if not is_web(url) and not (WITHIN if within else MAIL).fullmatch(url):
        wanted = _("/a/path/ of this site or https://…") if within else _("https://… or mailto:…")
        raise Refused(
            _("“%(label)s” leads to “%(url)s”. Write its address as %(wanted)s.")
            % {"label": label, "url": url[:100], "wanted": wanted}
        )
    return {"label": label, "url": url}


def is_web(url: str) -> bool:
    """Tell whether it is an absolute web address."""
    try:
        WEB(url)
    except ValidationError:
        return False
    return True
