"""Areas side by side in a rectangle, each as large as its share: squarified treemap.

Bruls, Huizing, van Wijk, 'Squarified Treemaps', 2000: rows are filled along the shorter side of what is left,
as long as that makes the worst aspect ratio of the row no worse.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Tile(NamedTuple):
    """A rectangle, in the units of the whole."""

    x: float
    y: float
    width: float
    height: float


def squarified(weights: Sequence[float], whole: Tile) -> list[Tile]:
    """A tile per weight, in their order, which must be from the largest to the smallest, none below 0.

    Areas are as the weights. Without any weight above 0 all tiles are empty.
    """
    total = sum(weights)
    if total <= 0:
        return [Tile(whole.x, whole.y, 0.0, 0.0) for _ in weights]
    areas = [weight * whole.width * whole.height / total for weight in weights]
    return list(_placed(areas, whole))


def _placed(areas: Sequence[float], left: Tile) -> Iterator[Tile]:
    while areas:
        side = min(left.width, left.height)
        number = 1
        while number < len(areas) and _worst(areas[: number + 1], side) <= _worst(areas[:number], side):
            number += 1
        row, areas = areas[:number], areas[number:]
        yield from _row(row, left)
        left = _rest(row, left)


def _worst(row: Sequence[float], side: float) -> float:
    """The worst aspect ratio of a row that is laid along this side."""
    total = sum(row)
    if side <= 0 or min(row) <= 0:
        return float("inf")
    return max(side * side * max(row) / total**2, total**2 / (side * side * min(row)))


def _row(row: Sequence[float], left: Tile) -> Iterator[Tile]:
    """The tiles of a row, along the shorter side of what is left."""
    total, thick, along = sum(row), _thickness(row, left), 0.0
    for area in row:
        share = area / total if total else 0.0
        if left.width >= left.height:
            yield Tile(left.x, left.y + along, thick, left.height * share)
            along += left.height * share
        else:
            yield Tile(left.x + along, left.y, left.width * share, thick)
            along += left.width * share


def _rest(row: Sequence[float], left: Tile) -> Tile:
    thick = _thickness(row, left)
    if left.width >= left.height:
        return Tile(left.x + thick, left.y, left.width - thick, left.height)
    return Tile(left.x, left.y + thick, left.width, left.height - thick)


def _thickness(row: Sequence[float], left: Tile) -> float:
    """How far a row reaches into what is left, never beyond it: differences of floats are not exact."""
    side, other = sorted((left.width, left.height))
    return min(other, sum(row) / side) if side > 0 else 0.0
