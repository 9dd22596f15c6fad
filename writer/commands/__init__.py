"""Commands: everything that changes a post. Each is one transaction and refuses in words.

Admin, import and sweeps call these; nothing else writes to a Post.
"""

from writer.commands.autosave import autosave_draft, check_newest, note_presence, set_aside
from writer.commands.checks import checked_links, checked_picture, checked_url
from writer.commands.clocks import set_clock
from writer.commands.deliveries import deliver_again, deliver_all_again
from writer.commands.drafts import (
    create_draft,
    discard_changes,
    draft_of,
    purge,
    restore,
    revert_to,
    save_draft,
    trash,
)
from writer.commands.emptying import KEPT, empty_trash, outdated
from writer.commands.links import share, unshare
from writer.commands.names import (
    find_or_add_author,
    find_or_add_series,
    find_or_add_tag,
    merge_tags,
    new_name,
    rename_author,
    rename_series,
    rename_tag,
)
from writer.commands.pictures import (
    add_picture,
    delete_picture,
    describe_picture,
    places_but_posts,
    replace_in_draft,
)
from writer.commands.profiles import delete_author, delete_tag, describe_author, describe_tag
from writer.commands.publishing import add_aliases, announce_again, publish, unpublish
from writer.commands.renditions import make_renditions, register_pictures
from writer.commands.reviews import ask_for_review, take_back_review
from writer.commands.revisions import take_turn
from writer.commands.schedules import (
    cancel_schedule,
    publish_due,
    schedule,
    schedule_unpublish,
)
from writer.commands.series import delete_series, describe_series, number_parts
from writer.commands.site import announce_site_again, describe_site
from writer.commands.tagging import add_tags
from writer.commands.words import LANGUAGE, Draft
from writer.refusals import NeedsAnswer, Refused, Stale

__all__ = [
    "KEPT",
    "LANGUAGE",
    "Draft",
    "NeedsAnswer",
    "Refused",
    "Stale",
    "add_aliases",
    "add_picture",
    "add_tags",
    "announce_again",
    "announce_site_again",
    "ask_for_review",
    "autosave_draft",
    "cancel_schedule",
    "check_newest",
    "checked_links",
    "checked_picture",
    "checked_url",
    "create_draft",
    "delete_author",
    "delete_picture",
    "delete_series",
    "delete_tag",
    "deliver_again",
    "deliver_all_again",
    "describe_author",
    "describe_picture",
    "describe_series",
    "describe_site",
    "describe_tag",
    "discard_changes",
    "draft_of",
    "empty_trash",
    "find_or_add_author",
    "find_or_add_series",
    "find_or_add_tag",
    "make_renditions",
    "merge_tags",
    "new_name",
    "note_presence",
    "number_parts",
    "outdated",
    "places_but_posts",
    "publish",
    "publish_due",
    "purge",
    "register_pictures",
    "rename_author",
    "rename_series",
    "rename_tag",
    "replace_in_draft",
    "restore",
    "revert_to",
    "save_draft",
    "schedule",
    "schedule_unpublish",
    "set_aside",
    "set_clock",
    "share",
    "take_back_review",
    "take_turn",
    "trash",
    "unpublish",
    "unshare",
]
