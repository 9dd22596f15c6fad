"""What Django's admin asks about posts, answered by `writer.permissions`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from writer import permissions
from writer.admin_refusals import RefusableAdmin
from writer.models import Post
from writer.signed import signed


class PostRights(RefusableAdmin):
    """An admin of posts that shows and does what its user may see and do."""

    def user(self, request: HttpRequest) -> User:
        """Return who is at the desk."""
        return signed(request)["actor"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        """Return the posts that the user may see."""
        return permissions.visible(self.user(request), super().get_queryset(request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return the post, None if there is none. Raise PermissionDenied if it is not for this user."""
        try:
            post = Post.objects.select_related("live").filter(pk=object_id).first()
        except ValidationError:  # the id is no UUID
            return None
        if post and not permissions.may_see(self.user(request), post):
            raise PermissionDenied
        return post

    def has_view_permission(self, request: HttpRequest, obj: Post | None = None) -> bool:
        """Tell whether the user may see the post; without one, whether there are any for him to see."""
        user = self.user(request)
        if obj is None or obj._state.adding:
            return permissions.sees_all(user) or permissions.sees_own(user)
        return permissions.may_see(user, obj)

    def has_change_permission(self, request: HttpRequest, obj: Post | None = None) -> bool:
        """Tell whether the user may change the post; without one, whether he may change any."""
        user = self.user(request)
        if obj is None or obj._state.adding:
            return user.has_perm("writer.change_post") or user.has_perm("writer.change_own_post")
        return permissions.may_edit(user, obj)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Tell whether there are posts that the user may publish."""
        user = self.user(request)
        return user.has_perm("writer.publish_post") or user.has_perm("writer.publish_own_post")

    def has_delete_permission(self, request: HttpRequest, obj: Post | None = None) -> bool:
        """Tell whether the user may delete the post for ever; without one, whether he may delete any."""
        user = self.user(request)
        return user.has_perm("writer.delete_post") if obj is None else permissions.may_delete(user, obj)
