"""Results as Markdown. Pure."""

HELLO, FILES = "Django, hello", "nginx, files"
HEAD = """| asked for | requests/s | × hello | × files | p50 | p95 | p99 | processor time | × hello by it | bytes |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def serve(kept):
    """Return the table of how fast the site answers."""
    rows = kept["rows"]
    lines = [about(kept), "", HEAD]
    for what, row in rows.items():
        ratios = (f"{row['rate'] / rows[floor]['rate']:.2f}" for floor in (HELLO, FILES))
        less = rows[HELLO]["cpu"] / (row["cpu"] + row["database"])
        behind = f" + {micro(row['database'])}" if row["database"] else ""
        lines.append(
            f"| {what} | {row['rate']:,.0f} | {' | '.join(ratios)} | {ms(row['p50'])} | {ms(row['p95'])} "
            f"| {ms(row['p99'])} | {micro(row['cpu'])}{behind} | {less:.2f} | {row['size']:,.0f} |"
        )
    wrong = sum(row["refused"] + row["broken"] for row in rows.values())
    firsts = ", ".join(f"{what} {ms(one['p50'])} ({ms(one['cpu'])})" for what, one in kept["first"].items())
    lines += [
        "",
        f"Other answers than 2xx and 304, or none: {wrong}. First request of an edition, in brackets its processor time: {firsts}.",
    ]
    lines += [f"{name}: {resident(memory)}." for name, memory in kept["memory"].items()]
    return "\n".join(lines)


def front(kept):
    """Return the table of how fast articles are through nginx in front."""
    rows = kept["rows"]
    lines = [
        about(kept),
        "",
        "| asked for | requests/s | × files | p50 | p99 | nginx's processor time |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for what, row in rows.items():
        share = row["rate"] / rows[FILES]["rate"]
        times = " | ".join((ms(row["p50"]), ms(row["p99"]), micro(row["cpu"])))
        lines.append(f"| {what} | {row['rate']:,.0f} | {share:.2f} | {times} |")
    wrong = sum(row["refused"] + row["broken"] for row in rows.values())
    return "\n".join([*lines, "", f"Other answers than 2xx and 304, or none: {wrong}."])


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


def publish(kept):
    """Return the table of how soon readers see what was published, and how fast a blog comes in."""
    lines = [about(kept), "", "| what | figure |", "|---|---|"]
    for name, what in (("made", "`import_posts --publish`"), ("rerendered", "`reconcile --rerender`")):
        if one := kept[name]:
            each = f"{one['posts'] / one['seconds']:.0f} posts/s"
            lines.append(
                f"| {what}, {one['posts']:,} posts | {one['seconds']:.1f} s, {one['mb']:.0f} MB; {each} |"
            )
    reads = kept["reads"]
    for name, when in (
        ("alone", "nothing else is asked"),
        ("while_read", f"{reads['rate']:.0f} reads/s run"),
    ):
        seen, command = (
            f"{ms(kept[name][f'{what}_p50'])}, 99 %: {ms(kept[name][f'{what}_p99'])}"
            for what in ("seen", "command")
        )
        lines.append(
            f"| from `publish` to the answer that shows it, while {when} | median {seen}; the command alone {command} |"
        )
    lines.append(f"| those reads | median {ms(reads['p50'])}, 99 %: {ms(reads['p99'])}; {statuses(reads)} |")
    return "\n".join(lines)


def soak(kept):
    """Return the table of what a long time of reading and publishing came to."""
    memory, reads = kept["memory"], kept["reads"]
    lines = [about(kept), "", "| what | figure |", "|---|---|"]
    lines.append(
        f"| reads | {reads['rate']:.0f}/s: {statuses(reads)}; median {ms(reads['p50'])}, 99 %: {ms(reads['p99'])} |"
    )
    asked = ", ".join(f"{status}: {number:,}" for status, number in kept["asked"].items())
    lines.append(
        f"| asked right after a publication (page, home, feed, API item) | {asked}; stale: {len(kept['stale'])} |"
    )
    for name, grown in kept["grown"].items():
        first, last = (" + ".join(f"{one:.0f}" for one in sample[name]) for sample in (memory[0], memory[-1]))
        lines.append(
            f"| memory of {name}, in MB | {first} at first, {last} at the end; {grown} × what it was once settled |"
        )
    lines.append(f"| afterwards | {kept['reconcile']} |")
    return "\n".join(lines)


def profile(kept):
    """Return the table of where the time of a stored page goes."""
    lines = [about(kept), ""]
    lines.append(
        f"Processor time of one article in one thread: {micro(kept['alone'])}; in {kept['threads']} threads at once: "
        f"{micro(kept['together'])}. Of a request under the profiler:"
    )
    lines += ["", "| function | calls | its own share |", "|---|---:|---:|"]
    lines += [f"| `{name}` | {calls:.1f} | {share:.0f} % |" for name, calls, share in kept["functions"]]
    return "\n".join(lines)


def edge(kept):
    """Return the table of what a new node takes, and of how soon all nodes show what was published."""
    lines = [about(kept), "", "| what | figure |", "|---|---|"]
    posts = kept["posts"]
    for name, what in (
        ("filled", "the writer's `reconcile`, an empty stream on three servers"),
        ("from_stream", "an empty node: `follow --once`"),
        ("snapshot", "`snapshot` of that node"),
        ("started", "an empty node: `start_from`"),
    ):
        one = kept[name]
        each = f"{ms(1000 * one['cpu'] / posts)} of processor time an article"
        lines.append(f"| {what} | {one['seconds']:.1f} s, {one['mb']:.0f} MB; {each} |")
    lines.append(f"| bytes of an article of {kept['words']} words on a node | {kept['article']:,.0f} |")
    lines.append(f"| bytes of it in the stream, on each server | {kept['message']:,.0f} |")
    for name, one in kept["publications"].items():
        seen, command = (
            f"{ms(one[f'{what}_p50'])}, 99 %: {ms(one[f'{what}_p99'])}" for what in ("seen", "command")
        )
        lines.append(
            f"| from `publish` to the last answer that shows it, {name} on this machine, {one['count']} at {one['rate']:.1f} a second "
            f"| median {seen}; the command alone {command} |"
        )
    return "\n".join(lines)


def statuses(reads):
    """Return how often each status was answered."""
    return ", ".join(f"{status}: {number:,}" for status, number in reads["statuses"].items())


TABLES = {"serve": serve, "front": front, "publish": publish, "soak": soak, "profile": profile, "edge": edge}
