"""What the API says of itself: valid, the same as in the repository, and true."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from reader import api_schema

SNAPSHOT = Path(settings.BASE_DIR) / "docs/openapi.json"


def test_the_description_is_valid_without_a_warning_and_the_one_in_the_repository():
    """`make schema` writes it anew; look at what changed, as programs rely on it."""
    said = StringIO()
    call_command("spectacular", format="openapi-json", validate=True, fail_on_warn=True, stdout=said)
    assert json.loads(said.getvalue()) == json.loads(SNAPSHOT.read_text())


def test_the_description_is_served_as_it_is_in_the_repository(both, client):
    answer = client.get("/api/schema/")
    assert answer["Content-Type"] == "application/json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert json.loads(answer.content) == json.loads(SNAPSHOT.read_text())
    assert client.get("/api/schema/", headers={"If-None-Match": answer["ETag"]}).status_code == 304


@pytest.mark.parametrize("member", ["parameters", "responses", "summary", "description"])
def test_every_operation_is_described(member):
    paths = json.loads(SNAPSHOT.read_text())["paths"]
    assert len(paths) == 9
    for path in paths.values():
        assert path["get"][member]


def test_the_first_readers_of_the_description_make_it_one_after_the_other(monkeypatch):
    under_way, together = [], []

    def get_schema(self, **given):
        under_way.append(self)
        time.sleep(0.05)
        together.append(len(under_way))
        under_way.remove(self)
        return {}

    monkeypatch.setattr(api_schema.SchemaGenerator, "get_schema", get_schema)
    api_schema.generated.cache_clear()
    try:
        with ThreadPoolExecutor(2) as pool:
            assert list(pool.map(lambda _number: api_schema.openapi(), range(2))) == [{}, {}]
    finally:
        api_schema.generated.cache_clear()
    assert together == [1]
