"""The log2 histogram: where values go, and what can be read back."""

import json
from collections import Counter
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.histogram import Histogram, bin_of, middle_of

NANOS = st.integers(min_value=1, max_value=2**63)


def histogram(values: list[int]) -> Histogram:
    filled = Histogram()
    for value in values:
        filled.add(bin_of(value))
    return filled


@pytest.mark.parametrize(
    ("value", "expected"),
    [(-5, 0), (0, 0), (1, 1), (2, 9), (3, 13), (4, 17), (1024, 81), (2047, 88), (2048, 89), (10**9, 240)],
)
def test_bins_are_a_stored_format(value: int, expected: int) -> None:
    """Bins are written to topics, so the bin of a value never changes."""
    assert bin_of(value) == expected


@given(NANOS)
def test_a_bin_keeps_the_value_within_four_and_a_half_percent(value: int) -> None:
    """A bin's middle is within 4.5 % of every value of the bin."""
    assert middle_of(bin_of(value)) == pytest.approx(value, rel=0.0451)


@given(NANOS, NANOS)
def test_bins_keep_the_order_of_values(one: int, other: int) -> None:
    """A larger value is never in a lower bin."""
    smaller, larger = sorted((one, other))
    assert bin_of(smaller) <= bin_of(larger)


@given(st.integers(min_value=11, max_value=62), st.integers(min_value=0, max_value=1023))
def test_every_doubling_has_the_same_eight_bins(doubling: int, part: int) -> None:
    """A value twice as large is eight bins higher."""
    value = (1024 + part) << (doubling - 10)
    assert bin_of(2 * value) == bin_of(value) + 8


def test_the_middle_of_nothing_is_zero() -> None:
    """Bin 0, of zero and negative times, stands for 0 ns."""
    assert middle_of(0) == 0.0


@given(st.lists(st.integers(min_value=-10, max_value=10**12), min_size=1), st.floats(0, 1))
def test_a_quantile_is_off_by_no_more_than_its_bin(values: list[int], q: float) -> None:
    """A quantile lies within 4.5 % of the value of that rank in the sorted list."""
    rank = max(1, ceil(q * len(values)))
    exact = max(0, sorted(values)[rank - 1])
    assert histogram(values).quantile(q) == pytest.approx(exact, rel=0.0451)


@pytest.mark.parametrize("q", [-0.1, 1.1, float("nan")])
def test_a_quantile_outside_zero_to_one_is_refused(q: float) -> None:
    """A quantile is a share: another number is a mistake of the caller."""
    with pytest.raises(ValueError, match="give 0 <= q <= 1"):
        histogram([1]).quantile(q)


def test_an_empty_histogram_has_no_quantile() -> None:
    """Without values there is no median to invent."""
    with pytest.raises(ValueError, match="at least one value"):
        Histogram().quantile(0.5)


@given(st.lists(NANOS), st.lists(NANOS))
def test_a_merged_histogram_counts_what_a_counter_counts(left: list[int], right: list[int]) -> None:
    """Merging adds counts: collections.Counter is the oracle."""
    merged = histogram(left).merge(histogram(right))
    assert merged.counts == Counter(map(bin_of, left + right))
    assert merged.total == len(left + right)


def test_counts_can_be_added_many_at_a_time() -> None:
    """Adding n of a bin is adding it n times."""
    filled = Histogram()
    filled.add(7, 3)
    filled.add(7)
    assert filled == Histogram({7: 4})
    assert repr(filled) == "Histogram({7: 4})"


def test_a_histogram_is_packed_in_the_order_of_bins() -> None:
    """The packed list is canonical: equal histograms give equal bytes, whatever came first."""
    assert Histogram({9: 2, 3: 1}).pack() == Histogram({3: 1, 9: 2}).pack() == [3, 1, 9, 2]


@given(st.lists(NANOS))
def test_packing_loses_nothing(values: list[int]) -> None:
    """A histogram comes back from JSON as it was."""
    packed = json.loads(json.dumps(histogram(values).pack()))
    assert Histogram.unpack(packed) == histogram(values)


def test_a_packed_bin_without_its_count_is_refused() -> None:
    """A list that was cut off is reported, not guessed at."""
    with pytest.raises(ValueError, match="zip"):
        Histogram.unpack([3, 1, 9])


def test_a_histogram_equals_only_histograms() -> None:
    """A dict of the same counts is not a histogram, and a histogram is no key."""
    assert Histogram({1: 1}) != {1: 1}
    with pytest.raises(TypeError):
        hash(Histogram())
