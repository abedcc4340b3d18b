"""Whether a series of samples grows: an estimate that single jumps and dips do not move."""

from collections.abc import Sequence
from itertools import combinations
from statistics import median
from typing import NamedTuple


class Sample(NamedTuple):
    """A value at a moment, in hours."""

    hours: float
    value: float


def by_minute(samples: Sequence[Sample]) -> list[Sample]:
    """The median of every minute: what a collection of garbage frees within one does not count."""
    minutes: dict[int, list[float]] = {}
    for each in samples:
        minutes.setdefault(int(each.hours * 60), []).append(each.value)
    return [Sample((minute + 0.5) / 60, median(values)) for minute, values in sorted(minutes.items())]


def slope(samples: Sequence[Sample]) -> float:
    """Growth per hour: the median of the slopes between all pairs (Theil and Sen); 0 for fewer than two.

    It stays right while up to 29 % of the samples are arbitrary (Sen 1968,
    doi:10.1080/01621459.1968.10480934).
    """
    pairs = combinations(samples, 2)
    slopes = [(b.value - a.value) / (b.hours - a.hours) for a, b in pairs if b.hours > a.hours]
    return median(slopes) if slopes else 0.0
