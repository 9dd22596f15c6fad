"""The sweeps that the queue runs. Each needs no argument, may run twice, and may not run at all."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ, Schedule
from django_q.tasks import async_task

from cms.broker import Declined, Unreachable
from cms.completeness import is_marked
from cms.lease import Held, lease, seen
from cms.reconcile import reconcile as reconcile_now
from cms.refill import refill
from reader import front, keeping
from writer import commands, delivery

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(days=1)  # that a list of a past edition may lie in the reader's database
EVERY: Final = {
    "relay": 1,
    "publish_due": 1,
    "renditions": 1,
    "reconcile": 10,
    "empty_trash": 1440,
}  # minutes


def relay() -> None:
    """Deliver what the requests left behind, and let the front know of what it was not told."""
    try:
        with lease("relay"):
            arrived, failed = delivery.relay(now=timezone.now())
            front.follow()
    except Held:
        return
    if arrived or failed:
        logger.info("relay: %d events delivered, %d failed.", arrived, failed)
    if settings.EVENTS_URL:
        complete_the_stream()


def complete_the_stream() -> None:
    """Give the stream what it lacks if it was just made: new nodes wait for that."""
    try:
        if is_marked():
            return
    except (Unreachable, Declined):
        return  # what is on its way says so
    compare_with_the_stream()


def publish_due() -> None:
    """Keep the appointments that are due. Needs no lease: each is taken by one statement."""
    published, withdrawn, refused = commands.publish_due(now=timezone.now())
    seen("publish_due")
    if published or withdrawn or refused:
        logger.info("publish_due: %d published, %d withdrawn, %d refused.", published, withdrawn, refused)


def renditions() -> None:
    """Take up pictures that lie in their folder unknown, and make the smaller versions that are missing."""
    try:
        with lease("renditions") as renew:
            new = commands.register_pictures(at_most=500)
            # one picture takes seconds, and the queue ends a task after 120
            made, failed = commands.make_renditions(now=timezone.now(), seconds=60, renew=renew)
    except Held:
        return
    if new or made or failed:
        logger.info("renditions: %d pictures registered, %d made smaller, %d failed.", new, made, failed)


def empty_trash() -> None:
    """Delete for ever what has lain in the trash for 30 days; what is left of it, a day later."""
    now = timezone.now()
    try:
        with lease("empty_trash") as renew:  # the queue ends a task after 120 s
            before = now - commands.KEPT
            deleted, failed = commands.empty_trash(before=before, now=now, seconds=90, renew=renew)
    except Held:
        return
    if deleted or failed:
        logger.info("empty_trash: %d posts deleted for ever, %d failed.", deleted, failed)


def reconcile(*, deep: bool = False) -> None:
    """Compare the writer with this machine's readers and with the stream, and repair what differs."""
    if settings.PROJECTS:
        reconcile_readers(deep=deep, seconds=50 if settings.EVENTS_URL else 90)
    if settings.EVENTS_URL:
        compare_with_the_stream()
    if not settings.PROJECTS and not settings.EVENTS_URL:
        logger.info("reconcile: there is no reader's database here to compare with, and no stream.")


def compare_with_the_stream() -> None:
    """Give the stream what it lacks."""
    report = refill(seconds=40)  # the queue ends a task after 120
    if report.exit_code:
        logger.warning("%s", report)


def reconcile_readers(*, deep: bool, seconds: float) -> None:
    """Compare both sides and repair what differs, under a lease of its own; forget lists of long ago."""
    report = reconcile_now(deep=deep, seconds=seconds)
    if report.exit_code:
        logger.warning("%s", report)
    if forgotten := keeping.forget(before=timezone.now() - KEPT):
        logger.info("reconcile: %d pages of past editions forgotten.", forgotten)


def enqueue_reconcile(*, deep: bool) -> bool:
    """Have the worker reconcile as soon as it can; tell whether it was asked, and not before already."""
    if reconcile_is_queued():
        return False
    async_task("cms.schedule.reconcile", deep=deep)
    return True


def reconcile_is_queued() -> bool:
    """Tell whether a run waits for the worker, or was taken by it so lately that it may be going on."""
    now = timezone.now()
    patience = timedelta(seconds=Conf.RETRY - Conf.TIMEOUT)
    fresh = OrmQ.objects.filter(Q(lock__lte=now) | Q(lock__gt=now + patience))
    return any(task.func() == "cms.schedule.reconcile" for task in fresh[:50])


def register() -> None:
    """Register each sweep with the queue, once. The name is no key there, so doubles are removed."""
    for name, minutes in EVERY.items():
        doubles = Schedule.objects.filter(name=name).order_by("pk").values_list("pk", flat=True)[1:]
        Schedule.objects.filter(pk__in=list(doubles)).delete()
        Schedule.objects.update_or_create(
            name=name,
            defaults={
                "func": f"cms.schedule.{name}",
                "schedule_type": Schedule.MINUTES,
                "minutes": minutes,
                "repeats": -1,
            },
        )
