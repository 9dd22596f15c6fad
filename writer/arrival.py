"""Whether readers have what was announced of a post, in words for the people at the desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cms.events import Reach, asked
from writer.models import OutboxEvent, Post

# What an error's name tells an author. The name is all that is known here: readers' code raised it.
REASONS: Final = {
    "OperationalError": gettext_lazy("the readers’ database does not answer"),
    "InterfaceError": gettext_lazy("the readers’ database does not answer"),
    "ProgrammingError": gettext_lazy("the readers’ database lacks its tables"),
    "Unreachable": gettext_lazy("the stream that other machines follow does not answer"),
    "Declined": gettext_lazy("the stream that other machines follow does not take it"),
    "Unrenderable": gettext_lazy("the text cannot be made into a page"),
    "Nobody listens": gettext_lazy("this site has no readers’ side"),
    "The event cannot be read": gettext_lazy("it was announced by another version of this program"),
}
NAMED: Final = 5  # nodes that wait, at most
STEPS: Final = (  # s of one, and how so many are said
    (86_400, gettext_lazy("%d days")),
    (3600, gettext_lazy("%d h")),
    (60, gettext_lazy("%d min")),
    (1, gettext_lazy("%d s")),
)


def duration(span: timedelta) -> str:
    """Return how long that is, in one unit: 0.4 s, 12 s, 3 min, 5 h, 4 days."""
    seconds = span.total_seconds()
    if seconds < 0.1:
        return _("less than 0.1 s")
    if seconds < 10:
        return _("%.1f s") % seconds
    unit, words = next((unit, words) for unit, words in STEPS if seconds >= (2 * unit if unit > 1 else 1))
    return words % (seconds // unit)


def reason(error: str) -> str:
    """Return why a delivery failed: in words, and then as the program says it."""
    name, _colon, _detail = error.partition(":")
    return f"{REASONS.get(name, _('its page could not be made'))} ({error})"


def at(event: OutboxEvent) -> str:
    """Return when the event is tried next, on the clock of whoever looks."""
    return f"{timezone.localtime(event.next_attempt_at):%H:%M}"


def tried(event: OutboxEvent) -> str:
    """Return how often it was tried, and when it will be again."""
    times = ngettext("tried once", "tried %(times)d times", event.attempts) % {"times": event.attempts}
    return _("%(times)s, next try at %(at)s") % {"times": times, "at": at(event)}


def failing(event: OutboxEvent | None) -> bool:
    """Tell whether the event was tried and has not arrived."""
    return event is not None and event.delivered_at is None and event.attempts > 0


def reach(event: OutboxEvent | None) -> Reach | None:
    """Return which nodes have what has been delivered; None if there is no stream, or it is silent."""
    if event is None or event.delivered_at is None:
        return None
    answers = asked.send_robust(OutboxEvent, post_id=event.post_id)
    return next((found for _receiver, found in answers if isinstance(found, Reach)), None)


def on_nodes(found: Reach | None) -> list[str]:
    """Return in words which nodes know of it; nothing if that cannot be told."""
    if found is None:
        return []
    known = {"has": len(found.has), "all": len(found.has) + len(found.lacks)}
    if not known["all"]:
        return [_("no node follows the stream")]
    if not found.lacks:
        return [ngettext("known to its one node", "known to all %(all)d nodes", known["all"]) % known]
    names = ", ".join(found.lacks[:NAMED]) + (" …" if len(found.lacks) > NAMED else "")
    return [_("known to %(has)d of %(all)d nodes, not yet to %(names)s") % {**known, "names": names}]


def arrival(post: Post, state: str, event: OutboxEvent | None) -> list[str]:
    """Return the state of the post with how far its newest event has come, part by part."""
    if event and failing(event):
        why = {"reason": reason(event.last_error), "tried": tried(event)}
        return [_("✕ Failed to reach readers: %(reason)s, %(tried)s") % why, state]
    if event and event.delivered_at is None:
        return [state, _("Waiting to reach readers")]
    if event is None or event.delivered_at is None or post.live is None:
        return [state]
    took = duration(max(timedelta(0), event.delivered_at - event.occurred_at))
    known: dict[str, object] = {"state": state, "number": post.live.number, "took": took}
    if post.changed:
        return [state, _("readers see version %(number)d, %(took)s after publishing") % known]
    return [_("%(state)s, version %(number)d, %(took)s after publishing") % known]
