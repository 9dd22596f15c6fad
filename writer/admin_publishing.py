"""What the post's page asks while somebody writes. Nothing here changes a post."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from writer import queries
from writer.admin_lists import PostList
from writer.arrival import failing
from writer.forms import PostForm
from writer.links import open_links, url_of
from writer.models import Post
from writer.permissions import may_publish
from writer.refusals import Refused


class PublishingDesk(PostList):
    """The views beside the form of a post."""

    def surroundings(self, request: HttpRequest, post: Post | None) -> dict[str, Any]:
        """Return what the page shows beside the form."""
        shown = {"may_publish": may_publish(self.user(request), post or self.new(request))}
        if post is None:
            return shown
        links = open_links(post, now=timezone.now())
        return shown | {
            "failing": failing(queries.newest_event(post.pk)),
            "links": [(link, url_of(link)) for link in links],
        }

    def typed(self, request: HttpRequest, post_id: str) -> tuple[Post, PostForm]:
        """Return the post as it is kept, and the form with what is typed, checked field by field.

        `post_id` is `new` for a post that was not made yet. Raise Refused if it is gone, and
        PermissionDenied for who may not write it.
        """
        known = self.made_before(request) if post_id == "new" else post_id
        post: Post | None = self.get_object(request, known) if known else None
        if known and post is None:
            raise Refused(_("This post was deleted for ever after you opened it. Your text is still here."))
        if not (self.has_change_permission(request, post) if post else self.has_add_permission(request)):
            raise PermissionDenied
        form = self.get_form(request, post, change=bool(post))(request.POST, instance=copy(post))
        form.is_valid()
        return post or Post(pk=form.cleaned_data.get("new_id")), form

    def made_before(self, request: HttpRequest) -> str | None:
        """Return the id of the post that this form for a new one has made already; None if it has not."""
        made = request.POST.get("new_id", "")
        return made if made and self.get_object(request, made) else None

    def new(self, request: HttpRequest) -> Post:
        """Return a post that is not made yet, as far as rights are concerned: it will be the user's own."""
        return Post(created_by=self.user(request))
