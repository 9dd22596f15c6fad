"""Whether readers get what writers published, in sentences."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cms.figures import LAG, UNCHECKED, Figures
from cms.models import Reconciliation
from cms.report import ExitCode
from writer.arrival import duration


class Verdict(NamedTuple):
    """What the Sync page says first."""

    well: bool
    headline: str
    more: list[str]


def verdict(figures: Figures, *, readable: bool) -> Verdict:
    """Return what there is to say; `readable` tells whether the reader's database answers."""
    found = [*undelivered(figures, readable=readable), *unproved(figures)]
    late = unkept(figures)
    checked = [checks(figures, figures.good)] if figures.good else []
    if found:
        return Verdict(False, found[0], [*found[1:], *late, *checked])
    if late:
        first = _("Readers have everything that was published, but not all is in order.")
        return Verdict(False, first, [*late, *checked])
    if pending := figures.backlog.pending:
        words = ngettext(
            "Readers have everything that was published, but for %d change on its way.",
            "Readers have everything that was published, but for %d changes on their way.",
            pending,
        )
        return Verdict(True, words % pending, checked)
    return Verdict(True, _("Readers have everything that was published."), checked)


def undelivered(figures: Figures, *, readable: bool) -> list[str]:
    """Return what has not reached readers though it should have."""
    said = []
    if not readable:
        said.append(_("Readers get no pages: their database does not answer."))
    if figures.backlog.failing or figures.lag > LAG:
        pending = figures.backlog.pending
        words = ngettext(
            "%(count)d published change has not reached readers, for %(lag)s.",
            "%(count)d published changes have not reached readers, the oldest for %(lag)s.",
            pending,
        )
        said.append(words % {"count": pending, "lag": duration(figures.lag)})
    return said


def unkept(figures: Figures) -> list[str]:
    """Return what is late by the clock, and whether there is somebody who keeps it."""
    said = []
    if figures.overdue:
        words = ngettext("%d scheduled post is overdue.", "%d scheduled posts are overdue.", figures.overdue)
        said.append(words % figures.overdue)
    if figures.silence is None:
        said.append(_("The worker has never shown itself: what is scheduled or failed waits for it."))
    elif not figures.working:
        words = _("The worker has not shown itself for %s: what is scheduled or failed waits for it.")
        said.append(words % duration(figures.silence))
    return said


def unproved(figures: Figures) -> list[str]:
    """Return why it is not known whether the two sides agree."""
    last = figures.last
    if last and last.exit_code == ExitCode.REFUSED:
        words = _("Readers may get something else than was published: reconcile repaired nothing.")
        return [words, last.refusal]
    if last and last.exit_code == ExitCode.DRIFT_REMAINS:
        left = sum(last.found.values()) - last.repaired
        words = ngettext(
            "%d post differs between writers and readers and could not be repaired.",
            "%d posts differ between writers and readers and could not be repaired.",
            left,
        )
        return [words % left]
    if figures.unchecked is None:
        return [_("Nobody has checked yet whether readers have everything that was published.")]
    if figures.unchecked > UNCHECKED:
        return [_("Nobody has checked for %s whether readers have everything.") % duration(figures.unchecked)]
    return []


def checks(figures: Figures, run: Reconciliation) -> str:
    """Return what the last good run proved, and when."""
    age = figures.age(run.finished_at)
    words = ngettext("%d post", "%d posts", run.compared) % run.compared
    known = {"age": duration(age) if age else "", "posts": words, "drift": drift(run)}
    return _("Checked %(age)s ago: %(posts)s, %(drift)s.") % known


def drift(run: Reconciliation) -> str:
    """Return what a run found and what became of it."""
    total = sum(run.found.values())
    if not total:
        return _("no drift")
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(run.found.items()))
    if run.repaired == total:
        return _("%s, all repaired") % kinds
    return _("%(kinds)s, %(repaired)d repaired") % {"kinds": kinds, "repaired": run.repaired}
