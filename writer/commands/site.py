"""Commands on the site itself: what every page says of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from cms import markup
from writer import outbox
from writer.commands.checks import checked_links, checked_picture, checked_text
from writer.commands.publishing import name_of
from writer.commands.revisions import take_turn
from writer.models import SiteSettings
from writer.refusals import Refused

SITE: Final = 1  # the id of the one row
FEWEST, MOST = 5, 50  # posts on a page


@transaction.atomic
def describe_site(
    *,
    name: str,
    tagline: str,
    logo: str,
    navigation: Iterable[tuple[str, str]],
    social: Iterable[tuple[str, str]],
    per_page: int,
    footer: str,
    actor: User | None,
    now: datetime,
) -> None:
    """Say anew what every page says of the site. Links are pairs of label and address.

    Raise Refused for what cannot be kept or shown.
    """
    take_turn()
    name = checked_text(" ".join(name.split()), longest=100, named=_("name"))
    if not name:
        raise Refused(_("A site needs a name."))
    if not FEWEST <= per_page <= MOST:
        raise Refused(_("A page has %(fewest)d to %(most)d posts.") % {"fewest": FEWEST, "most": MOST})
    site = SiteSettings.objects.filter(pk=SITE).first() or SiteSettings(pk=SITE)
    site.name = name
    site.tagline = checked_text(" ".join(tagline.split()), longest=200, named=_("tagline"))
    site.logo = checked_picture(logo)
    site.navigation = checked_links(navigation, within=True)
    site.social = checked_links(social, within=False)
    site.per_page = per_page
    site.footer = checked_footer(footer)
    outbox.announce_site(site, actor=name_of(actor), now=now)


@transaction.atomic
def announce_site_again(*, above: int = 0, now: datetime) -> None:
    """Tell the reader anew what pages say of the site, under a version that is new and above that one."""
    take_turn()
    site = SiteSettings.objects.get(pk=SITE)
    site.version = max(site.version, above)
    outbox.announce_site(site, actor="", now=now)


def checked_footer(footer: str) -> str:
    """Return the footer as it is kept. Raise Refused if it cannot be shown."""
    footer = checked_text(footer, longest=5000, named=_("footer"))
    try:
        markup.render(footer)
    except markup.Unrenderable as error:
        raise Refused(str(error)) from error
    return footer
