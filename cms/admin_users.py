"""Logins at the desk. Nobody gives himself or others more than he may do already."""

from __future__ import annotations

import copy
from typing import Any

from django.contrib import admin
from django.contrib.auth import admin as stock
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from writer.signed import signed

admin.site.unregister(User)  # the stock one lets whoever may change users make himself a superuser
admin.site.unregister(Group)


def rights(user: User) -> set[str]:
    """Return all that the user may do, or could if he were let in again."""
    let_in = copy.copy(user)
    let_in.is_active = True
    return let_in.get_all_permissions()


def may_manage(user: User, other: User) -> bool:
    """Tell whether one user may do all that the other may: else the other's password would give it him."""
    return user.is_superuser or (not other.is_superuser and rights(other) <= rights(user))


@admin.register(User)
class UserAdmin(stock.UserAdmin):
    """Logins, with the roles that their owners have."""

    list_filter = ("is_active", "is_staff", "is_superuser")
    filter_horizontal = ()

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep those who may do more from being changed."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or may_manage(signed(request)["actor"], obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Keep those who may do more from being deleted."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or may_manage(signed(request)["actor"], obj))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Leave single permissions, and what gives all of them, to superusers."""
        kept = [*super().get_readonly_fields(request, obj), "last_login", "date_joined"]
        if signed(request)["actor"].is_superuser:
            return kept
        return [*kept, "is_superuser", "user_permissions"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the roles that the user could fill himself."""
        actor = signed(request)["actor"]
        if db_field.name == "groups" and not actor.is_superuser:
            kwargs["queryset"] = Group.objects.filter(pk__in=roles_within(rights(actor)))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


@admin.register(Group)
class GroupAdmin(stock.GroupAdmin):
    """Roles. What they may do is changed by superusers."""

    filter_horizontal = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A role of one's own making could do everything."""
        return signed(request)["actor"].is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Whoever changes a role could give himself everything."""
        return signed(request)["actor"].is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Whoever deletes a role takes it from those who have it."""
        return signed(request)["actor"].is_superuser


def roles_within(known: set[str]) -> list[int]:
    """Return the ids of the roles that allow nothing beyond these permissions."""
    groups = Group.objects.prefetch_related("permissions__content_type")
    return [
        group.pk
        for group in groups
        if {f"{may.content_type.app_label}.{may.codename}" for may in group.permissions.all()} <= known
    ]
