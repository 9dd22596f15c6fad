"""What readers' pages look like stays small, and stands in files of its own."""

import re

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "static" / "reader"
TEMPLATES = sorted((settings.BASE_DIR / "templates").glob("*.html")) + sorted(
    (settings.BASE_DIR / "templates" / "reader").glob("*.html")
)
STYLES = "".join(re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.S) for file in FOLDER.glob("*.css"))


def test_all_styles_of_readers_pages_are_under_15_kb():
    assert sum(file.stat().st_size for file in FOLDER.glob("*.css")) < 15_000


def test_all_scripts_of_readers_pages_are_under_2_kb():
    assert sum(file.stat().st_size for file in FOLDER.glob("*.js")) < 2_000


def test_styles_ask_nobody_else_for_anything():
    assert "url(" not in STYLES
    assert "@import" not in STYLES


@pytest.mark.parametrize("side", ["left", "right"])
def test_styles_name_no_side_that_a_language_could_turn_round(side):
    assert not re.findall(
        rf"(?:margin|padding|border|inset)-{side}|text-align: {side}|float|[;{{] *{side}:", STYLES
    )


def test_colours_come_from_the_tokens():
    rules = re.sub(r"--[\w-]+: [^;}]+", "", STYLES)
    assert not re.findall(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsl", rules)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_page_has_a_script_or_style_of_its_own(template):
    text = template.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.search(r"<script(?! src=| type=\"application/ld\+json\")", text)
