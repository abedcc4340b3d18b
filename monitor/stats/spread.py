"""Spread: how far production differs from itself, from hour to hour; what is inside is no drift.

Of the distances (0..1) of some hundred hours the 95th percentile, in steps of 1/200 and rounded up. Old
hours are forgotten by halves: at MOST_DISTANCES distances every count is halved.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from math import ceil
from typing import Self

STEPS = 200
MOST_DISTANCES = 336
"""Two weeks of hours."""
LEAST = 4
"""Fewer distances say nothing yet."""
_QUANTILE = 0.95


class Spread:
    """Counts of distances by step."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}

    def add(self, distance: float) -> None:
        """Note how far one hour was from the reference as it was before it; a distance in 0..1."""
        step = min(STEPS, ceil(max(distance, 0.0) * STEPS))
        self.counts[step] = self.counts.get(step, 0) + 1
        if sum(self.counts.values()) >= MOST_DISTANCES:
            self.counts = {step: n // 2 for step, n in self.counts.items() if n > 1}

    @property
    def floor(self) -> float | None:
        """The distance that 95 % of the hours keep; None while too few are known."""
        total = sum(self.counts.values())
        if total < LEAST:
            return None
        steps = sorted(self.counts)
        reached = list(accumulate(self.counts[step] for step in steps))
        return steps[bisect_left(reached, _QUANTILE * total)] / STEPS

    def pack(self) -> list[int]:
        """Steps and counts in turn, by step."""
        return [number for pair in sorted(self.counts.items()) for number in pair]

    @classmethod
    def unpack(cls, packed: Sequence[int]) -> Self:
        """The inverse of `pack`; ValueError if a step has no count."""
        spread = cls()
        spread.counts = dict(zip(packed[::2], packed[1::2], strict=True))
        return spread
