"""`make audit`: checkers of others over a whole site. `python -m tests.audit [FOLDER OF POSTS]`.

Ends with 1 if one of them found something.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.audit import looks, pages
from tests.audit.blog import served


def missing():
    """Return what this machine lacks."""
    lacks = [name for name in ("java", "node", "chromium") if not shutil.which(name)]
    return lacks if pages.CHECKER.exists() and looks.LIGHTHOUSE.exists() else [*lacks, "npm's packages"]


def say(what, found, seconds):
    """Print what was checked and every finding; return how many there are."""
    print(f"{'✕' if found else '✓'} {what}: {len(found) or 'nothing'} to mend  ({seconds:.0f} s)", flush=True)
    for finding in found[:40]:
        print(f"    {finding}")
    return len(found)


def audit(site, folder):
    """Run every checker; return how much they found."""
    begun = time.monotonic()
    kept, faults, kinds = pages.everything(site, folder)
    for (status, kind), number in sorted(kinds.items()):
        print(f"  {number:5} × {status} {kind}")
    total = say(f"links, feeds and data of {kinds.total()} addresses", faults, time.monotonic() - begun)
    begun = time.monotonic()
    errors, warnings = pages.checked(folder, kept)
    total += say(f"Nu HTML checker, {len(kept)} pages", errors, time.monotonic() - begun)
    for words, number in warnings.most_common(10):
        print(f"    a warning {number} times: {words}")
    begun = time.monotonic()
    article = looks.telling(kept, folder)
    paths = [article, *looks.one_of_each(kept)]
    total += say(
        f"axe, {len(paths)} kinds of page, light and dark", looks.axe(site, paths), time.monotonic() - begun
    )
    for path in (article, "/", "/search/"):
        begun = time.monotonic()
        scores, short, painted = looks.lighthouse(site + path, folder)
        low = short if min(scores.values()) < looks.LEAST else []
        low += [f"first painted after {painted} ms"] * (painted >= looks.SOON)
        figures = ", ".join(f"{name} {score}" for name, score in scores.items())
        total += say(
            f"Lighthouse {path}: {figures}, painted after {painted} ms", low, time.monotonic() - begun
        )
    return total


def main(posts=None):
    """Audit a new site with the demo, and with these posts."""
    if lacks := missing():
        sys.exit(f"The audit needs {', '.join(lacks)}. The site itself does not. See CONTRIBUTING.md.")
    with tempfile.TemporaryDirectory(prefix="imprint-audit-") as folder:
        pages_folder = Path(folder) / "pages"
        pages_folder.mkdir()
        data = Path(folder) / "data"
        data.mkdir()
        with served(data, posts) as site:
            found = audit(site, pages_folder)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main(*sys.argv[1:2])
