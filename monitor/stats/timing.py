"""Timing from histograms: how slow an operation is relative to its flow, whatever the machine.

Of one unit (or time bucket) and per operation: m, the median log self time. The machine's speed g is the
median over operations of m less production's m; an operation's histogram shifted by -g is compared with
production's by the mean PIT, x = P(a span of production is faster). x is .5 where nothing but the machine
differs, about .83 where this operation is twice as slow (at a log standard deviation of .6).

All logs are in bins of `histogram`, eighths of a doubling: bin i reaches from i - 1 to i, values spread
evenly inside. A flow needs MIN_OPERATIONS, or one that slowed down would pass for the machine.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from itertools import accumulate
from operator import mul
from statistics import median
from typing import TypeVar

from monitor.stats.histogram import BINS_PER_DOUBLING, Histogram

MIN_OPERATIONS = 3

TWICE_AS_SLOW = (0.78, 0.035)
"""Mean and variance of an operation's x over units of one trace, where it takes twice as long: what the
verdict `ok` on its timing excludes. Simulated, at a log standard deviation of .6; more traces scatter less.
"""

Key = TypeVar("Key")


class Distribution:
    """The distribution function of a histogram over log time, for many questions; ValueError if empty."""

    __slots__ = ("_bins", "_counts", "_reached", "_total")

    def __init__(self, histogram: Histogram) -> None:
        if not histogram.counts:
            raise ValueError("an empty histogram has no distribution")
        self._bins = sorted(histogram.counts)
        self._counts = [histogram.counts[index] for index in self._bins]
        self._reached = [0, *accumulate(self._counts)]
        self._total = self._reached[-1]

    def below(self, position: float) -> float:
        """The share of values below a log time in bins."""
        place = bisect_right(self._bins, position)
        reached: float = self._reached[place]
        if place < len(self._bins) and self._bins[place] < position + 1.0:
            reached += (position + 1.0 - self._bins[place]) * self._counts[place]
        return reached / self._total

    def median(self) -> float:
        """The log time in bins below which half of the values are; the middle of a gap between two bins."""
        half = self._total / 2
        place = bisect_left(self._reached, half)
        inside = (half - self._reached[place - 1]) / self._counts[place - 1]
        upper = self._bins[place - 1] - 1.0 + inside
        return (upper + self._bins[place] - 1.0) / 2.0 if inside == 1.0 else upper

    def mean_pit(self, production: "Distribution", shift: float) -> float:
        """Mean over the values, moved down by `shift` bins, of the share of production that is below."""
        shares = [production.below(index - 0.5 - shift) for index in self._bins]
        total: float = sum(map(mul, self._counts, shares))
        return total / self._total


def machine_speed(unit: Mapping[Key, Distribution], production: Mapping[Key, Distribution]) -> float | None:
    """The machine's g: by how many bins most operations are slower than production; None of too few."""
    moved = [timed.median() - production[key].median() for key, timed in unit.items() if key in production]
    return median(moved) if len(moved) >= MIN_OPERATIONS else None


def relative_times(unit: Mapping[Key, Histogram], production: Mapping[Key, Distribution]) -> dict[Key, float]:
    """The x in [0, 1] of every operation of the unit that production has, in the unit's order; for `Mean`.

    Nothing where fewer than MIN_OPERATIONS can be compared; empty histograms are not timed.
    """
    timed = {
        key: Distribution(histogram)
        for key, histogram in unit.items()
        if histogram.counts and key in production
    }
    g = machine_speed(timed, production)
    return {} if g is None else {key: each.mean_pit(production[key], g) for key, each in timed.items()}


def slowdown(unit: Distribution, production: Distribution, g: float) -> float:
    """How many times as long the operation takes, relative to its flow: 1.0 the same."""
    return float(2.0 ** ((unit.median() - production.median() - g) / BINS_PER_DOUBLING))
