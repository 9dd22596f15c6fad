"""What an open page of a post asks of the desk by itself: keep this, and who else is here? In JSON."""

from __future__ import annotations

import csv
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig
from django.http import HttpRequest, JsonResponse, QueryDict
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from writer import commands
from writer.admin_rights import PostRights
from writer.forms import PostForm
from writer.models import Author, Post, Series, Tag, key_of
from writer.name_lists import in_a_list, names
from writer.refusals import Refused, Stale
from writer.signed import signed

# What is not part of the words, so that a page may say anything of it while somebody types.
BESIDE: Final = {"publish_on", "unpublish_on", "zone", "occurrence", "lock_version", "new_id", "editor"}
NAMES: Final[dict[str, type[Tag] | type[Author]]] = {"tag_names": Tag, "author_names": Author}


class OpenPage(forms.Form):
    """Which page asks, how many times it has, and which draft it goes on from."""

    editor = forms.UUIDField()
    sequence = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    lock_version = forms.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    new = forms.BooleanField(required=False)  # no post was made of it so far, as far as the page knows


class SavingAdmin(PostRights):
    """The addresses that an open page of a post calls by itself."""

    def get_urls(self) -> list[URLPattern]:
        """Return them before those of the admin."""
        own = [
            path("<uuid:post_id>/autosave/", self.asked(self.autosave), name="writer_post_autosave"),
            path("<uuid:post_id>/present/", self.asked(self.present), name="writer_post_present"),
        ]
        return [*own, *super().get_urls()]

    def asked(self, answer: Callable[[HttpRequest, UUID], JsonResponse]) -> Any:
        """Return the view that answers a page; one without its session is told where to log in."""

        def view(request: HttpRequest, post_id: UUID) -> JsonResponse:
            if not self.admin_site.has_permission(request):
                login = reverse("admin:login")
                return said(HTTPStatus.UNAUTHORIZED, _("Logged out."), login=login)
            return csrf_protect(self.guarded(answer))(request, post_id)

        # Exempt only until it is known who asks: without a session the token may be gone as well.
        return csrf_exempt(never_cache(require_POST(view)))

    def guarded(self, answer: Callable[[HttpRequest, UUID], JsonResponse]) -> Any:
        """Return the view, with a refusal in words and its status."""

        def view(request: HttpRequest, post_id: UUID) -> JsonResponse:
            try:
                if request.POST.get("writer", str(request.user.pk)) != str(request.user.pk):
                    words = _("%s is logged in here by now.") % request.user.get_username()
                    return said(HTTPStatus.UNAUTHORIZED, words, login=reverse("admin:login"))
                return answer(request, post_id)
            except PermissionDenied:
                return said(HTTPStatus.FORBIDDEN, _("You may not see this post any more."))
            except RequestDataTooBig:
                return said(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _("This is more than one post can hold."))
            except Stale as stale:
                moment = {"who": stale.who, "when": stale.when}
                return said(HTTPStatus.CONFLICT, str(stale), **moment)
            except Refused as refusal:
                return said(HTTPStatus.UNPROCESSABLE_ENTITY, str(refusal))

        return view

    def autosave(self, request: HttpRequest, post_id: UUID) -> JsonResponse:
        """Keep what is being typed, as far as it can be, and say what of it could not."""
        post = self.get_object(request, str(post_id))
        if not self.has_change_permission(request, post) or not (post or self.has_add_permission(request)):
            return said(HTTPStatus.FORBIDDEN, _("You may not change this post."))
        page = open_page(request)
        new = page.pop("new")
        if post is None and not new:
            return said(HTTPStatus.GONE, _("This post was deleted for ever."))
        form, not_kept = self.forgiving(request, post)
        give = signed(request)
        lock_version = commands.autosave_draft(post_id, draft=form.draft(), new=new, **page, **give)
        return said(
            HTTPStatus.OK,
            lock_version=lock_version,
            saved_at=give["now"],
            not_kept=not_kept,
            url=reverse("admin:writer_post_change", args=[post_id]),
            others=others(commands.note_presence(post_id, **give)),
        )

    def present(self, request: HttpRequest, post_id: UUID) -> JsonResponse:
        """Note that somebody has the post open; say who else has, and who saved it meanwhile."""
        post = self.get_object(request, str(post_id))
        if not self.has_change_permission(request, post):
            return said(HTTPStatus.FORBIDDEN, _("You may not change this post any more."))
        page = open_page(request)
        if post is None:  # not made yet
            return said(HTTPStatus.OK, others="")
        present = others(commands.note_presence(post_id, **signed(request)))
        commands.check_newest(post_id, lock_version=page["lock_version"], editor=page["editor"])
        return said(HTTPStatus.OK, others=present)

    def forgiving(self, request: HttpRequest, post: Post | None) -> tuple[PostForm, list[str]]:
        """Return a form that is valid, and sentences about the fields that keep what they had.

        Raise Refused if nothing can be kept.
        """
        form_class = self.get_form(request, post, change=post is not None)
        typed = request.POST.copy()
        not_kept = without_new_names(typed, post)
        form = form_class(typed, instance=post)
        for field, errors in form.errors.items():
            if field == NON_FIELD_ERRORS:
                raise Refused(" ".join(map(str, errors)))
            if field not in BESIDE:
                not_kept.append(f"{form.fields[field].label}: {' '.join(map(str, errors))}")
        if form.errors:
            kept = form_class(instance=post and Post.objects.get(pk=post.pk))
            for field in form.errors:
                typed[field] = kept.get_initial_for_field(kept.fields[field], field) or ""
            form = form_class(typed, instance=post and Post.objects.get(pk=post.pk))
            if not form.is_valid():
                raise Refused(" ".join(not_kept))
        return form, not_kept


def open_page(request: HttpRequest) -> dict[str, Any]:
    """Return what the page says of itself. Raise Refused if it is not one of ours."""
    page = OpenPage(request.POST)
    if not page.is_valid():
        raise Refused(_("This page is of another version of the desk. Load it again."))
    return {**page.cleaned_data, "lock_version": page.cleaned_data["lock_version"] or 0}


def without_new_names(typed: QueryDict, post: Post | None) -> list[str]:
    """Take names out that nobody has yet, as they may be half typed; return a sentence about each field."""
    sentences = []
    series = " ".join(typed.get("series_name", "").split())
    if series and not Series.objects.filter(key=key_of(series)).exists():
        typed["series_name"] = str(post.series) if post and post.series else ""
        sentences.append(made_later([series]))
    for field, model in NAMES.items():
        try:
            wanted = {key_of(name): name for name in names(typed.get(field, ""))}
        except csv.Error:
            continue  # the form has a sentence for it
        known = set(model.objects.filter(key__in=wanted).values_list("key", flat=True))
        new = [name for key, name in wanted.items() if key not in known]
        typed[field] = in_a_list(name for key, name in wanted.items() if key in known)
        if new:
            sentences.append(made_later(new))
    return sentences


def made_later(names: list[str]) -> str:
    """Return the sentence about names that are new."""
    return _("New: %s. Made once you press a button.") % ", ".join(names)


def others(names: list[str]) -> str:
    """Return who else has the post open, in words; empty if nobody has."""
    if not names:
        return ""
    if len(names) == 1:
        return _("%s has this post open too.") % names[0]
    return _("%(some)s and %(last)s have this post open too.") % {
        "some": ", ".join(names[:-1]),
        "last": names[-1],
    }


def said(status: HTTPStatus, words: str = "", **more: Any) -> JsonResponse:
    """Return an answer for a page: words for the person, and what the page goes on with."""
    return JsonResponse({"words": words, **more}, status=status)
