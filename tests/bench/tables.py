"""Results as Markdown. Pure."""

HELLO, FILES = "Django, hello", "nginx, files"
HEAD = """| asked for | requests/s | × hello | × files | p50 | p95 | p99 | processor time | bytes |
|---|---:|---:|---:|---:|---:|---:|---:|---:|"""


def serve(kept):
    """Return the table of how fast the site answers."""
    rows = kept["rows"]
    lines = [about(kept), "", HEAD]
    for what, row in rows.items():
        ratios = (f"{row['rate'] / rows[floor]['rate']:.2f}" for floor in (HELLO, FILES))
        behind = f" + {micro(row['database'])}" if row["database"] else ""
        lines.append(
            f"| {what} | {row['rate']:,.0f} | {' | '.join(ratios)} | {ms(row['p50'])} | {ms(row['p95'])} "
            f"| {ms(row['p99'])} | {micro(row['cpu'])}{behind} | {row['size']:,.0f} |"
        )
    wrong = sum(row["refused"] + row["broken"] for row in rows.values())
    firsts = ", ".join(f"{what} {ms(one['p50'])} ({ms(one['cpu'])})" for what, one in kept["first"].items())
    lines += [
        "",
        f"Other answers than 2xx and 304, or none: {wrong}. First request of an edition, in brackets its processor time: {firsts}.",
    ]
    lines += [f"{name}: {resident(memory)}." for name, memory in kept["memory"].items()]
    return "\n".join(lines)


def about(kept):
    """Return the sentence of what was measured when, and where."""
    machine = kept["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return (
        f"{kept['posts']:,} posts, {versions}; {machine['cores']} cores of {machine['processor']}, {machine['memory']}; "
        f"{machine['date']} UTC, commit {machine['commit']}, load {machine['load']} when it began."
    )


def resident(memory):
    """Return what each process holds."""
    return ", ".join(f"{one['process']} {one['mb']:.0f} MB" for one in memory)


def micro(number):
    """Return a time given in µs."""
    return f"{number:.0f} µs" if number < 1000 else ms(number / 1000)


def ms(number):
    """Return a time given in ms."""
    return f"{number:.2f} ms" if number < 10 else f"{number:.0f} ms"


TABLES = {"serve": serve}
