"""Work that is spread over processes: nothing is lost when one dies, and none is left behind."""

import os
import signal
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from cms.cores import DIED, FEW, TOGETHER, spread, spread_together
from tests.installation import PATIENCE, wait_for

THINGS = range(FEW + 20)
ONCE, POISON = FEW + 3, FEW + 12


def say(number):
    return f"{number} by {os.getpid()}"


def die(number, *, mark):
    if number == POISON or (number == ONCE and not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def test_everything_is_done_once_the_first_few_here_and_the_others_elsewhere():
    outcomes = list(spread(say, THINGS, processes=2))
    assert sorted(number for number, _said in outcomes) == list(THINGS)
    workers = {number: int(said.rpartition(" ")[2]) for number, said in outcomes}
    assert {workers[number] for number in THINGS[:FEW]} == {os.getpid()}
    assert os.getpid() not in {workers[number] for number in THINGS[FEW:]}


def test_with_one_process_all_is_done_here_and_in_order():
    assert list(spread(say, THINGS, processes=1)) == [(number, say(number)) for number in THINGS]


def test_things_are_taken_only_as_there_is_room_for_them():
    taken = []

    def coming():
        for number in THINGS:
            taken.append(number)
            yield number

    for done, _outcome in enumerate(spread(say, coming(), processes=2)):
        assert len(taken) - done <= 5


def test_what_a_process_died_over_is_done_once_more_and_named_if_it_kills_again(tmp_path, caplog):
    outcomes = list(spread(partial(die, mark=tmp_path / "mark"), THINGS, processes=2))
    assert sorted(outcomes) == [(number, DIED if number == POISON else None) for number in THINGS]
    assert "A process died" in caplog.text


# --- in groups


def die_over(group, *, mark):
    for number in group:
        die(number, mark=mark)


def refuse(group):
    return "No group with that." if POISON in group else None


@pytest.mark.parametrize("processes", [1, 2])
def test_a_group_that_cannot_be_done_is_left_to_be_done_one_by_one(processes):
    outcomes = dict(spread_together(refuse, say, THINGS, processes=processes))
    apart = range(POISON - POISON % TOGETHER, POISON - POISON % TOGETHER + TOGETHER)
    assert outcomes.keys() == {*THINGS}
    assert {number for number, said in outcomes.items() if said} == {*THINGS} & {*apart}


def test_what_a_process_dies_over_is_found_in_its_group_and_takes_no_other_with_it(tmp_path):
    mark = tmp_path / "mark"
    acts = partial(die_over, mark=mark), partial(die, mark=mark)
    outcomes = list(spread_together(*acts, THINGS, processes=2))
    assert sorted(outcomes) == [(number, DIED if number == POISON else None) for number in THINGS]


# --- a run of reconcile

LEFT = 'say(Article.objects.filter(render_version="older").count())'


@pytest.fixture
def rerendering(installation):
    """Let a run render 500 articles anew, in two processes, each time it is asked to."""
    installation.environment["PROCESSES"] = "2"
    installation.python("""
from tests import corpus
corpus.fill(500, words=20)
Article.objects.update(render_version="older")
""")

    @contextmanager
    def rerendering():
        process = installation.start("manage.py", "reconcile", start_new_session=True)
        try:
            wait_for(lambda: process.poll() is not None or len(others(process)) > 2, "processes")
            yield process
        finally:
            process.kill()
            process.communicate()

    return rerendering


def others(process):
    """Return the processes that a process has started and that run: one that tidies up, and those that work."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return children.read_text().split() if process.poll() is None else []


def is_gone(process):
    """Tell whether nothing is left of the processes that were started with this one."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.processes
def test_ctrl_c_ends_every_process_and_the_next_run_goes_on_though_one_of_them_is_killed(
    rerendering, installation
):
    with rerendering() as process:
        os.killpg(process.pid, signal.SIGINT)  # a terminal tells all of them
        process.communicate(timeout=PATIENCE)
        wait_for(lambda: is_gone(process), "every process to end")
    left = installation.python(LEFT)
    assert 100 < left < 500
    with rerendering() as process:
        os.kill(int(others(process)[-1]), signal.SIGKILL)
        printed, complaints = process.communicate(timeout=PATIENCE)
    assert f"500 posts compared, {left} outdated, {left} repaired." in printed
    assert "A process died" in complaints
    assert installation.python(LEFT) == 0


@pytest.mark.processes
def test_a_run_that_is_killed_leaves_no_process_behind(rerendering, installation):
    with rerendering() as process:
        process.kill()
        wait_for(lambda: process.poll() is not None and is_gone(process), "every process to end")


# --- an import


@pytest.mark.processes
def test_what_several_processes_bring_to_readers_arrives_once(installation, tmp_path):
    installation.environment["PROCESSES"] = "2"
    for number in range(FEW + 20):
        (tmp_path / "posts").mkdir(exist_ok=True)
        (tmp_path / "posts" / f"{number}.md").write_text(f"---\ntitle: Post {number}\n---\nText.")
    printed = installation.manage("import_posts", str(tmp_path / "posts"), "--publish")
    assert printed == f"import: {FEW + 20} imported, 0 updated, 0 unchanged, 0 skipped.\n"
    assert installation.python("""
rows = OutboxEvent.objects.exclude(delivered_at=None)
say([rows.filter(attempts=1).count(), Page.objects.filter(status=200).count()])
""") == [FEW + 20, FEW + 20]
