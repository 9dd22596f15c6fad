"""What somebody at the desk should know first: what needs him, what he writes, what comes, what went out.

A fixed number of queries, each answered from an index, whatever the blog holds. Changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from writer import permissions, queries, standing
from writer.admin_filters import MORE
from writer.models import Post, State
from writer.queries import Appointment

SHOWN: Final = 8  # posts of each sort
DAYS: Final = 14  # of the strip
A_DAY: Final = 3  # appointments of a day that are named
MOST: Final = 200  # appointments that are read
OVERDUE: Final = timedelta(minutes=2)  # the sweep runs every minute


class Day(NamedTuple):
    """A day of the strip."""

    day: date
    today: bool
    appointments: list[Appointment]  # the first
    more: int  # others


def first_page(user: User, *, now: datetime) -> dict[str, Any]:
    """Return what the first page shows this user. At most eight queries."""
    all_posts = Post.objects.defer("body", "summary")
    own = all_posts.filter(permissions.own(user))
    posts = (
        all_posts if permissions.sees_all(user) else own if permissions.sees_own(user) else all_posts.none()
    )
    coming = queries.appointments(until=now + timedelta(days=DAYS), at_most=MOST, posts=posts)
    reviewed = posts.filter(MORE["review"], trashed_at=None).order_by("review_asked_at", "pk")
    return {
        "failed": shown(posts.filter(MORE["failed"], trashed_at=None).order_by("edited_at", "pk")),
        "overdue": [each for each in coming if each.at <= now - OVERDUE and not each.refusal],
        "drafts": shown(own.in_state(State.DRAFT).filter(review_asked_at=None)),
        "changed": shown(own.in_state(State.CHANGED)),
        "review": shown(standing.with_first_author(reviewed)),
        "days": days([each for each in coming if each.at > now - OVERDUE], now=now),
        "recent": shown(posts.live().order_by("-updated_at", "-pk")),
        "at_most": SHOWN,
        "may_write": permissions.may_write(user),
        "may_see": permissions.sees_all(user) or permissions.sees_own(user),
        "may_review": user.has_perm("writer.publish_post"),
    }


def shown(posts: QuerySet[Post]) -> list[dict[str, Any]]:
    """Return the first of these posts, each with its state in words."""
    rows = standing.with_arrival(posts)[:SHOWN]
    return [{"post": post, "state": standing.for_readers(post)} for post in rows]


def days(coming: list[Appointment], *, now: datetime) -> list[Day]:
    """Return the days to come, on the site's clock, each with its appointments; none if there are none."""
    today, by_day = timezone.localdate(now), defaultdict(list)
    for appointment in coming:
        by_day[max(today, timezone.localdate(appointment.at))].append(appointment)
    return [
        Day(day, day == today, by_day[day][:A_DAY], max(0, len(by_day[day]) - A_DAY))
        for day in (today + timedelta(days=number) for number in range(DAYS))
        if coming
    ]
