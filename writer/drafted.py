"""What publishing a draft would announce, kept or only typed. Writes nothing: names need not be kept yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, TypeVar

from cms.events import PostPublished
from writer.commands.drafts import chosen_slug
from writer.commands.names import checked_name, slug_for
from writer.commands.words import checked, next_part
from writer.forms import PostForm
from writer.models import Author, Content, Post, Series, Tag, key_of
from writer.name_lists import names
from writer.outbox import next_version
from writer.public import wording

Named = TypeVar("Named", Tag, Author, Series)

CLOCK: Final = {"publish_on", "unpublish_on", "zone", "occurrence"}  # fields that no reader sees


def kept(post: Post, *, now: datetime) -> PostPublished:
    """Return the event that publishing the saved draft would announce now."""
    dated(post, now=now)
    byline = post.byline.select_related("author")
    tags = post.tags.select_related("merged_into")
    return wording(post, post, tags=tags, authors=[line.author for line in byline])


def typed(form: PostForm, post: Post, *, now: datetime) -> PostPublished:
    """Return the event that saving and publishing what is typed would announce now.

    The form was found valid, but for the clock. Raise Refused for what saving would refuse.
    """
    draft = checked(form.words())
    post.slug = chosen_slug(post, draft)
    for name in Content.FIELDS:
        if name != "slug":
            setattr(post, name, getattr(draft, name))
    place(post, form.cleaned_data["series_name"])
    dated(post, now=now)
    borne = {field: names(form.cleaned_data[field]) for field in ("tag_names", "author_names")}
    return wording(
        post, post, tags=known(Tag, borne["tag_names"]), authors=known(Author, borne["author_names"])
    )


def faults(form: PostForm) -> dict[str, list[str]]:
    """Return what is wrong with what is typed, in sentences by field, but for the clock."""
    return {field: list(map(str, said)) for field, said in form.errors.items() if field not in CLOCK}


def dated(post: Post, *, now: datetime) -> None:
    """Date the post, in memory, as publishing it now would."""
    post.version = next_version(post.version, now)
    post.published_at = post.published_at or now
    post.updated_at = now


def place(post: Post, series_name: str) -> None:
    """Put the post, in memory, into the series of that name: behind its last part unless it has a number."""
    post.series = next(iter(known(Series, [series_name])), None) if series_name else None
    if post.series is None:
        post.part = None
    elif post.part is None:
        post.part = next_part(post.series.pk, but=post) if post.series.pk else 1


def known(model: type[Named], wanted: Iterable[str]) -> list[Named]:
    """Return the rows with these names. Of a new one, what would be made of it, not kept. Raise Refused."""
    found: dict[str, Named] = {}
    for name in (checked_name(model, name) for name in wanted):
        if (key := key_of(name)) not in found:
            taken = {row.slug for row in found.values()}
            kept = model._default_manager.filter(key=key).first()
            found[key] = kept or model(name=name, slug=slug_for(model, name, taken=taken))
    return list(found.values())
