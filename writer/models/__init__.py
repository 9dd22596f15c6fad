"""The write model: posts with drafts, revisions and schedules, and the outbox.

Data, and what a row can say about itself. Only `writer.commands` changes a Post.
"""

from writer.models.clocks import Clock
from writer.models.content import Content, Revision, frozen_fields
from writer.models.links import PreviewLink
from writer.models.names import Author, Series, Tag, key_of
from writer.models.outbox import OutboxEvent
from writer.models.pictures import Picture, PictureUse
from writer.models.posts import Address, ImportedFile, Post, Presence, State
from writer.models.site import SiteSettings

__all__ = [
    "Address",
    "Author",
    "Clock",
    "Content",
    "ImportedFile",
    "OutboxEvent",
    "Picture",
    "PictureUse",
    "Post",
    "Presence",
    "PreviewLink",
    "Revision",
    "Series",
    "SiteSettings",
    "State",
    "Tag",
    "frozen_fields",
    "key_of",
]
