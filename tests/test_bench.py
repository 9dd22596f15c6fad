"""The benchmarks measure what they say: a blog as commands leave it, told in figures that are kept."""

from xml.etree import ElementTree

from django.conf import settings

from cms.reconcile import check
from cms.report import ExitCode
from reader.pages import Page
from tests import corpus
from tests.bench import plot, report, results
from writer.models import Post

SVG = "{http://www.w3.org/2000/svg}"


def test_a_blog_made_in_bulk_is_to_the_byte_what_projector_and_commands_would_leave(both):
    corpus.fill(20, words=100, each=True)
    found = check(deep=True)
    assert (found.compared, found.exit_code) == (20, ExitCode.IN_SYNC), str(found)
    assert len({bytes(page.body) for page in Page.objects.all()}) == 20


def test_a_blog_of_one_page_agrees_in_versions_and_digests(both):
    corpus.fill(20, words=100)
    assert check().exit_code == ExitCode.IN_SYNC
    assert Post.objects.live().count() == 20


def test_a_plot_shows_every_number_at_its_place():
    rows = [("home", {"SQLite": 1000, "PostgreSQL": 100}), ("a <page>", {"SQLite": 10})]
    drawn = ElementTree.fromstring(
        plot.dots("Requests", "of a test", "requests/s", ["SQLite", "PostgreSQL"], rows)
    )
    marks = {
        mark.find(f"{SVG}title").text: float(mark.get("cx"))
        for mark in drawn.iter(f"{SVG}circle")
        if mark.find(f"{SVG}title").text[-1].isdigit()
    }
    few, some, many = (
        marks[name] for name in ("a <page>, SQLite: 10", "home, PostgreSQL: 100", "home, SQLite: 1,000")
    )
    assert plot.LEFT < few < some < many < plot.WIDTH
    assert round(some - few, 1) == round(many - some, 1)  # each ten times the one before


def test_the_page_of_figures_says_what_is_kept():
    docs = settings.BASE_DIR / "docs"
    assert report.written(results.kept(docs / "figures")) in (docs / "benchmarks.md").read_text()
