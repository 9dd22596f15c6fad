"""What articles are found by. The database keeps the index of it: FTS5 by triggers, or a generated column.

SQLite's triggers hang on the table `reader_terms`: a migration that makes it anew has to make them anew.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Terms(models.Model):
    """What a live, listed article is found by, separated by spaces. No other article has such a row."""

    id = models.BigIntegerField(primary_key=True)  # by day of publication: the newest is the highest
    article = models.OneToOneField("reader.Article", models.CASCADE, related_name="terms")
    language = models.CharField(max_length=20)  # the stemmer's name
    title = models.TextField()  # terms, in the order of the text
    names = models.TextField()  # of tags, authors, series
    summary = models.TextField()
    body = models.TextField()  # the beginning of a very long one
    keys = models.TextField()  # what is true of it: `=word`, `^term` of the title, `~term` above the text, …

    class Meta:
        indexes: ClassVar = [models.Index(fields=["language"], name="terms_language")]

    def __str__(self) -> str:
        return f"{self.article_id} {self.title}"


class Spelling(models.Model):
    """A word that some article has used, under what is left of its beginning without one of the letters.

    Two words that differ by a slip share such a rest. It proposes only: what is offered to readers is
    first looked up in the index.
    """

    rest = models.CharField(max_length=7)
    word = models.CharField(max_length=40)  # with its accents

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["word", "rest"], name="spelling_once")]
        indexes: ClassVar = [models.Index(fields=["rest", "word"], name="spelling_by_rest")]

    def __str__(self) -> str:
        return self.word
