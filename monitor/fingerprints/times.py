"""How long the operations of a path take: log2 histograms of self times, and how they differ by the hour.

The reference is renewed bucket by bucket. Before a bucket is added, it is held against the reference as any
test would be: the `Spread` of production against itself is the noise floor of timing.
"""

from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

from monitor.base.units import LogTime
from monitor.fingerprints.buckets import Buckets
from monitor.fingerprints.days import MOST
from monitor.fingerprints.structure import Structure, structure_of
from monitor.flows.flow import Flow, Operation
from monitor.stats.histogram import Histogram
from monitor.stats.spread import Spread
from monitor.stats.timing import Distribution, relative_times
from monitor.wire.span import Kind

T = TypeVar("T")
_MOST_RECENT = 64

Timed = Operation
"""An operation, as something that takes time."""
Histograms = dict[Timed, Histogram]


class Times:
    """Self times of one path in a reference environment: of its reference, and of the bucket since."""

    __slots__ = ("_distributions", "_recent", "bucket", "buckets", "reference", "spreads")

    def __init__(self) -> None:
        self.buckets = Buckets()
        self.reference: Histograms = {}
        self.bucket: Histograms = {}
        self.spreads: dict[Operation, Spread] = {}
        self._distributions: dict[Operation, Distribution] | None = None
        self._recent: dict[int, tuple[Structure, list[dict[int, int]]]] = {}

    @property
    def traces(self) -> int:
        """Traces of the reference."""
        return self.buckets.traces

    def observe(self, flow: Flow, half_life_ms: int) -> None:
        """Count the self times of one complete trace."""
        if self.buckets.is_over(flow.began):
            self._end_bucket(flow.began, half_life_ms)
        self.buckets.count(flow.began)
        counts_of = self._counts_of(structure_of(flow.shape))
        for counts, time in zip(counts_of, flow.self_times, strict=True):
            counts[time] = counts.get(time, 0) + 1

    def _counts_of(self, structure: Structure) -> list[dict[int, int]]:
        """The counts of each node's operation; by identity, as hashing costs more than counting."""
        known = self._recent.get(id(structure))
        if known is None:
            if len(self._recent) >= _MOST_RECENT:
                self._recent.clear()
            counts = [self._counts(operation) for operation in structure.nodes]
            known = self._recent[id(structure)] = (structure, counts)
        return known[1]

    def _counts(self, operation: Operation) -> dict[int, int]:
        histogram = self.bucket.get(operation) or Histogram()
        if len(self.bucket) < MOST:
            self.bucket[operation] = histogram
        return histogram.counts

    def _end_bucket(self, now: LogTime, half_life_ms: int) -> None:
        for operation, x in relative_times(self.bucket, self.distributions).items():
            self.spreads.setdefault(operation, Spread()).add(abs(x - 0.5))
        kept = self.buckets.end(now, half_life_ms)
        if kept < 1.0:
            self._forget(kept)
        for operation, histogram in self.bucket.items():
            known = self.reference.get(operation)
            if known is not None:
                self.reference[operation] = known.merge(histogram)
            elif len(self.reference) < MOST:
                self.reference[operation] = histogram
        self.bucket = {}
        self._distributions = None
        self._recent.clear()

    def _forget(self, kept: float) -> None:
        """Keep a share of every count of the reference; what nothing is left of goes."""
        for operation, histogram in list(self.reference.items()):
            lessened = _lessened(histogram, kept)
            if lessened.counts:
                self.reference[operation] = lessened
            else:
                del self.reference[operation]
                self.spreads.pop(operation, None)

    @property
    def distributions(self) -> dict[Operation, Distribution]:
        """The reference for many questions."""
        if self._distributions is None:
            timed = self.reference.items()
            self._distributions = {operation: Distribution(histogram) for operation, histogram in timed}
        return self._distributions

    def floor(self, operation: Operation) -> float | None:
        """How far production itself is from .5, in 95 of 100 buckets; None while that is not known."""
        spread = self.spreads.get(operation)
        return None if spread is None else spread.floor

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [
            self.buckets.pack(),
            packed(self.reference),
            packed(self.bucket),
            packed(self.spreads),
        ]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The times that `pack` packed."""
        times = cls()
        buckets, reference, bucket, spreads = plain
        times.buckets = Buckets.unpack(buckets)
        times.reference = unpacked(reference, Histogram.unpack)
        times.bucket = unpacked(bucket, Histogram.unpack)
        times.spreads = unpacked(spreads, Spread.unpack)
        return times


def _lessened(histogram: Histogram, kept: float) -> Histogram:
    """A share of the counts, rounded down in all, so that the form stays, and nothing stays for good."""
    lessened, reached, taken = Histogram(), 0, 0
    for index, n in sorted(histogram.counts.items()):
        reached += n
        if (whole := int(reached * kept)) > taken:
            lessened.add(index, whole - taken)
            taken = whole
    return lessened


def packed(streams: Mapping[Timed, Any]) -> list[Any]:
    """What is kept per operation, as plain lists for JSON."""
    return [[*operation, each.pack()] for operation, each in streams.items()]


def unpacked(plain: list[Any], unpack: Callable[[Any], T]) -> dict[Timed, T]:
    """What `packed` packed."""
    return {Operation(s, Kind(k), name): unpack(each) for s, k, name, each in plain}
