"""Files of others: they are what their list says they are."""

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = [ROOT / "static" / "vendor", ROOT / "tests" / "vendor"]


def listed(folder):
    """Return the rows of the folder's list: file, package, version, file in the package, licence, hash."""
    lines = (folder / "README.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {row[0]: row[1:] for row in rows[2:]}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_file_of_others_is_listed_and_as_it_was_published(folder):
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    del found["README.md"]
    assert found == {name: row[-1] for name, row in listed(folder).items()}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_file_of_others_has_its_licence(folder):
    assert all(row[3].split(",")[0] in ("ISC", "MIT", "MPL-2.0") for row in listed(folder).values())


def test_nothing_of_others_asks_for_a_file_that_is_not_here():
    for path in FOLDERS[0].glob("*.js"):
        assert "sourceMappingURL" not in path.read_text()
        assert not [line for line in path.read_text().splitlines() if line.startswith("import ")]
