"""A sweep of the chaos test: one of the site's commands, again and again, until it is killed."""

import time
from random import Random

from django.core.management import call_command
from django.utils import timezone

from cms.models import Lease
from cms.report import ExitCode

OPTIONS = {"reconcile": [(), (), ("--check",), ("--deep",)]}


def sweep(command, start, seed):
    """Run the command until it is killed; print what each run came to."""
    random = Random(f"{seed} {command} {start}")
    while True:
        code = outcome(command, *random.choice(OPTIONS.get(command, [()])))
        print(f"exit {code}", flush=True)  # noqa: T201  to the log that the test reads
        if code == ExitCode.BUSY:
            forget_the_killed()
        time.sleep(random.uniform(0, 0.4))


def outcome(*command):
    """Return the exit code of a command."""
    try:
        call_command(*command)
    except SystemExit as end:
        return end.code
    return 0


def forget_the_killed():
    """Free the lease of a run that may have been killed, for a minute without runs would prove nothing.

    If the run still lives, there are two at once, which must do no harm.
    """
    Lease.objects.filter(name="reconcile").update(holder=None, expires_at=timezone.now())
