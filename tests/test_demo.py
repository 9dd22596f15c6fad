"""The demo blog: what `make run` shows first."""

import gzip
import re

import pytest
from django.conf import settings
from django.core.management import call_command

from cms.reconcile import check
from cms.report import ExitCode
from reader.models import Article
from reader.pages import Page
from writer.models import Post


@pytest.fixture
def demo(both, settings, tmp_path, django_capture_on_commit_callbacks, capsys):
    settings.MEDIA_ROOT = tmp_path

    def demo():
        with django_capture_on_commit_callbacks(using="default", execute=True):
            call_command("demo")
        return capsys.readouterr().out

    return demo


def test_it_shows_every_state_and_a_second_run_changes_nothing(demo):
    demo()
    states = [post.state for post in Post.objects.all()]
    assert {state: states.count(state) > 0 for state in ("draft", "scheduled", "live", "changed")} == {
        "draft": True, "scheduled": True, "live": True, "changed": True,
    }  # fmt: skip
    assert states.count("live") >= 12
    before = list(Post.objects.order_by("pk").values_list("version", "lock_version", "publish_at"))
    assert "0 imported, 0 updated" in demo()
    assert list(Post.objects.order_by("pk").values_list("version", "lock_version", "publish_at")) == before
    assert check(deep=True).exit_code == ExitCode.IN_SYNC


def test_every_link_and_picture_in_it_leads_somewhere(demo, client, settings):
    out = demo()
    assert "Note:" not in out
    assert "Skipped" not in out
    for page in Page.objects.filter(status=200):
        html = page.identity.decode()
        for link in set(re.findall(r'(?:href|src)="(/[^"#]*)"', html)):
            if link.startswith("/media/"):
                assert (settings.MEDIA_ROOT / link.removeprefix("/media/")).is_file()
            elif not link.startswith(("/static/", "/admin/")):
                assert client.get(link).status_code in (200, 301), (page.path, link)


def test_no_draft_text_is_public(demo):
    demo()
    public = " ".join(Article.objects.values_list("html", flat=True))
    assert "the tram" not in public
    assert "You found it" not in public


def test_it_has_a_series_in_order_social_pictures_and_a_pinned_post(demo, client):
    demo()
    parts = Article.objects.exclude(series=None).order_by("published_at")
    assert sorted(article.series["part"] for article in parts) == [1, 2, 3]
    assert all(article.cover and article.cover_alt for article in parts)
    home = client.get("/").content.decode()
    assert re.search(r"<h2><a[^>]*>([^<]*)", home)[1] == "A first post in five minutes"


def test_an_article_takes_three_requests_and_less_than_20_kb_before_its_pictures(demo, client):
    demo()
    articles = Page.objects.filter(status=200, post_id__isnull=False).values_list("path", flat=True)
    assert len(articles) > 5
    for path in articles:
        page = client.get(path).content
        asked = re.findall(
            rb'<link rel="stylesheet" href="/static/([^"]+)"|<script src="/static/([^"]+)"', page
        )
        files = [
            (settings.BASE_DIR / "static" / (style or script).decode()).read_bytes()
            for style, script in asked
        ]
        assert not re.search(rb'rel="(preload|modulepreload|manifest)"|@import|<iframe', page)
        assert len([page, *files]) <= 3, path
        assert sum(len(gzip.compress(data)) for data in (page, *files)) < 20_000, path
