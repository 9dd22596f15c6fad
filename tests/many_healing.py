"""What has to hold of a site on many machines once whatever was killed is back: every node equals the writer."""

import json
import time

from cms.edge_files import NUMBERS
from tests.installation import PATIENCE, wait_for
from tests.many_reading import page

SETUP = "import django; django.setup(); "
TRUTH = SETUP + "import json; from tests.edge_publisher import truth; print(json.dumps(truth()))"


class Heal:
    """The part of `Many` that compares."""

    def heal(self, *, goes_on=True):
        """Publish nothing more, and wait until every node shows what the writer says, and knows that it does.

        Unless it goes on, nothing is published after that either.
        """
        (self.folder / "quiet").touch()
        (self.folder / "silent").unlink(missing_ok=True)
        wait_for((self.folder / "silent").exists, "the writer to end what it was at")
        public = json.loads(self.fork(TRUTH))
        self.check_acknowledged(public)
        for number in NUMBERS:
            for slug, body in public.items():
                wait_for(lambda: self.shows(number, slug, body), f"node {number} to show {slug}: {body}")  # noqa: B023
        self.agree()
        if goes_on:
            (self.folder / "quiet").unlink()

    def agree(self):
        """Wait until `reconcile --check` finds nothing, at the writer and on each node."""
        end, found = time.monotonic() + 2 * PATIENCE, {}
        while set(found := self.reconciled()) != {0}:
            assert time.monotonic() < end, found
            time.sleep(0.5)

    def check_acknowledged(self, public):
        """Check that the writer has lost nothing that it said it had published: words are numbers that grow."""
        for slug, word in self.acknowledged():
            if word and public[slug]:
                assert public[slug].split()[-1] >= f"{word}.", f"{slug} has lost {word}"

    def shows(self, number, slug, body):
        """Tell whether a node shows a body, or that there is none any more."""
        status, text = page(self.edge.ports[f"node-{number}"], f"/posts/{slug}/")
        return (status, body in text) == (200, True) if body else status == 410

    def reconciled(self):
        """Return what `reconcile --check` comes to, at the writer and on each node, with what it says."""
        sides = [self.edge.writer, *(self.edge.node(number) for number in NUMBERS)]
        found = {}
        for process in [self.begin(side, "manage.py", "reconcile", "--check") for side in sides]:
            said = process.communicate(PATIENCE)
            found.setdefault(process.returncode, []).append(said)
        return found
