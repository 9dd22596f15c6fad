"""The suite itself."""

import pytest


@pytest.mark.xdist_group("guard")
def test_what_is_grouped_stays_together(request, worker_id):
    if worker_id == "master":
        pytest.skip("The tests run in one process.")
    assert request.node.nodeid.endswith("@guard")
