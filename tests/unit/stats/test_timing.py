"""Timing from histograms: relative to the flow, not to the machine."""

import random
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.histogram import BINS_PER_DOUBLING, Histogram, bin_of
from monitor.stats.timing import Distribution, Relative, common_move, mean_of, pace_of, relative_times

MEDIANS_MS = {"a": 1.0, "b": 20.0, "c": 5.0, "d": 300.0, "e": 0.05}
HISTOGRAMS = st.dictionaries(st.integers(0, 300), st.integers(1, 1000), min_size=1, max_size=20).map(
    Histogram
)


def histogram(median_ms: float, n: int, rng: random.Random, spread: float = 0.6) -> Histogram:
    filled = Histogram()
    for _ in range(n):
        filled.add(bin_of(round(median_ms * 1e6 * exp(rng.gauss(0.0, spread)))))
    return filled


def operations(factors: dict[str, float], n: int, seed: int) -> dict[str, Histogram]:
    rng = random.Random(seed)
    return {op: histogram(ms * factors.get(op, 1.0), n, rng) for op, ms in MEDIANS_MS.items()}


def ranks(unit: dict[str, Histogram]) -> dict[str, float]:
    return {op: relative.x for op, relative in relative_times(unit, PRODUCTION).items()}


PRODUCTION = {op: Distribution(each) for op, each in operations({}, 4000, 1).items()}


@given(HISTOGRAMS)
def test_production_against_itself_is_a_half(histogram: Histogram) -> None:
    """Unshifted, the mean PIT of a histogram under itself is .5."""
    own = Distribution(histogram)
    assert own.mean_pit(own, 0) == pytest.approx(0.5)


@given(HISTOGRAMS, HISTOGRAMS, st.integers(-50, 50))
def test_the_mean_pit_is_a_share(one: Histogram, other: Histogram, shift: int) -> None:
    """It lies in [0, 1], and falls when the unit is shifted further down."""
    unit, production = Distribution(one), Distribution(other)
    assert 0.0 <= unit.mean_pit(production, shift) <= 1.0 + 1e-9
    assert unit.mean_pit(production, shift + 1) <= unit.mean_pit(production, shift) + 1e-9


@given(HISTOGRAMS)
def test_half_of_the_values_are_below_the_median(histogram: Histogram) -> None:
    """Values are spread evenly inside a bin."""
    median = Distribution(histogram).median
    below = sum(n * min(1.0, max(0.0, median - index + 1)) for index, n in histogram.counts.items())
    assert below / histogram.total == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("bins", "middle"), [([9], 8.5), ([9, 9], 8.5), ([9, 20], 14.0), ([9, 20, 40], 19.5), ([9, 10], 9.0)]
)
def test_the_median_of_few_values(bins: list[int], middle: float) -> None:
    """Of an odd number the middle one, of an even number halfway between the two in the middle."""
    few = Histogram()
    for index in bins:
        few.add(index)
    assert Distribution(few).median == middle


def test_the_median_is_finer_than_a_bin() -> None:
    """The median of many values is reported within one percent, where a bin is nine percent wide."""
    spread = Distribution(histogram(7.0, 20_000, random.Random(8), 0.3))
    assert 2 ** (spread.median / BINS_PER_DOUBLING) == pytest.approx(7.0e6, rel=0.01)


@pytest.mark.parametrize("speed", [0.3, 1.0, 3.0])
def test_a_machine_of_another_speed_is_no_difference(speed: float) -> None:
    """All operations slower or faster alike: every one is at .5."""
    unit = operations(dict.fromkeys(MEDIANS_MS, speed), 3000, 2)
    assert ranks(unit) == pytest.approx(dict.fromkeys(MEDIANS_MS, 0.5), abs=0.03)


@pytest.mark.parametrize(("factor", "x"), [(1.3, 0.64), (1.5, 0.71), (2.0, 0.83), (3.0, 0.93)])
def test_a_slower_operation_stands_out(factor: float, x: float) -> None:
    """Of a log standard deviation of .6: the effect as the chance that a test span is slower."""
    unit = operations({"b": factor}, 3000, 3)
    relative = ranks(unit)
    assert relative["b"] == pytest.approx(x, abs=0.05)
    assert all(abs(each - 0.5) < 0.05 for op, each in relative.items() if op != "b")


def test_a_quieter_machine_is_no_difference() -> None:
    """Times that scatter less than in production lie around the same middle."""
    rng = random.Random(6)
    unit = {op: histogram(ms, 2000, rng, 0.24) for op, ms in MEDIANS_MS.items()}
    assert ranks(unit) == pytest.approx(dict.fromkeys(MEDIANS_MS, 0.5), abs=0.03)


def test_two_operations_tell_nothing() -> None:
    """With fewer than three operations that both sides have, nothing is said."""
    unit = operations({}, 10, 4)
    few = {op: unit[op] for op in ("a", "b")}
    few["only in tests"] = unit["c"]
    few["d"] = Histogram()
    assert relative_times(few, PRODUCTION) == {}
    assert common_move([9.0, 9.0]) == 0


def test_the_pace_is_the_lower_median() -> None:
    """Of the things of a trace; of fewer than three nothing is said."""
    assert [pace_of(times) for times in ([], [5, 1], [9, 1, 5], [9, 1, 5, 7])] == [None, None, 5, 5]


def test_slow_is_twice_as_long_as_nearly_all_of_production() -> None:
    """From a doubling beyond the 99th percentile on; production's own slow ones are counted."""
    own = Distribution(Histogram({10: 980, 20: 15, 40: 5}))
    assert own.limit == (20 + BINS_PER_DOUBLING, 5, 1000)
    assert Distribution(Histogram({28: 1, 29: 3})).slow(own.limit, 0) == 0.75


def test_a_flow_that_is_slower_as_a_whole_has_no_slow_calls() -> None:
    """The limit moves up with what most things have in common, and never down."""
    unit = operations(dict.fromkeys(MEDIANS_MS, 50.0), 500, 5)
    assert max(each.slow for each in relative_times(unit, PRODUCTION).values()) < 0.01
    unit = operations({op: 0.02 for op in MEDIANS_MS if op != "b"}, 500, 5)
    relative = relative_times(unit, PRODUCTION, -45)
    assert relative["b"].x > 0.95
    assert max(each.slow for each in relative.values()) < 0.01


def test_a_unit_is_the_mean_of_its_cases() -> None:
    """Whatever the number of their traces."""
    assert mean_of([Relative(0.5, 0.0, -8.0), Relative(1.0, 1.0, 8.0)]) == (0.75, 0.5, 0.0)


def test_nothing_has_no_distribution() -> None:
    """An empty histogram is refused: callers leave it out."""
    with pytest.raises(ValueError, match="empty"):
        Distribution(Histogram())
