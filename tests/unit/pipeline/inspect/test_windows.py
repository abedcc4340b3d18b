"""Where a sample is taken: at the end, and over all that is retained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.pipeline.inspect.windows import FIRST_MS, Window, moments, windows

MINUTE = 60_000
NOW = 10**13


@given(
    begin=st.integers(0, 10**6),
    held=st.integers(0, 10**6),
    wanted=st.integers(0, 10**4),
    found=st.lists(st.integers(-10, 2 * 10**6), max_size=60),
    number=st.integers(0, 50),
)
def test_as_many_as_wanted_and_none_twice(
    begin: int, held: int, wanted: int, found: list[int], number: int
) -> None:
    """All that there is where that is less; in order, within what is held."""
    taken = windows(begin, begin + held, wanted, found, number)
    assert sum(stop - start for start, stop in taken) == min(held, wanted)
    bounds = [offset for window in taken for offset in window]
    assert bounds == sorted(bounds) and all(start < stop for start, stop in taken if wanted)
    assert not bounds or (begin <= bounds[0] and bounds[-1] == begin + held)


def test_the_beginning_the_middle_and_the_end() -> None:
    """Half of the sample is at the end; the rest is spread evenly."""
    assert windows(100, 10_100, 80, []) == [Window(100, 120), Window(5_100, 5_120), Window(10_060, 10_100)]


def test_moments_lie_ever_further_apart() -> None:
    """From seconds to days before now; those of neighbours lie between each other."""
    mine, other = moments(0, 2, NOW), moments(1, 2, NOW)
    assert (NOW - mine[-1], mine) == (FIRST_MS, sorted(mine))
    assert NOW - mine[0] > 6 * 24 * 60 * MINUTE
    assert all(
        older < between < newer for older, between, newer in zip(mine, other[1:], mine[1:], strict=False)
    )


@pytest.mark.parametrize("partitions", [1, 12, 48])
@pytest.mark.parametrize(("ended", "lasted"), [(2, 0.6), (7, 2), (20, 5), (600, 150)])
def test_a_test_run_that_ended_is_met(partitions: int, ended: float, lasted: float) -> None:
    """A thousand records are enough to see one that lasted a quarter of the time since its end."""
    per_partition = 50 / 1000 / partitions
    begin, end = 0, int(24 * 60 * MINUTE * per_partition)

    def at(moment: int) -> int:
        return max(begin, end - int((NOW - moment) * per_partition))

    run = range(at(NOW - int((ended + lasted) * MINUTE)), at(NOW - int(ended * MINUTE)))
    met = 0
    for number in range(partitions):
        found = [at(moment) for moment in moments(number, partitions, NOW)]
        for start, stop in windows(begin, end, 1000 // partitions, found, number):
            met += len(range(max(start, run.start), min(stop, run.stop)))
    assert met >= 4
