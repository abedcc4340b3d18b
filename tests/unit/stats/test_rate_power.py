"""How soon `Rate` tells: the table of units that the verdict `insufficient` rests on."""

import random
from statistics import median

import pytest

from monitor.stats.interval import clopper_pearson, widened
from monitor.stats.rate import Rate, units_to_tell

THRESHOLDS = (1e6, 3e7, 1e9)


def null_of(k: int, n: int) -> tuple[float, float, float]:
    return (*widened(*clopper_pearson(k, n), 3.0), k / n)


def units_after(history: int, x: float, null: tuple[float, float, float], threshold: float) -> int:
    """Units of x until the threshold, after a history of its contrary."""
    rate = Rate()
    for _ in range(history):
        rate.update(1.0 - x, *null)
    while rate.update(x, *null) < threshold:
        pass
    return rate.units - history


@pytest.mark.parametrize(
    ("traces", "expected"), [(20_000, [(3, 3), (4, 4), (4, 4)]), (1000, [(5, 6), (7, 7), (8, 8)])]
)
@pytest.mark.parametrize("appears", [False, True])
def test_an_edge_that_vanishes_or_appears_is_told_in_a_few_units(
    traces: int, expected: list[tuple[int, int]], appears: bool
) -> None:
    """Units at A = 1e6, 3e7, 1e9, from the start and after 100 units without the difference."""
    null, x = null_of(0 if appears else traces, traces), float(appears)
    assert [(units_after(0, x, null, a), units_after(100, x, null, a)) for a in THRESHOLDS] == expected
    assert [units_to_tell(appears, *null, a) for a in THRESHOLDS] == [first for first, _ in expected]


@pytest.mark.parametrize("history", [500, 3000])
def test_a_long_history_does_not_slow_it(history: int) -> None:
    """The bettor with a half life of two units keeps the table true after any history."""
    null = null_of(1000, 1000)
    assert [units_after(history, 0.0, null, a) for a in THRESHOLDS] == [6, 7, 8]


@pytest.mark.parametrize(
    ("production", "test", "expected"),
    [
        (0.6, 0.0, (29, 42, 62)),
        (0.2, 0.0, (114, 182, 280)),
        (0.0, 0.3, (7, 12, 16)),
        (0.0, 0.1, (26, 38, 60)),
        (1.0, 0.9, (27, 39, 61)),
        (1.0, 0.5, (4, 6, 9)),
        (0.98, 0.6, (20, 31, 47)),
        (0.98, 0.02, (5, 7, 10)),
    ],
)
def test_weaker_differences_take_longer(
    production: float, test: float, expected: tuple[int, int, int]
) -> None:
    """Median units at A = 1e4, 1e6, 1e9 against 20,000 traces; the medians of 41 streams move by a third."""
    null, rng, needed = null_of(round(production * 20_000), 20_000), random.Random(4), []
    for _ in range(41):
        rate, crossed = Rate(), []
        for threshold in (1e4, 1e6, 1e9):
            while rate.evidence < threshold:
                rate.update(float(rng.random() < test), *null)
            crossed.append(rate.units)
        needed.append(crossed)
    medians = [median(column) for column in zip(*needed, strict=True)]
    assert medians == pytest.approx(expected, rel=0.34, abs=1)


def test_what_cannot_be_told_needs_more_than_the_limit() -> None:
    """A difference inside the tolerance is never told: the answer lies beyond the limit, not at it."""
    assert units_to_tell(True, 0.0, 1.0, 0.5, 1e6) == 4097
    assert units_to_tell(False, 0.25, 1.0, 0.5, 1e6, limit=5) == 6
    assert units_to_tell(True, 0.0, 1.0, 0.5, 1e3) == 4097


def test_more_certainty_takes_more_units() -> None:
    """The units needed never fall when the threshold rises."""
    null = null_of(5000, 5000)
    needed = [units_to_tell(False, *null, 10.0**digits) for digits in range(1, 12)]
    assert needed == sorted(needed)
