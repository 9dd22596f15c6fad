"""The desk. Django looks for it here."""

from writer.admin_names import AuthorAdmin, SeriesAdmin, TagAdmin
from writer.admin_pictures import PictureAdmin
from writer.admin_posts import PostAdmin

__all__ = ["AuthorAdmin", "PictureAdmin", "PostAdmin", "SeriesAdmin", "TagAdmin"]
