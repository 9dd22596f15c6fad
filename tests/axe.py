"""What axe and a phone say of a page that is open in a browser."""

from pathlib import Path

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
LOOK = """async rules => {
  const found = await axe.run(document, {iframes: false, preload: false, ...(rules && {runOnly: rules})});
  return found.violations.map(({id, nodes}) => `${id}: ${nodes.slice(0, 3).map(node => node.html.slice(0, 160) + " " + (node.any[0]?.message ?? "")).join(" | ")}`);
}"""


def look(page, *, where):
    """Return what axe finds at a page: all of it in light colours, contrast in dark ones; and a page too wide."""
    page.emulate_media(reduced_motion="reduce")  # colours are measured, not their change
    page.evaluate(AXE)
    found = page.evaluate(LOOK, None)
    page.emulate_media(color_scheme="dark")
    found += [f"dark {words}" for words in page.evaluate(LOOK, ["color-contrast"])]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    if page.evaluate("document.documentElement.scrollWidth") > 390:
        found.append("wider than a phone")
    page.set_viewport_size({"width": 1280, "height": 1000})
    return [f"{where}: {words}" for words in found]
