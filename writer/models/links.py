"""Links by which a draft can be read without a login."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from writer.models.posts import Post


class PreviewLink(models.Model):
    """That whoever has the link may read the newest saved draft of one post, for some days.

    The link itself is the signature of the id (`writer.links`): who reads the table cannot make it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    post = models.ForeignKey(Post, models.CASCADE, related_name="preview_links")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
        default_permissions = ()  # who may publish the post may share it

    def __str__(self) -> str:
        return f"{self.post_id} until {self.expires_at:%Y-%m-%d}"
