"""The page that explains the API: everything it offers is answered, and everything it says is so."""

import html
import json
import re

import pytest

from reader.api_page import EXAMPLES, FAULTY


@pytest.fixture
def page(published, client):
    """The page of a blog with one post."""
    published("Hello & <welcome>", tags=["rust"])
    answer = client.get("/api/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_example_is_answered_as_it_stands(page, client):
    links = [html.unescape(link) for link in re.findall(r'<a href="(/api/v1/[^"]*)"', page)]
    assert {path for _means, path in EXAMPLES} <= set(links)
    for link in links:
        assert client.get(link).status_code == 200, link


def test_examples_are_answered_on_an_empty_blog(both, client):
    assert client.get("/api/").status_code == 200
    for _means, path in EXAMPLES:
        assert client.get(path).status_code == 200


def test_the_answers_it_shows_are_those_that_are_given(page, client):
    shown = [html.unescape(block) for block in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.S)]
    command, sample, problem = shown
    assert command == f"curl 'http://localhost:8000{EXAMPLES[0][1]}'"
    results = json.loads(sample.replace(",\n  …\n}", "}"))["results"]
    assert results == client.get(EXAMPLES[0][1]).json()["results"]
    assert json.loads(problem) == client.get(FAULTY).json()


def test_it_names_every_parameter_of_every_endpoint(page, client):
    for path, said in client.get("/api/schema/").json()["paths"].items():
        section = page.partition(f"GET {path}<")[2].partition("<h2")[0]
        for parameter in said["get"]["parameters"]:
            assert parameter["in"] == "header" or f"<code>{parameter['name']}</code>" in section


def test_it_has_nothing_inline(page):
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=", page)


def test_the_address_without_its_slash_leads_there(both, client):
    answer = client.get("/api")
    assert (answer.status_code, answer["Location"]) == (301, "/api/")
