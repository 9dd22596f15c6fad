"""That something takes little of the processor."""

import time

TRIES = 3
STEPS = 2_000_000
USUAL = 0.06  # s that a processor of 2023 takes for so many steps of Python


def soon(limit, act, *given):
    """Do something with what is given within so many seconds of processor time; return what came of it.

    A virtual machine counts what others take of its processor meanwhile. So it may take as much more time as
    Python takes for something else just before and after, and is tried again.
    """
    taken = []
    for _try in range(TRIES):
        before = seconds(count)[0]
        needed, result = seconds(act, *given)
        slowness = max(1, (before + seconds(count)[0]) / 2 / USUAL)
        taken.append(needed / slowness)
        if taken[-1] < limit:
            return result
    raise AssertionError(f"At best it took {min(taken):.2f} s, and it may take {limit}.")


def seconds(act, *given):
    """Do something; return the processor time that it took, and what came of it."""
    begun = time.process_time()
    result = act(*given)
    return time.process_time() - begun, result


def count():
    """Do what always takes the same steps."""
    for _step in range(STEPS):
        pass
