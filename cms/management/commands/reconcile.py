"""Compare and repair: a node with the stream, a writer with its readers and the stream."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings

# A node has no writer, and could not even load what asks for one.
SIDE = "node" if settings.ROLE == "reader" else "writer"
Command = import_module(f"cms.management.reconcile_{SIDE}").Command
