"""A plot of dots on a scale of powers of ten, as SVG that can be read in light and in dark. Pure."""

from html import escape
from math import ceil, floor, log10

WIDTH, ROW = 860, 28  # px
LEFT, RIGHT, ABOVE, BELOW = 210, 40, 96, 56
LOOK = """
.ground { fill: #ffffff } .title { font-weight: 600; font-size: 16px }
text { fill: #1f2328; font: 13px system-ui, -apple-system, "Segoe UI", sans-serif }
.minor { fill: #59636e; font-size: 12px } .grid { stroke: #d1d9e0 } .floor { stroke: #59636e; stroke-dasharray: 4 3 }
.s0 { fill: #0969da; stroke: #0969da } .s1 { fill: #ffffff; stroke: #bc4c00 } .s2 { fill: #1a7f37; stroke: #1a7f37 }
.mark { stroke-width: 2 }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117 } text { fill: #f0f6fc } .minor { fill: #9198a1 } .grid { stroke: #3d444d }
.floor { stroke: #9198a1 } .s0 { fill: #4493f8; stroke: #4493f8 } .s1 { fill: #0d1117; stroke: #f0883e }
.s2 { fill: #3fb950; stroke: #3fb950 } }
"""


def dots(title, below, axis, series, rows, floors=()):
    """Return the plot: of each row (a label, {series: number}) a dot for each series.

    `below` stands under the title, `axis` says what is counted, and `floors` are lines to compare with.
    """
    numbers = [number for _label, values in rows for number in values.values()] + [
        one for _label, one in floors
    ]
    across = scale(min(numbers), max(numbers))
    height = ABOVE + ROW * len(rows) + BELOW
    parts = [text(20, 28, title, "title"), text(20, 48, below, "minor"), *legend(series)]
    parts += ticks(numbers, across, height, axis)
    parts += [line for floor in floors for line in crossing(*floor, across, height)]
    for place, (label, values) in enumerate(rows):
        y = ABOVE + ROW * (place + 0.5)
        parts.append(text(LEFT - 14, y + 4, label, end="end"))
        parts += [
            mark(series.index(name), across(number), y, f"{label}, {name}: {number:,.4g}")
            for name, number in values.items()
        ]
    whole = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
    ground = f'<rect class="ground" width="{WIDTH}" height="{height}" rx="6"/>'
    return "\n".join([whole, f"<style>{LOOK}</style>", ground, *parts, "</svg>\n"])


def scale(least, most):
    """Return what gives the place of a number, in px from the left."""
    low, high = log10(least) - 0.1, log10(most) + 0.1
    return lambda number: LEFT + (WIDTH - LEFT - RIGHT) * (log10(number) - low) / (high - low)


def ticks(numbers, across, height, axis):
    """Return lines at round numbers, and what is counted: at powers of ten, and between if those are few."""
    powers = range(floor(log10(min(numbers))), ceil(log10(max(numbers))) + 1)
    steps = (1, 2, 5) if len(powers) < 5 else (1,)
    parts = [
        text((LEFT + WIDTH - RIGHT) / 2, height - 14, f"{axis}, on a logarithmic scale", "minor", "middle")
    ]
    for number in (step * 10**power for power in powers for step in steps):
        x = across(number)
        if LEFT <= x <= WIDTH - RIGHT:
            parts.append(line("grid", x, ABOVE - 4, height - BELOW + 4))
            parts.append(text(x, height - BELOW + 20, f"{number:,g}", "minor", "middle"))
    return parts


def crossing(label, number, across, height):
    """Return the line of a floor."""
    x = across(number)
    return [line("floor", x, ABOVE - 4, height - BELOW + 4), text(x, ABOVE - 10, label, "minor", "middle")]


def legend(series):
    """Return what the marks mean."""
    parts, x = [], LEFT
    for place, name in enumerate(series if len(series) > 1 else []):
        parts += [mark(place, x, 66, name), text(x + 12, 70, name, "minor")]
        x += 40 + 7 * len(name)
    return parts


def mark(place, x, y, told):
    """Return the mark of a series, which says its number to who points at it."""
    shapes = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5"',
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5"',
        f'<rect x="{x - 4.5:.1f}" y="{y - 4.5:.1f}" width="9" height="9" transform="rotate(45 {x:.1f} {y:.1f})"',
    )
    return f'{shapes[place]} class="mark s{place}"><title>{escape(told)}</title></{shapes[place][1:].split()[0]}>'


def line(look, x, top, bottom):
    return f'<line class="{look}" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>'


def text(x, y, words, look="", end="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{look}" text-anchor="{end}">{escape(words)}</text>'
