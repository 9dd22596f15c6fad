"""How far a node has followed the stream, and what of it this program could not take in.

Kept beside the articles, so that they and the place commit together. Empty where nothing is followed.
"""

from __future__ import annotations

from django.db import models


class Checkpoint(models.Model):
    """One row: the place in the stream up to which everything has been taken in or parked."""

    history = models.CharField(max_length=64, blank=True)  # which stream: when the broker made it
    sequence = models.BigIntegerField(default=0)  # of the message that was read last
    caught_up_at = models.DateTimeField(null=True)  # for the first time: the node may serve
    heard_at = models.DateTimeField(null=True)  # when the broker said last that there is nothing newer

    def __str__(self) -> str:
        return f"{self.history} {self.sequence}"


class Parked(models.Model):
    """A message that could not be taken in. The post's old page is served until another one comes."""

    subject = models.CharField(primary_key=True, max_length=200)
    sequence = models.BigIntegerField()
    reason = models.TextField()
    parked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.subject}: {self.reason}"
