"""What a post said when: its revisions in groups, and two of its wordings field by field. Changes nothing."""

from __future__ import annotations

from itertools import groupby
from typing import Any, Final, NamedTuple

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from writer.differences import Difference, difference
from writer.models import Content, Post, Revision

SHOWN: Final = 20  # revisions on the page of the post
MORE: Final = 50  # on a page of their own


class Group(NamedTuple):
    """Revisions that follow each other: one that was kept on purpose, or all that were kept while typing."""

    revisions: list[Revision]
    folded: bool


def history(post: Post, *, before: int | None = None, at_most: int = SHOWN) -> tuple[list[Group], int | None]:
    """Return the newest revisions before that number, the newest first, and the number to go on before.

    Texts are not read: what this costs does not grow with them, nor with the number of revisions.
    """
    revisions = Revision.objects.filter(post=post).select_related("actor").order_by("-number")
    if before is not None:
        revisions = revisions.filter(number__lt=before)
    texts = [name for name in Content.TEXTS if name != "title"]
    found = list(revisions.defer(*texts)[: at_most + 1])
    shown = found[:at_most]
    return groups(shown), shown[-1].number if len(found) > at_most else None


def groups(revisions: list[Revision]) -> list[Group]:
    """Return the revisions, those together that were kept while somebody typed."""
    typed = groupby(revisions, key=lambda revision: revision.reason == Revision.Reason.AUTOSAVE)
    found = []
    for autosaved, some in typed:
        together = list(some)
        found += [Group(together, True)] if autosaved else [Group([one], False) for one in together]
    return found


class Change(NamedTuple):
    """What two wordings say in one field."""

    name: str
    label: str
    difference: Difference


def changes(before: Content, after: Content) -> list[Change]:
    """Return what the two say, field by field, in the order in which an author reads them."""
    old, new = wording(before), wording(after)
    return [Change(name, labels()[name], difference(old[name], new[name])) for name in old]


def wording(content: Content) -> dict[str, str]:
    """Return what a draft or revision says, as text, by field."""
    said = {name: in_words(content, name) for name in Content.FIELDS}
    said["tags"] = ", ".join(sorted(tag.meaning.name for tag in content.tags.select_related("merged_into")))
    byline = content.byline.select_related("author")  # type: ignore[attr-defined]
    said["authors"] = ", ".join(line.author.name for line in byline)
    return said


def in_words(content: Content, name: str) -> str:
    """Return what one of the plain fields says."""
    value: Any = getattr(content, name.removesuffix("_id"))
    if isinstance(value, bool):
        return _("yes") if value else ""
    return "" if value is None else str(value)


def labels() -> dict[str, str]:
    """Return what the fields are called."""
    named = {field.attname: capfirst(str(field.verbose_name)) for field in Post._meta.fields}
    return {**named, "tags": capfirst(_("tags")), "authors": capfirst(_("authors"))}
