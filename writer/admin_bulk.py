"""What can be done to several posts at once: for each post one command, and one report of them all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from writer import commands
from writer.bulk_forms import BulkSchedule, BulkTags
from writer.clocks import home_zone
from writer.models import Post
from writer.name_lists import names
from writer.permissions import Right, may_edit, may_publish, may_see
from writer.refusals import Refused
from writer.signed import Signed, signed

MOST: Final = 100  # posts at once: some seconds of publishing
REASONS: Final = 8  # that a report tells, with
TITLES: Final = 3  # posts for each

Order = Callable[[Post], None]  # gives the command for one post


@dataclass
class Report:
    """What became of the posts that were chosen."""

    done: int = 0
    refused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))  # why → titles

    def tell(self, request: HttpRequest, *, done: str, undone: str) -> None:
        """Say what was done, and what was not: a screenful at most, however many posts there are."""
        if self.done and done:
            messages.success(request, done % self.done)
        if not self.refused:
            return
        reasons = sorted(self.refused.items(), key=lambda refusal: -len(refusal[1]))
        lines = [(why, in_short(titles)) for why, titles in reasons[:REASONS]]
        if rest := sum(len(titles) for _why, titles in reasons[REASONS:]):
            lines.append((_("For other reasons"), _("%d posts") % rest))
        said = undone % sum(len(titles) for titles in self.refused.values())
        listed = format_html_join("", "<li>{} <span>{}</span></li>", lines)
        messages.error(request, format_html("{}<ul>{}</ul>", said, listed))


def in_short(titles: list[str]) -> str:
    """Return some of the titles, and how many there are besides."""
    shown = ", ".join(f"“{title}”" for title in titles[:TITLES])
    rest = len(titles) - TITLES
    return _("%(titles)s and %(count)d more") % {"titles": shown, "count": rest} if rest > 0 else shown


def each(user: User, chosen: QuerySet[Post], order: Order, right: Right) -> Report:
    """Give the order for each post on which the user may do so."""
    report, posts = Report(), Post.objects.defer("body", "summary")
    for read in chosen.defer("body", "summary"):
        post = posts.filter(pk=read.pk).first() or read  # as it is when its turn comes
        try:
            if not right(user, post):
                raise Refused(_("You may not do this with these posts."))
            order(post)
            report.done += 1
        except Refused as refusal:
            seen = may_see(user, post)  # of what he may not see, not even the title is told
            report.refused[str(refusal)].append(str(post) if seen else _("somebody else's"))
    return report


def at_once(
    name: str, words: Any, command: Callable[..., Any], right: Right, *, done: Any, undone: Any
) -> Callable[..., None]:
    """Return an action of the list that gives one command for each post that was chosen."""

    @admin.action(description=words, permissions=["publish" if right is may_publish else "change"])
    def action(model_admin: Any, request: HttpRequest, chosen: QuerySet[Post]) -> None:
        give = signed(request)
        report = each(give["actor"], chosen, lambda post: command(post.pk, **give), right)
        report.tell(request, done=done, undone=undone)

    action.__name__ = name
    return action


@admin.action(description=gettext_lazy("Schedule…"), permissions=["publish"])
def schedule(model_admin: Any, request: HttpRequest, chosen: QuerySet[Post]) -> HttpResponse | None:
    """Ask when, and schedule each post for then."""
    give = signed(request)
    here = {"zone": home_zone(give["actor"])}
    form = BulkSchedule(request.POST if "apply" in request.POST else None, initial=here)
    if not form.is_valid():
        return ask(model_admin, request, chosen, form, title=_("When shall they be published?"))
    typed = form.cleaned_data
    order = partial(schedule_one, publish_at=typed["publish_on"], zone=typed["zone"], give=give)
    report = each(give["actor"], chosen, order, may_publish)
    report.tell(request, done=_("%d scheduled."), undone=_("%d not scheduled:"))
    return None


def schedule_one(post: Post, *, give: Signed, **when: Any) -> None:
    """Schedule the post."""
    commands.schedule(post.pk, **when, **give)


@admin.action(description=gettext_lazy("Add tags…"), permissions=["change"])
def tag(model_admin: Any, request: HttpRequest, chosen: QuerySet[Post]) -> HttpResponse | None:
    """Ask for tags, and add them to each draft."""
    form = BulkTags(request.POST if "apply" in request.POST else None)
    if not form.is_valid():
        return ask(model_admin, request, chosen, form, title=_("Which tags shall they have?"))
    give, typed = signed(request), form.cleaned_data
    tags = tuple(commands.find_or_add_tag(name) for name in names(typed["tag_names"]))
    order = partial(tag_one, tags=tags, publish=typed["publish"], give=give)
    report = each(give["actor"], chosen, order, may_edit)
    report.tell(request, done=_("%d tagged."), undone=_("%d not tagged:"))
    return None


@transaction.atomic
def tag_one(post: Post, *, tags: tuple[int, ...], publish: bool, give: Signed) -> None:
    """Tag the draft; if that is asked, publish it where readers have all of it but these tags."""
    commands.take_turn()
    unchanged = Post.objects.select_for_update().filter(pk=post.pk, live__isnull=False, changed=False)
    whole = bool(unchanged)  # by now: somebody may have saved it since the list was read
    commands.add_tags(post.pk, tags=tags, **give)
    if publish and whole and may_publish(give["actor"], post):
        commands.publish(post.pk, **give)


def ask(
    model_admin: Any, request: HttpRequest, chosen: QuerySet[Post], form: forms.Form, *, title: str
) -> HttpResponse:
    """Return the page that asks for what a command needs beside the posts."""
    shown = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "posts": chosen.defer("body", "summary"),
        "form": form,
        "action": request.POST["action"],
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/writer/post/bulk.html", shown)


ACTIONS: Final = (
    at_once(
        "publish",
        gettext_lazy("Publish"),
        commands.publish,
        may_publish,
        done=gettext_lazy("%d published."),
        undone=gettext_lazy("%d not published:"),
    ),
    schedule,
    at_once(
        "unpublish",
        gettext_lazy("Unpublish"),
        commands.unpublish,
        may_publish,
        done=gettext_lazy("%d unpublished."),
        undone=gettext_lazy("%d not unpublished:"),
    ),
    tag,
    at_once(
        "trash",
        gettext_lazy("Move to the trash"),
        commands.trash,
        may_edit,
        done=gettext_lazy("%d moved to the trash."),
        undone=gettext_lazy("%d not moved to the trash:"),
    ),
    at_once(
        "restore",
        gettext_lazy("Restore from the trash"),
        commands.restore,
        may_edit,
        done=gettext_lazy("%d restored."),
        undone=gettext_lazy("%d not restored:"),
    ),
)
