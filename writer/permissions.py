"""Who may do what with posts. The desk asks here, and nowhere else; nothing is changed here.

Django's permissions say it, so that a site can mix its own roles of them. Whoever has
`view_post`, `change_post` or `publish_post` may do so with every post; `change_own_post` and
`publish_own_post` are for one's own: those that one has made, and those whose draft bears one's
name, by way of `Author.user`. Superusers may do everything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from writer.models import Post
from writer.models.posts import PostByline

Right = Callable[[User, Post], bool]
Posts = TypeVar("Posts", bound=QuerySet[Post])

FEW: Final = 500  # posts that are asked for by their ids; of more, each post that is looked at is checked


def owns(user: User, post: Post) -> bool:
    """Tell whether it is the user's own post: made by him, or with him in the byline of its draft."""
    return post.created_by_id == user.pk or post.byline.filter(author__user=user).exists()


def may_write(user: User) -> bool:
    """Tell whether the user may write posts at all: new ones, his own, or others'."""
    return any(user.has_perm(f"writer.{name}") for name in ("add_post", "change_post", "change_own_post"))


def sees_all(user: User) -> bool:
    """Tell whether the user may see every post."""
    return any(user.has_perm(f"writer.{name}_post") for name in ("view", "change", "publish"))


def sees_own(user: User) -> bool:
    """Tell whether the user may see the posts that are his own."""
    return user.has_perm("writer.change_own_post") or user.has_perm("writer.publish_own_post")


def visible(user: User, posts: Posts) -> Posts:
    """Return those of the posts that the user may see."""
    if sees_all(user):
        return posts
    return posts.filter(own(user)) if sees_own(user) else posts.none()


def own(user: User) -> Q:
    """Return the condition that a post is the user's own; the same as `owns`. Asks once which they are."""
    made = Post.objects.filter(created_by=user).order_by()
    borne = PostByline.objects.filter(author__user=user).order_by()
    ids = list(made.values_list("pk").union(borne.values_list("post"), all=True)[: FEW + 1])
    if len(ids) <= FEW:
        return Q(pk__in=[pk for (pk,) in ids])
    return Q(Exists(made.filter(pk=OuterRef("pk")))) | Q(Exists(borne.filter(post=OuterRef("pk"))))


def may_see(user: User, post: Post) -> bool:
    """Tell whether the user may read the post's draft, its history and its preview."""
    return sees_all(user) or (sees_own(user) and owns(user, post))


def may_edit(user: User, post: Post) -> bool:
    """Tell whether the user may change the draft, put it into the trash and take it out again.

    Who may not publish it may do so only while it is a draft: what he writes into a post that is
    scheduled would become public by itself, and the trash takes a public one from readers.
    """
    if not user.has_perm("writer.change_post") and not (
        user.has_perm("writer.change_own_post") and owns(user, post)
    ):
        return False
    return (post.live_id is None and post.publish_at is None) or may_publish(user, post)


def may_publish(user: User, post: Post) -> bool:
    """Tell whether the user decides what readers see of it: publish, schedule, withdraw, share."""
    return user.has_perm("writer.publish_post") or (
        user.has_perm("writer.publish_own_post") and owns(user, post)
    )


def may_delete(user: User, post: Post) -> bool:
    """Tell whether the user may delete the post for ever: only from the trash."""
    return user.has_perm("writer.delete_post") and may_see(user, post) and post.trashed_at is not None


def may_ask_for_review(user: User, post: Post) -> bool:
    """Tell whether the user may say that the draft is ready, or take that back."""
    return may_edit(user, post)


# What a button of the post's form, or an action of the list, asks for.
NEEDS: Final[dict[str, Right]] = {
    "_save": may_edit,
    "_publish": may_publish,
    "_schedule": may_publish,
    "_cancel_schedule": may_publish,
    "_unpublish": may_publish,
    "_deliver": may_publish,
    "_share": may_publish,
    "_unshare": may_publish,
    "_discard": may_edit,
    "_revert": may_edit,
    "_trash": may_edit,
    "_restore": may_edit,
    "_review": may_ask_for_review,
    "_recall": may_ask_for_review,
}


def may_press(user: User, button: str, post: Post) -> bool:
    """Tell whether the user may press that button of the post's form, all that it saves included."""
    right = NEEDS.get(button, may_edit)
    return right(user, post)
