"""The worker."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections

from cms.lease import seen
from cms.middleware import UNUSABLE


class Command(BaseCommand):
    """The worker: django-q2's cluster, as something that a supervisor can stop."""

    help = "Run the sweeps: relay, publish_due, reconcile."

    def handle(self, **options: Any) -> None:
        """Run the cluster until told to stop.

        A supervisor signals a whole process group. The cluster's processes then die under their
        parent, which waits for them in vain. So it gets a group of its own, and SIGINT alone.
        """
        cluster = subprocess.Popen(
            [sys.executable, "manage.py", "qcluster"], cwd=settings.BASE_DIR, start_new_session=True
        )
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, lambda *_: cluster.send_signal(signal.SIGINT))
        with suppress(*UNUSABLE):  # then its first sweep is the first sign of it
            seen("worker")
        connections.close_all()
        sys.exit(cluster.wait())
