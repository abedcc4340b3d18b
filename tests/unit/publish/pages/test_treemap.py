"""Areas side by side: as large as their shares, inside the whole, none over another."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.publish.pages.treemap import Tile, squarified

WHOLE = Tile(0, 0, 1000, 420)
WEIGHTS = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=30).map(
    lambda found: sorted(found, reverse=True)
)


def overlap(one: Tile, other: Tile) -> float:
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(0.0, width) * max(0.0, height)


@given(WEIGHTS)
def test_areas_are_as_the_weights(weights: list[float]) -> None:
    """Together they fill the whole, each by its share of the sum."""
    tiles = squarified(weights, WHOLE)
    total = sum(weights)
    for weight, tile in zip(weights, tiles, strict=True):
        assert tile.width * tile.height == pytest.approx(weight / total * 420_000, rel=1e-6, abs=1e-3)


@given(WEIGHTS)
def test_no_area_covers_another(weights: list[float]) -> None:
    """And none reaches out of the whole."""
    tiles = squarified(weights, WHOLE)
    for tile in tiles:
        assert min(tile) >= -1e-3
        assert tile.x + tile.width <= 1000.001 and tile.y + tile.height <= 420.001
    assert max((overlap(*pair) for pair in combinations(tiles, 2)), default=0.0) < 1e-3


def test_equal_areas_are_nearly_square() -> None:
    """Twelve equal shares of a rectangle are no stripes."""
    for tile in squarified([1.0] * 12, WHOLE):
        assert 0.4 < tile.width / tile.height < 2.5


def test_nothing_has_no_area() -> None:
    """Without any weight there is a tile for each, and none is seen."""
    assert squarified([], WHOLE) == []
    assert squarified([0.0, 0.0], WHOLE) == [Tile(0, 0, 0, 0)] * 2
