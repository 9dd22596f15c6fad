"""How much of an upload is kept while it comes in."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler

from writer.pictures import LARGEST


class Bounded(FileUploadHandler):
    """Lets through what may be a picture, and one piece more, by which it is seen to be too large.

    The rest is read and dropped: a browser whose connection ends before it has sent everything
    shows no answer.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Pass the piece on to the next handler, or drop it."""
        return raw_data if start <= LARGEST else None

    def file_complete(self, file_size: int) -> Any:
        """Leave the file to the next handler."""
        return None
