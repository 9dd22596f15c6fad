"""How fast the site answers, beside two floors in the same run: Django that says hello, and files."""

import sys
from contextlib import ExitStack
from statistics import median

from tests.bench import files, first, results, targets, web, wrk
from tests.bench.blog import made, prepare

ROUNDS = 3
CONNECTIONS = 16
HELLO, FILES, SITE = "Django, hello", "nginx, files", "Imprint"
NEVER_FIRST = ("search", "API", "article, ")  # nothing is kept of them


def serve(options):
    """Measure every kind of address in rounds, and what the first request of an edition costs."""
    wrk.needed("wrk", "nginx")
    prepare(options, each=True)
    with ExitStack() as stack:
        site = stack.enter_context(web.imprint(workers=options.workers))
        warmed = first.warm(site)
        asked = targets.written(site, options.posts)
        hello = stack.enter_context(web.hello(workers=options.workers))
        static = stack.enter_context(files.served(workers=options.workers))
        runs = {HELLO: (hello, asked["home"]), FILES: (static, asked["article"])}
        runs |= {what: (site, file) for what, file in asked.items()}
        machine = results.machine()
        rows = in_rounds(runs, options.seconds)
        firsts = {
            what: first.requests(site, file.read_text().splitlines())
            for what, file in asked.items()
            if not what.startswith(NEVER_FIRST)
        }
        memory = {SITE: site.memory(), HELLO: hello.memory(), FILES: static.memory()}
    told = {"made": made(), "rows": rows, "first": firsts, "warmed": warmed, "memory": memory}
    results.keep("serve", options, machine, **told)


def in_rounds(runs, seconds):
    """Return {what: medians} of what is asked of each server: one after the other, in rounds."""
    told = {what: [] for what in runs}
    for number in range(ROUNDS):
        for what, (server, file) in runs.items():
            # Searches come one by one: how long one takes is asked, not how it waits for 15 others.
            connections = 1 if what.startswith("search") else CONNECTIONS
            one = wrk.ask(server, file, connections=connections, seconds=seconds, seed=number)
            told[what].append(one | {"connections": connections})
            print(f"round {number + 1}: {what}: {told[what][-1]['rate']:,.0f}/s", file=sys.stderr)
    return {what: medians(ones) for what, ones in told.items()}


def medians(ones):
    """Return the median of each figure; of what went wrong, the sum."""
    said = {name: median(one[name] for one in ones) for name in ones[0]}
    return said | {name: sum(one[name] for one in ones) for name in ("refused", "broken")}
