"""Everything at once, and any of it killed or frozen at any moment: readers notice nothing, nothing is lost.

Two publishers, the sweeps, commands by hand and the web server run as processes; CHAOS_SECONDS says
how long, CHAOS_SEED repeats a run's choices as far as processes allow.
"""

import json
import os
import random
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event

import pytest

from tests.chaos_publisher import STEADY
from tests.chaos_readers import read, watch
from tests.chaos_victims import PUBLISHERS, SWEEPS, running
from tests.installation import PATIENCE, wait_for

pytestmark = pytest.mark.processes

SECONDS = float(os.environ.get("CHAOS_SECONDS", "45"))  # with set-up and end about a minute
SEED = os.environ.get("CHAOS_SEED") or str(random.randrange(10**6))
READERS = 3
COMMANDS = SECONDS  # that must return, or the test means little
RESPITE = 4  # s in which some command should


@contextmanager
def readers(site, web):
    """Let readers read, and watch the versions; yield how to check that nobody complains, and what was answered."""
    stopped, statuses = Event(), Counter()
    files = [site.folder / f"allowed-{number}" for number in range(PUBLISHERS)]
    with ThreadPoolExecutor(READERS + 1) as pool:
        reading = [pool.submit(read, web, files, stopped, f"{SEED} {number}") for number in range(READERS)]
        watching = pool.submit(watch, site, stopped)

        def check():
            for future in [*reading, watching]:
                if future.done():
                    future.result()

        try:
            yield check, statuses
        finally:
            stopped.set()
        for future in reading:
            statuses += future.result()
        watching.result()


def disturb(site, victims, check, rng):
    """Kill and freeze the processes in any order and at any moment, the publishers twice as often as the others.

    Where the machine has much else to do, processes would only begin: so a command has to return from each time to
    the next, and it goes on for up to three times as long, until enough of them have.
    """
    begun, strike, deck, done = time.monotonic(), 0, [], 0
    while (now := time.monotonic()) < begun + SECONDS or (
        now < begun + 3 * SECONDS and len(acknowledged(site)) < COMMANDS
    ):
        check()
        for victim in victims:
            victim.tend()
        if now > strike and (now > strike + RESPITE or len(acknowledged(site)) > done):
            if not deck:
                publishers = [victim for victim in victims if victim.name.startswith("publisher")]
                deck = [turn for victim in victims + publishers for turn in (victim.kill, victim.freeze)]
                rng.shuffle(deck)
            deck.pop()()
            strike, done = now + rng.uniform(0.2, 1.2), len(acknowledged(site))  # s
        time.sleep(0.02)


def run_out(site, victims, check):
    """End the chaos, and let everything run that was left.

    The relay alone must bring both sides together: a kill leaves lag, never drift.
    """
    web, *others = victims
    for victim in others:
        victim.end()
    time.sleep(2)  # until the last appointments are due
    wait_for(lambda: web.tend() or web.up, "the web server to come back")
    assert manage(site, "publish_due")[0] in (0, 4)  # 4: one was refused, as an address was taken
    code, said = manage(site, "relay")
    assert said.endswith("delivered, 0 failed.\n")
    site.python("from tests.chaos_sweeper import forget_the_killed; forget_the_killed()")
    for options in (["--check"], []):
        code, said = manage(site, "reconcile", "--deep", "--json", *options)
        assert (code, json.loads(said)["findings"], json.loads(said)["waiting"]) == (0, [], 0), said
    check()


def manage(site, *given):
    """Run manage.py; return its exit code and what it printed."""
    process = site.fork("manage.py", *given)
    said, _complaints = process.communicate(timeout=PATIENCE)
    return process.returncode, said


AT_FIRST = 30  # posts, four of them never moved nor withdrawn
FIRST_POSTS = f"""
import uuid
for number in range({AT_FIRST}):
    word = f"w9x9x{{number}}w"
    slug = f"{STEADY}-{{number}}" if number < 4 else f"place-{{number}}"
    draft = Draft(title=f"Post {{word}}", slug=slug, keeps_slug=True, body=f"Text {{word}}.")
    post = commands.create_draft(draft=draft, actor=None, now=now, post_id=uuid.UUID(int=1000 + number))
    commands.publish(post, actor=None, now=now)
"""
FIRST_WORDS = "".join(f"w9x9x{number}w\n" for number in range(AT_FIRST))
STATE = """
from tests.chaos_publisher import WORD
from tests.oracle import stored, wanted
from writer.models import Revision
found, should = stored(), wanted()
events = [[str(post), version] for post, version in OutboxEvent.objects.values_list("post_id", "version")]
say({
    "differing": [name for name in should if found[name] != should[name]],
    "readable": sorted(set(WORD.findall(repr(found)))),
    "written": WORD.findall(" ".join(Revision.objects.values_list("body", flat=True))),
    "versions": {str(post): version for post, version in Post.objects.values_list("pk", "version")},
    "events": events,
    "delivered": OutboxEvent.objects.exclude(delivered_at=None).count(),
})
"""


def begin(site):
    """Publish the first posts, and allow their words."""
    site.python(FIRST_POSTS)
    for number in range(PUBLISHERS):
        (site.folder / f"allowed-{number}").write_text(FIRST_WORDS)
        (site.folder / f"acknowledged-{number}").touch()


def compare(site):
    """Check that both sides agree, that no draft can be read, and that nothing acknowledged was lost."""
    state = site.python(STATE)
    assert state["differing"] == []
    allowed = {word for number in range(PUBLISHERS) for word in lines(site, f"allowed-{number}")}
    assert set(state["readable"]) <= allowed
    events = {tuple(event) for event in state["events"]}
    newest = dict(sorted(events, key=lambda event: event[1]))
    done = [json.loads(line) for line in acknowledged(site)]
    for command, post, version in done:
        assert not version or (post, version) in events, f"{command} of {post} was lost"
    announced = Counter(post for command, post, _version in done if command in ("publish", "unpublish"))
    assert announced <= Counter(post for post, _version in events)
    assert all(version == newest.get(post, 0) for post, version in state["versions"].items())
    return {
        "commands": len(done),
        "commands, by kind": dict(Counter(command for command, *_rest in done)),
        "events delivered": state["delivered"],
        "readable words": len(state["readable"]),
        "secret words": len(set(state["written"]) - allowed),
    }


def acknowledged(site):
    """Return what the publishers wrote down of the commands that returned, a line each."""
    return [line for number in range(PUBLISHERS) for line in lines(site, f"acknowledged-{number}")]


def lines(site, file):
    return (site.folder / file).read_text().splitlines()


def logged(victims):
    """Return what the processes logged in numbers; none of them may have met with an error."""
    said = {victim.name: victim.said() for victim in victims}
    for name, text in said.items():
        assert "Traceback" not in text, f"{name}:\n{text[-5000:]}"
    text = "".join(said.values())
    return {
        "exit codes": {name: dict(Counter(re.findall(r"^exit (\d+)$", said[name], re.M))) for name in SWEEPS},
        "not delivered at once": text.count("was not delivered"),
        "left to a relay": sum(map(int, re.findall(r"(\d+) events delivered", text))),
        "drift repaired": sum(map(int, re.findall(r"(\d+) repaired", text))),
    }


def test_readers_notice_nothing_and_nothing_is_lost_whatever_is_killed(installation, record_property):
    rng = random.Random(SEED)
    print(f"CHAOS_SEED={SEED}")  # noqa: T201  shown when it fails, or with -s
    begin(installation)
    with running(installation, rng) as victims, readers(installation, victims[0]) as (check, statuses):
        disturb(installation, victims, check, rng)
        run_out(installation, victims, check)
    figures = {
        **compare(installation),
        **logged(victims),
        "kills": {victim.name: victim.kills for victim in victims},
        "freezes": {victim.name: victim.freezes for victim in victims},
        "answers": dict(statuses),
    }
    for name, figure in figures.items():
        print(f"{name}: {figure}")  # noqa: T201
        record_property(name, figure)
    assert figures["drift repaired"] <= SECONDS / 600  # lag that looks like drift twice in a row is rare
    assert enough(figures)


def enough(figures):
    """Tell whether so much happened that the test means something."""
    minutes = SECONDS / 60
    return (
        sum(figures["kills"].values()) >= 10 * minutes
        and (minutes < 0.7 or all(figures["kills"].values()))
        and figures["commands"] >= COMMANDS
        and sum(figures["answers"].values()) >= 300 * minutes
        and figures["events delivered"] >= 30 * minutes
        and figures["readable words"]
        and figures["secret words"]
    )
