"""From the results that are kept to docs/: tables into benchmarks.md, and two plots."""

from django.conf import settings

from tests.bench import plot, results, tables

BEGIN, END = "<!-- written by `python -m tests.bench report` -->", "<!-- end of what is written -->"
HEADINGS = {
    "serve": "Serving",
    "front": "Behind nginx",
    "publish": "From publishing to reading",
    "soak": "Ten minutes of both",
    "profile": "Where the time goes",
    "edge": "Nodes",
}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
COMPARED = (
    "article",
    "home",
    "deep list page",
    "tag page",
    "RSS",
    "API list",
    "API item",
    "search, common word",
)


def report(options):
    """Write the tables and plots of all that is kept."""
    kept = results.kept(results.FOLDER)
    docs = settings.BASE_DIR / "docs"
    served = [one for one in kept if one["what"] == "serve"]
    if served:
        (docs / "benchmarks-serving.svg").write_text(serving(served))
        (docs / "benchmarks-sizes.svg").write_text(sizes(served))
    page = docs / "benchmarks.md"
    before, _begin, rest = page.read_text().partition(BEGIN)
    _old, _end, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{written(kept)}\n\n{END}{after}")
    print(f"{len(kept)} results of {results.FOLDER} are in {page}.")


def written(kept):
    """Return the tables, each under its heading."""
    parts = []
    for what, heading in HEADINGS.items():
        for one in (one for one in kept if one["what"] == what):
            parts.append(
                f"### {heading}: {NAMES[one['on']]}, {one['posts']:,} posts\n\n{tables.TABLES[what](one)}"
            )
    return "\n\n".join(parts)


def serving(served):
    """Return the plot of requests a second, of the size that was measured on most databases, or the largest."""
    posts = max(
        {one["posts"] for one in served},
        key=lambda number: (sum(one["posts"] == number for one in served), number),
    )
    shown = {NAMES[one["on"]]: one["rows"] for one in served if one["posts"] == posts}
    first = next(iter(shown.values()))
    floors = [(what, first[what]["rate"]) for what in (tables.HELLO, tables.FILES)]
    rows = [
        (what, {name: told[what]["rate"] for name, told in shown.items()})
        for what in first
        if what not in dict(floors)
    ]
    return plot.dots(
        f"Requests a second, {posts:,} posts",
        "A web process for each of two cores, wrk with 16 connections on the same; searches one by one. Medians of three rounds.",
        "requests/s",
        list(shown),
        rows,
        floors,
    )


def sizes(served):
    """Return the plot of what a request costs, on SQLite, at each size."""
    shown = {f"{one['posts']:,} posts": one["rows"] for one in served if one["on"] == "sqlite"}
    rows = [(what, {name: told[what]["cpu"] / 1000 for name, told in shown.items()}) for what in COMPARED]
    firsts = {f"{one['posts']:,} posts": one["first"] for one in served if one["on"] == "sqlite"}
    rows += [
        (f"{what}, first request", {name: told[what]["cpu"] for name, told in firsts.items()})
        for what in next(iter(firsts.values()), {})
    ]
    return plot.dots(
        "What a request costs as the blog grows",
        "Processor time of the web process on SQLite. Dots upon each other: the size does not matter.",
        "ms for each request",
        list(shown),
        rows,
    )
