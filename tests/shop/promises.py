"""Units until something is found, as the tables of `tests/evaluation` have them."""

from functools import lru_cache

from tests.evaluation.delays import structure_units

PAGE = 1e9
"""What is promised at 1e6, 4 units of 20,000 traces and 8 of 1,000, is what this threshold takes one by one:
units of one run are folded with one bet."""
HISTORY = 8
"""Units of the contrary that a path has at least before a scenario begins."""
LOST_RUNS = 9
"""Complete runs without a flow until it is lost, as `tests/acceptance/test_coverage.py` has it."""
TWICE_SLOWER = 68
"""Units until a call that takes twice as long is found (2.3, tolerance .15)."""


@lru_cache
def vanishes(traces: int) -> int:
    """A call that all of so many traces have, and no unit."""
    return structure_units(traces, False, HISTORY, PAGE)


@lru_cache
def appears(traces: int) -> int:
    """A call that none of so many traces has, and every unit."""
    return structure_units(traces, True, HISTORY, PAGE)


def slower(_: int) -> int:
    """A call that takes twice as long."""
    return TWICE_SLOWER
