"""Spread: how far production is from itself, as a quantile that old hours leave by halves."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.stats.spread import LEAST, MOST_DISTANCES, STEPS, Spread

DISTANCES = st.lists(st.floats(0.0, 1.0), min_size=LEAST, max_size=MOST_DISTANCES - 1)


def of(distances: list[float]) -> Spread:
    spread = Spread()
    for distance in distances:
        spread.add(distance)
    return spread


@given(DISTANCES)
def test_the_floor_is_the_95th_percentile_rounded_up(distances: list[float]) -> None:
    """By rank, as sorting would give it, and never below by rounding."""
    ranked = sorted(distances)[ceil(0.95 * len(distances)) - 1]
    floor = of(distances).floor
    assert floor is not None
    assert ranked <= floor < ranked + 1 / STEPS + 1e-9


def test_the_noise_floor_is_what_production_differs_from_itself() -> None:
    """The 95th percentile of the distances from .5, over production's own buckets."""
    relative = [0.5] * 95 + [0.9] * 5
    assert of([abs(x - 0.5) for x in relative]).floor == 0.0
    assert of([abs(x - 0.5) for x in [*relative, *[0.0] * 20]]).floor == 0.5


@given(DISTANCES)
def test_order_does_not_matter_and_storage_keeps_it(distances: list[float]) -> None:
    """The same hours in any order are the same spread, stored and restored."""
    spread = of(distances)
    assert of(distances[::-1]).pack() == spread.pack()
    assert Spread.unpack(spread.pack()).floor == spread.floor


def test_few_hours_say_nothing() -> None:
    """The floor is not known before LEAST distances."""
    assert of([0.1] * (LEAST - 1)).floor is None
    assert of([0.1] * LEAST).floor == 0.1


def test_old_hours_are_forgotten_by_halves() -> None:
    """A storm of long ago is outlived, and no more than MOST_DISTANCES hours are ever counted."""
    storm = [0.9] * (MOST_DISTANCES // 3)
    spread = of([*storm, *[0.1] * MOST_DISTANCES])
    assert sum(spread.counts.values()) < MOST_DISTANCES
    assert spread.floor == 0.9
    assert of([*storm, *[0.1] * 4 * MOST_DISTANCES]).floor == 0.1


@pytest.mark.parametrize(("distance", "floor"), [(-0.1, 0.0), (0.0, 0.0), (1.0, 1.0), (1.5, 1.0)])
def test_distances_outside_are_clamped(distance: float, floor: float) -> None:
    """What rounding has pushed out of 0..1 is taken for the end."""
    assert of([distance] * LEAST).floor == floor
