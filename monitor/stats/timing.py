"""Timing from histograms: how slow a thing is relative to its flow, whatever the machine.

Things are what takes time in a trace. Of each trace, b is the time of a thing's slowest span, and

    r = b - pace,    pace: the lower median of b over the things of the trace

so that the speed of the machine cancels inside the trace. Reference and units count r, once per trace. A
thing's r is compared with production's by the mean PIT, x = P(a trace of production is faster), .5 where
nothing but the machine differs, about .7 where this thing is twice as slow, .8 where it is three times (at a
log standard deviation of .6); and by how many are beyond the limit: twice production's 99th percentile
(statistics 9).

Where a thing that sets the pace gets faster, all others look slower, and none is. What most things have in
common, g, is the pace's own move and no thing's: the median over things of how far r is above production's,
as the cases before have shown it, or the case (or time bucket) by itself. Right after a change those before
do not show it, and of few traces a case shows little but noise: x is the one of both that is nearer to .5.
So nobody is blamed for what another one did.

All logs are in bins of `histogram`, eighths of a doubling: bin i reaches from i - 1 to i, values spread
evenly inside. A trace needs MIN_THINGS, or one that slowed down would pass for the machine.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from operator import mul
from statistics import median
from typing import NamedTuple, TypeVar

from monitor.stats.histogram import BINS_PER_DOUBLING, Histogram

MIN_THINGS = 3
LEAST_TRACES = 200
"""Production traces with a thing before any of the tests' is called slow."""
_BEYOND = 0.99
_A_MOVE = 2
"""Bins; what is below is noise."""

TWICE_AS_SLOW = (0.70, 0.03)
"""Mean and variance of an operation's x over units of one trace, where it takes twice as long: what the
verdict `ok` on its timing excludes. Simulated, at a log standard deviation of .6; more traces scatter less,
and so does a thing that sets the pace.
"""


def pace_of(times: Sequence[int]) -> int | None:
    """The lower median of the times of a trace's things; None of too few."""
    things = len(times)
    return sorted(times)[(things - 1) >> 1] if things >= MIN_THINGS else None


class Limit(NamedTuple):
    """From `position` (in bins) on a trace is slow, as `slow` of `traces` production traces are."""

    position: int
    slow: int
    traces: int


Key = TypeVar("Key")


class Distribution:
    """The distribution function of a histogram over log time, for many questions; ValueError if empty."""

    def __init__(self, histogram: Histogram) -> None:
        if not histogram.counts:
            raise ValueError("an empty histogram has no distribution")
        self._bins = sorted(histogram.counts)
        self._counts = [histogram.counts[index] for index in self._bins]
        self._reached = [0, *accumulate(self._counts)]
        self._total = self._reached[-1]
        self.median = self._median()
        """The log time in bins below which half of the values are; the middle of a gap between two bins."""
        self.mean: float = sum(map(mul, self._bins, self._counts)) / self._total - 0.5
        """The mean log time in bins."""

    def _median(self) -> float:
        half = self._total / 2
        place = bisect_left(self._reached, half)
        inside = (half - self._reached[place - 1]) / self._counts[place - 1]
        upper = self._bins[place - 1] - 1.0 + inside
        return (upper + self._bins[place] - 1.0) / 2.0 if inside == 1.0 else upper

    @cached_property
    def _below_middles(self) -> dict[int, float]:
        """The share of the values below the middle of each bin in use."""
        reached = zip(self._bins, self._counts, self._reached, strict=False)
        return {index: (below + 0.5 * n) / self._total for index, n, below in reached}

    def above(self, position: int) -> int:
        """How many values are in bins above a log time in bins."""
        return self._total - self._reached[bisect_right(self._bins, position)]

    @cached_property
    def limit(self) -> Limit:
        """Twice as long as the 99th percentile."""
        place = bisect_left(self._reached, _BEYOND * self._total)
        position = self._bins[place - 1] + BINS_PER_DOUBLING
        return Limit(position, self.above(position), self._total)

    def slow(self, limit: Limit, shift: int) -> float:
        """The share of the values beyond a limit that is moved up by `shift` bins, and never down."""
        return self.above(limit.position + max(shift, 0)) / self._total

    def below(self, indices: Iterable[int]) -> list[float]:
        """The share of the values below the middle of each of these bins."""
        known, bins, reached = self._below_middles, self._bins, self._reached
        return [
            known[index] if index in known else reached[bisect_left(bins, index)] / self._total
            for index in indices
        ]

    def mean_pit(self, production: "Distribution", shift: int) -> float:
        """Mean over the values, moved down by `shift` bins, of the share of production that is below."""
        shares = production.below([index - shift for index in self._bins])
        total: float = sum(map(mul, self._counts, shares))
        return total / self._total


def common_move(differences: Collection[float]) -> int:
    """By how many bins, in whole ones, most things are above production; 0 of one, or of too few things."""
    move = round(median(differences)) if len(differences) >= MIN_THINGS else 0
    return move if abs(move) >= _A_MOVE else 0


class Relative(NamedTuple):
    """A thing among production's: its mean rank x in [0, 1], the share that is slow, its mean r in bins."""

    x: float
    slow: float
    mean: float


def relative_times(
    case: Mapping[Key, Histogram], production: Mapping[Key, Distribution], moved: int | None = None
) -> dict[Key, Relative]:
    """Of every thing of the case that production has, in the case's order.

    moved: g of the cases before it; None: it has so many traces that its own one is known. Nothing where
    fewer than MIN_THINGS can be compared; empty histograms are not timed.
    """
    timed = {
        key: Distribution(histogram)
        for key, histogram in case.items()
        if histogram.counts and key in production
    }
    if len(timed) < MIN_THINGS:
        return {}
    g = common_move([each.median - production[key].median for key, each in timed.items()])
    moves = (g,) if moved is None or moved == g else (moved, g)
    return {key: _relative(each, production[key], moves) for key, each in timed.items()}


def _relative(timed: Distribution, production: Distribution, moves: Sequence[int]) -> Relative:
    x = min([timed.mean_pit(production, move) for move in moves], key=_from_half)
    return Relative(x, timed.slow(production.limit, max(moves)), timed.mean)


def _from_half(x: float) -> float:
    return abs(x - 0.5)


def mean_of(cases: Sequence[Relative]) -> Relative:
    """The mean over the cases of a unit, which has at least one."""
    return Relative(*(sum(each) / len(cases) for each in zip(*cases, strict=True)))
