"""Effect sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.effects import cliffs_delta, noise_floor, total_variation, weighted_jaccard_distance

SHARES = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.0, 1.0))


def test_a_vanished_edge_of_four_is_a_quarter() -> None:
    """Three edges as in production and one gone: one of four calls is missing."""
    production = dict.fromkeys("abcd", 1.0)
    assert weighted_jaccard_distance(production, dict.fromkeys("abc", 1.0)) == pytest.approx(0.25)


def test_shares_weigh_the_edges() -> None:
    """An edge at half its production share differs by that half."""
    assert weighted_jaccard_distance({"a": 1.0, "b": 0.5}, {"a": 0.5, "b": 0.5}) == pytest.approx(1 / 3)


@given(SHARES, SHARES)
def test_the_distance_is_a_distance(one: dict[str, float], other: dict[str, float]) -> None:
    """It lies in [0, 1], is the same from both sides, and is 0 between equals."""
    distance = weighted_jaccard_distance(one, other)
    assert 0.0 <= distance <= 1.0
    assert distance == pytest.approx(weighted_jaccard_distance(other, one), abs=1e-12)
    assert weighted_jaccard_distance(one, one) == 0.0


def test_nothing_in_common_is_one_and_two_empty_sides_are_equal() -> None:
    """The ends of the scale are 1 for disjoint sides and 0 for two empty ones."""
    assert weighted_jaccard_distance({"a": 1.0}, {"b": 1.0}) == 1.0
    assert weighted_jaccard_distance({}, {}) == 0.0


@pytest.mark.parametrize(
    ("categories", "units", "expected"), [(8, 35, 0.178), (2, 1000, 0.0126), (2, 0, 1.0)]
)
def test_the_noise_floor_falls_with_the_root_of_units(categories: int, units: int, expected: float) -> None:
    """It is sqrt((K - 1) / (2 pi n)), and everything before the first unit."""
    assert noise_floor(categories, units) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("production", "test", "distance"),
    [((0.5, 0.5), (0.5, 0.5), 0.0), ((1.0, 0.0), (0.0, 1.0), 1.0), ((0.4, 0.4, 0.2), (0.1, 0.4, 0.5), 0.3)],
)
def test_total_variation_is_the_share_that_differs(
    production: tuple[float, ...], test: tuple[float, ...], distance: float
) -> None:
    """What would have to change on one side to look like the other."""
    assert total_variation(production, test) == pytest.approx(distance)
    assert total_variation(test, production) == pytest.approx(distance)


@pytest.mark.parametrize(("x", "effect"), [(0.5, 0.0), (0.83, 0.66), (0.17, 0.66), (1.0, 1.0), (0.0, 1.0)])
def test_slower_and_faster_are_equally_large_effects(x: float, effect: float) -> None:
    """Twice the distance of the mean PIT from a half."""
    assert cliffs_delta(x) == pytest.approx(effect)
