"""The desk for posts. Every button is one command, and a refusal is shown in its own words."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cms.events import article_path
from writer import commands
from writer.admin_conflict import ConflictAdmin
from writer.admin_history import BROUGHT_BACK, HistoryAdmin
from writer.admin_lists import appointments
from writer.admin_publishing import MadeMeanwhile, PublishingDesk
from writer.admin_saving import SavingAdmin
from writer.admin_sessions import SessionAdmin
from writer.forms import PostForm
from writer.models import Post, Revision, Tag
from writer.permissions import may_press
from writer.refusals import Refused
from writer.signed import signed

COMMANDS: Final = {
    "_publish": commands.publish,
    "_unpublish": commands.unpublish,
    "_cancel_schedule": commands.cancel_schedule,
    "_discard": commands.discard_changes,
    "_review": commands.ask_for_review,
    "_recall": commands.take_back_review,
    "_trash": commands.trash,
    "_deliver": commands.deliver_again,
    "_share": commands.share,
}
ANNOUNCES: Final = {"_publish", "_unpublish", "_trash"}  # something to readers
FORGETS: Final = {"_schedule", "_cancel_schedule", "_unpublish", "_trash"}  # what was scheduled
DONE: Final = {
    "_publish": gettext_lazy("Published."),
    "_unpublish": gettext_lazy("Unpublished: readers no longer see the post. Its draft is kept."),
    "_cancel_schedule": gettext_lazy("Nothing is scheduled any more."),
    "_schedule": gettext_lazy("Nothing is scheduled any more."),
    "_discard": gettext_lazy(
        "The changes were discarded, and any time at which they were to be published. "
        "The draft is what readers see; the revisions below keep the rest."
    ),
    "_revert": BROUGHT_BACK,
    "_review": gettext_lazy("Saved, and ready for review: whoever may publish it sees it on the first page."),
    "_recall": gettext_lazy("No longer waiting for review."),
    "_trash": gettext_lazy("Moved to the trash."),
    "_restore": gettext_lazy("Restored from the trash, as a draft."),
    "_deliver": gettext_lazy("Draft saved, and delivery tried again: the state below says what came of it."),
    "_share": gettext_lazy(
        "Draft saved. Whoever has the link below reads it, and what you save later, for 7 days."
    ),
    "_unshare": gettext_lazy("Draft saved. That link opens nothing any more."),
    "_save": gettext_lazy("Draft saved. Readers see no change."),
}


@admin.register(Post)
class PostAdmin(SessionAdmin, SavingAdmin, ConflictAdmin, HistoryAdmin, PublishingDesk):
    """Posts: the text is saved by save_draft, all else is done by the button's own command."""

    form = PostForm
    save_on_top = False
    change_form_template = "admin/writer/post/change_form.html"

    @admin.display(description=gettext_lazy("tags"))
    def tag_list(self, post: Post) -> str:
        """Return the tags of the draft."""
        return ", ".join(Tag.objects.filter(pk__in=post.tag_ids()).values_list("name", flat=True))

    @admin.display(description=gettext_lazy("authors"))
    def author_list(self, post: Post) -> str:
        """Return the byline of the draft."""
        return ", ".join(line.author.name for line in post.byline.select_related("author"))

    def get_fieldsets(self, request: HttpRequest, obj: Post | None = None) -> Any:
        """Return the text first, which has a page to itself, then what surrounds it, then the clock."""
        if obj and not self.has_change_permission(request, obj):
            shown = ["title", "body", "summary", "tag_list", "author_list", "slug", "language"]
            shown += ["translation_key"]
            shown += ["series", "part", "description", "canonical_url", "cover", "cover_alt"]
            return [(None, {"fields": []}), (None, {"fields": [*shown, "pinned", "unlisted"]})]
        return [
            (None, {"fields": ["title", "body"]}),
            (_("Summary, tags and authors"), {"fields": ["summary", "tag_names", "author_names"]}),
            (_("Address and language"), {"fields": ["slug", "language", "translation_key"]}),
            (
                _("Series and place"),
                {"fields": ["series_name", "part", "pinned", "unlisted"], "classes": ["collapse"]},
            ),
            (
                _("For search and shares"),
                {"fields": ["description", "cover", "cover_alt", "canonical_url"], "classes": ["collapse"]},
            ),
            (
                _("Schedule"),
                {"fields": ["publish_on", "unpublish_on", "zone", "occurrence", "lock_version", "new_id"]},
            ),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form, which declares its other fields itself."""
        return super().get_form(request, obj, change=change, **{**kwargs, "fields": PostForm.Meta.fields})

    def view_on_site(self, post: Post) -> str | None:
        """Return the public address, if there is one."""
        return settings.SITE_URL + iri_to_uri(article_path(post.live.slug)) if post.live else None

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Show the form and carry out its button. A refusal comes back with all that was typed.

        If what was typed was being saved when the button of a new post was pressed, it is there by then.
        """
        try:
            return self.carried_out(request, object_id, form_url, extra_context)
        except MadeMeanwhile:
            return self.carried_out(request, object_id, form_url, extra_context)

    def carried_out(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: Any
    ) -> HttpResponse:
        """Show the form and carry out its button. Raise MadeMeanwhile if the new post is no longer new."""
        object_id = object_id or self.made_before(request)
        post = self.get_object(request, object_id) if object_id else None
        if object_id and post is None and request.method == "POST":
            request.refusal = _(  # type: ignore[attr-defined]
                "This post was deleted for ever after you opened it. Your text is still in this form: "
                "press “Save draft” once more to make a new post of it."
            )
            object_id, form_url = None, reverse("admin:writer_post_add")
        extra_context = {**(extra_context or {}), "post": post, **self.past(request, post)}
        extra_context |= self.surroundings(request, post)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Post, form: Any, change: bool) -> None:
        """Save the draft by its command; in the trash, by the button that restores it.

        All in one transaction, so if it is to announce, it takes its turn before it locks the post.
        """
        give, pressed = signed(request), self.pressed(request)
        if pressed != "_save" and not may_press(give["actor"], pressed, obj if change else self.new(request)):
            raise PermissionDenied
        if pressed in ANNOUNCES or not change:
            commands.take_turn()
        words = {"draft": form.draft(), "reason": self.reason(request), "editor": form.cleaned_data["editor"]}
        if not change:
            obj.pk = form.cleaned_data["new_id"] or obj.pk
            if Post.objects.filter(pk=obj.pk).exists():
                raise MadeMeanwhile
            commands.create_draft(post_id=obj.pk, **words, **give)
            return
        if pressed == "_restore":
            commands.restore(obj.pk, **give)
        commands.save_draft(obj.pk, lock_version=form.cleaned_data["lock_version"] or 0, **words, **give)

    def reason(self, request: HttpRequest) -> Revision.Reason:
        """Return why what is typed is kept as a revision."""
        return Revision.Reason.PUBLISH if self.pressed(request) == "_publish" else Revision.Reason.SAVE

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Carry out the button that was pressed, on the text that was just saved with tags and byline."""
        post_id, give, pressed = form.instance.pk, signed(request), self.pressed(request)
        if pressed not in FORGETS and form.reschedules(now=give["now"]):
            raise Refused(
                _(
                    "You changed the schedule. Press “Save and schedule” to keep that, or put it back "
                    "as it was. Nothing was saved yet."
                )
            )
        if pressed == "_schedule":
            self.schedule(request, post_id, form.cleaned_data)
        elif pressed == "_revert":
            number = request.POST["_revert"]
            known = number.isdecimal() and len(number) < 10
            commands.revert_to(post_id, number=int(number) if known else 0, **give)
        elif pressed == "_unshare":
            commands.unshare(post_id, link_id=request.POST["_unshare"], **give)
        elif pressed in COMMANDS:
            COMMANDS[pressed](post_id, **give)

    def pressed(self, request: HttpRequest) -> str:
        """Return the button that was pressed: the first, should somebody send several."""
        return next((button for button in DONE if button in request.POST), "_save")

    def schedule(self, request: HttpRequest, post_id: UUID, typed: dict[str, Any]) -> None:
        """Make the schedule what was typed."""
        give = signed(request)
        post = Post.objects.get(pk=post_id)
        if post.publish_at or post.unpublish_at:
            commands.cancel_schedule(post_id, **give)
        elif not typed["publish_on"] and not typed["unpublish_on"]:
            raise Refused(_("Say when: fill in “Publish on” or “Unpublish on”."))
        if at := typed["publish_on"]:
            commands.schedule(post_id, publish_at=at, zone=typed["zone"], **give)
        if at := typed["unpublish_on"]:
            commands.schedule_unpublish(post_id, unpublish_at=at, zone=typed["zone"], **give)

    def response_add(
        self, request: HttpRequest, obj: Post, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Say what was done, and stay at the post."""
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Post) -> HttpResponse:
        """Say what was done, and stay at the post, if its author may see it."""
        messages.success(request, self.said(request, Post.objects.get(pk=obj.pk)))
        if not self.has_view_or_change_permission(request, obj):
            return HttpResponseRedirect(reverse("admin:index"))
        return HttpResponseRedirect(reverse("admin:writer_post_change", args=[obj.pk]))

    def said(self, request: HttpRequest, post: Post) -> str:
        """Return what there is to say of the button that was pressed."""
        pressed, known = self.pressed(request), appointments(post)
        if pressed == "_schedule" and known:
            return _("Scheduled: %s.") % " · ".join(known)
        if pressed == "_save" and post.publish_at and post.publish_at <= timezone.now():
            return _(
                "Draft saved. The time to publish it has passed, so readers will see it within a minute. "
                "“Cancel schedule” stops that."
            )
        return str(DONE[pressed])
