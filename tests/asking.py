"""How tests ask the API."""

import json

import pytest

ARTICLES = "/api/v1/articles/"
HERE = "http://localhost:8000"


@pytest.fixture
def ask(client):
    """Ask the API; return the answer as JSON values."""

    def ask(path=ARTICLES, **parameters):
        answer = client.get(path, parameters)
        assert answer.status_code == 200, answer.content
        return json.loads(answer.content)

    return ask


@pytest.fixture
def refused(client):
    """Ask the API for what it refuses; return the problem."""

    def refused(path=ARTICLES, *, status=400, **parameters):
        answer = client.get(path, parameters)
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["Access-Control-Allow-Origin"] == "*"
        problem = json.loads(answer.content)
        assert problem["status"] == status
        return problem

    return refused


def titles(answer):
    return [article["title"] for article in answer["results"]]


def walked(ask, path=ARTICLES, forth="next", **parameters):
    """Return the titles of every page of a list, one page a list."""
    answer = ask(path, **parameters)
    pages = [titles(answer)]
    while answer[forth]:
        answer = ask(answer[forth].removeprefix(HERE))
        pages.append(titles(answer))
    return pages, answer
