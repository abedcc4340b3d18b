"""Many e-values: which to believe, how to merge."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.multiple import discoveries, merged_dependent, merged_disjoint

E_VALUES = st.lists(st.floats(0.0, 1e6), max_size=30)


@pytest.mark.parametrize(
    ("e_values", "found"),
    [
        ([], []),
        ([9.9], []),
        ([10.0], [0]),
        ([1.0, 40.0, 1.0, 1.0], [1]),
        ([20.0, 1.0, 20.0, 1.0], [0, 2]),
        ([19.9, 1.0, 20.0, 1.0], []),
        ([13.4, 13.4, 13.4, 0.0], [0, 1, 2]),
        ([math.inf, math.nan], [0]),
    ],
)
def test_the_k_largest_are_found(e_values: list[float], found: list[int]) -> None:
    """The k-th largest of m must be at least m / (.1 k)."""
    assert discoveries(e_values) == found


@given(E_VALUES, st.floats(0.01, 1.0))
def test_discoveries_support_each_other(e_values: list[float], rate: float) -> None:
    """Every one found is at least m / (rate k), and one that is not found is smaller than that."""
    found = discoveries(e_values, rate)
    enough = len(e_values) / (rate * max(1, len(found)))
    assert all(
        (e >= enough * (1 - 1e-9)) == (place in found) for place, e in enumerate(e_values) if e != enough
    )


def test_false_discoveries_stay_rare() -> None:
    """With one cause behind all e-values, the mean share of false ones is at most the rate."""
    rng, shares = random.Random(4), []
    for _ in range(4000):
        common = 20.0 * (rng.random() < 0.05)
        found = discoveries([common] * 8 + [1000.0] * 2, 0.1)
        shares.append(sum(place < 8 for place in found) / max(1, len(found)))
    assert sum(shares) / len(shares) <= 0.1


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.1, math.nan])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    """A share of false discoveries lies above 0 and is at most 1."""
    with pytest.raises(ValueError, match="above 0"):
        discoveries([1.0], rate)


def test_merging() -> None:
    """The mean for whatever dependence, the product for disjoint units; of none there is no evidence."""
    assert merged_dependent([4.0, 0.0]) == 2.0
    assert merged_disjoint([4.0, 0.5]) == 2.0
    assert merged_dependent([]) == merged_disjoint([]) == 1.0
