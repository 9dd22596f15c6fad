"""Colours of code: every one can be read on the ground it stands on, by day and by night."""

import re

import pytest
from django.conf import settings
from pygments.token import STANDARD_TYPES

SITE = (settings.BASE_DIR / "static" / "reader" / "site.css").read_text()
PAIR = re.compile(r"--([a-z-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
SHEET = SITE[SITE.index("/* code: ") : SITE.index("/* end of code */")]
COLOURS = {name: pair for name, *pair in PAIR.findall(SHEET)}
GROUND = {name: pair for name, *pair in PAIR.findall(SITE)}["wash"]
ENOUGH = 4.5  # WCAG 2.2, 1.4.3, for text of this size


def luminance(colour):
    """As WCAG 2.2 defines it."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_is_the_one_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("name", COLOURS)
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_of_code_can_be_read(name, scheme):
    assert contrast(COLOURS[name][scheme], GROUND[scheme]) >= ENOUGH


def test_no_colour_is_written_outside_the_measured_ones():
    rules = PAIR.sub("", re.sub(r"/\*.*?\*/", "", SHEET, flags=re.DOTALL))
    assert not re.search(r"#[0-9a-f]{3}", rules)
    assert set(re.findall(r"var\(--([a-z-]+)\)", rules)) == set(COLOURS)


def test_every_class_is_one_that_the_highlighter_gives():
    classes = set(re.findall(r"\.([a-z][a-z0-9]*)(?=[ ,])", re.sub(r"/\*.*?\*/", "", SHEET, flags=re.DOTALL)))
    assert classes - {"highlight"} <= set(STANDARD_TYPES.values())
