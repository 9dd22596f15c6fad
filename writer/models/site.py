"""The site itself, as it is described at the desk."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from cms.events import NAVIGATION, PER_PAGE


def site_name() -> str:
    """Return the name that the site has before anybody gives it one."""
    return settings.SITE_NAME


def navigation() -> list[dict[str, Any]]:
    """Return the links that the site has before anybody chooses some."""
    return [{"label": link.label, "url": link.url} for link in NAVIGATION]


class SiteSettings(models.Model):
    """One row: what every page says of the site. Without it, the settings of the installation hold."""

    name = models.CharField(_("name"), max_length=100, default=site_name)
    tagline = models.CharField(
        _("tagline"),
        max_length=200,
        blank=True,
        help_text=_("A few words beside the name; search engines show them for the home page."),
    )
    logo = models.CharField(
        _("logo"),
        max_length=200,
        blank=True,
        help_text=_("A picture that stands before the name, by its path: /media/…"),
    )
    navigation = models.JSONField(default=navigation, blank=True)  # of {label, url}
    social = models.JSONField(default=list, blank=True)  # of {label, url}
    per_page = models.PositiveSmallIntegerField(
        _("posts per page"),
        default=PER_PAGE,
        validators=[MinValueValidator(5), MaxValueValidator(50)],
        help_text=_("On the home page and on those of tags: 5 to 50."),
    )
    footer = models.TextField(
        _("footer"), max_length=5000, blank=True, help_text=_("Markdown, at the foot of every page.")
    )
    version = models.BigIntegerField(default=0, editable=False)  # of the newest event; µs, see writer.outbox
    digest = models.CharField(max_length=64, editable=False)  # of the newest event

    class Meta:
        verbose_name = verbose_name_plural = _("site settings")

    def __str__(self) -> str:
        return str(self._meta.verbose_name).capitalize()  # the heading of its page
