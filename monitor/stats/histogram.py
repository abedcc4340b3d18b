"""Log2 histogram of non-negative integers (nanoseconds): eight bins per doubling, whole counts.

Bin 0 holds everything at or below zero; bin 8 d + s + 1 holds [2**(d + s/8), 2**(d + (s+1)/8)), its
edges rounded up to 1/1024 of the doubling. A bin's middle is the geometric mean of its edges, so a
value is off by at most a factor of 2**(1/16): 4.5 %. Bins do not depend on the data, therefore
merging is exact addition.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from math import ceil, sqrt
from typing import Self

BINS_PER_DOUBLING = 8

_MANTISSA_BITS = 11
_MANTISSA_ONE = 1 << (_MANTISSA_BITS - 1)
_EDGES = tuple(ceil(_MANTISSA_ONE * 2 ** (s / BINS_PER_DOUBLING)) for s in range(BINS_PER_DOUBLING + 1))
# By mantissa, the part of the doubling that it lies in, less the one doubling that bit_length is ahead.
_PART = tuple(bisect_right(_EDGES, mantissa) - BINS_PER_DOUBLING for mantissa in range(2 * _MANTISSA_ONE))


def bin_of(value_ns: int) -> int:
    """The bin of a value; 0 for zero and below (clocks do go backwards)."""
    if value_ns <= 0:
        return 0
    bits = value_ns.bit_length()
    if bits > _MANTISSA_BITS:
        return bits * BINS_PER_DOUBLING + _PART[value_ns >> (bits - _MANTISSA_BITS)]
    return bits * BINS_PER_DOUBLING + _PART[value_ns << (_MANTISSA_BITS - bits)]


def middle_of(index: int) -> float:
    """The geometric middle of a bin in nanoseconds; 0.0 for bin 0."""
    if index <= 0:
        return 0.0
    doubling, part = divmod(index - 1, BINS_PER_DOUBLING)
    return sqrt(_EDGES[part] * _EDGES[part + 1]) / _MANTISSA_ONE * 2.0**doubling


class Histogram:
    """Counts per bin of `bin_of`: a dict of the bins in use, about 64 for a lognormal of times.

    A dict given is taken over, not copied; its counts are at least 1.
    """

    __slots__ = ("counts",)
    __hash__ = None  # type: ignore[assignment]  # it grows, so it is no key

    def __init__(self, counts: dict[int, int] | None = None) -> None:
        self.counts: dict[int, int] = {} if counts is None else counts

    @property
    def total(self) -> int:
        """The number of values."""
        return sum(self.counts.values())

    def add(self, index: int, n: int = 1) -> None:
        """Count `n` values, at least one, in the bin `index`."""
        counts = self.counts
        counts[index] = counts.get(index, 0) + n

    def merge(self, other: Self) -> Self:
        """A new histogram of the values of both; associative and commutative, neither is changed."""
        merged = type(self)(dict(self.counts))
        for index, n in other.counts.items():
            merged.add(index, n)
        return merged

    def quantile(self, q: float) -> float:
        """The middle of the bin that holds the value of rank ceil(q total), in nanoseconds.

        ValueError if `q` is not in [0, 1] or nothing was counted.
        """
        total = self.total
        if not (0.0 <= q <= 1.0 and total):
            raise ValueError(f"no quantile {q} of {total} values: give 0 <= q <= 1 and at least one value")
        rank = max(1, ceil(q * total))
        indices = sorted(self.counts)
        reached = list(accumulate(self.counts[index] for index in indices))
        return middle_of(indices[bisect_left(reached, rank)])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Histogram):
            return NotImplemented
        return self.counts == other.counts

    def __repr__(self) -> str:
        return f"Histogram({dict(sorted(self.counts.items()))})"

    def pack(self) -> list[int]:
        """Bins and counts in turn, by bin: [bin, n, bin, n, ...]; plain JSON."""
        return [number for pair in sorted(self.counts.items()) for number in pair]

    @classmethod
    def unpack(cls, packed: Sequence[int]) -> Self:
        """The inverse of `pack`; ValueError if a bin has no count."""
        return cls(dict(zip(packed[::2], packed[1::2], strict=True)))
