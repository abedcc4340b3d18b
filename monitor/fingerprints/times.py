"""How long the operations of a path take: log2 histograms of self times, and how they differ by the hour.

The reference is renewed bucket by bucket. Before a bucket is added, it is held against the reference as any
test would be: the `Spread` of production against itself is the noise floor of timing.
"""

from collections.abc import Mapping
from typing import Any, Self

from monitor.base.identity import by_identity
from monitor.base.units import LogTime
from monitor.dimensions.trait import Trait
from monitor.fingerprints.buckets import Buckets
from monitor.fingerprints.digest import digest_of
from monitor.fingerprints.packing import Operations, packed, unpacked
from monitor.flows.flow import Flow
from monitor.stats.histogram import Histogram
from monitor.stats.spread import Spread
from monitor.stats.timing import Distribution, relative_times

MOST_TIMED = 2000
"""Things of one path that are timed: the first ones."""
_MOST_RECENT = 64
Histograms = dict[Trait, Histogram]


class Times:
    """Self times of what a dimension times on one path: of the reference, and of the bucket since."""

    __slots__ = ("_counts_of", "_distributions", "bucket", "buckets", "dimension", "reference", "spreads")

    def __init__(self, dimension: str) -> None:
        self.dimension = dimension
        self.buckets = Buckets()
        self.reference: Histograms = {}
        self.bucket: Histograms = {}
        self.spreads: dict[Trait, Spread] = {}
        self._distributions: dict[Trait, Distribution] | None = None
        self._counts_of = by_identity(self._counts, _MOST_RECENT)

    @property
    def traces(self) -> int:
        """Traces of the reference."""
        return self.buckets.traces

    def observe(self, flow: Flow, half_life_ms: int) -> None:
        """Count the self times of one complete trace."""
        if self.buckets.is_over(flow.began):
            self._end_bucket(flow.began, half_life_ms)
        self.buckets.count(flow.began)
        counts_of = self._counts_of(digest_of(flow.shape).timed[self.dimension])
        for counts, time in zip(counts_of, flow.self_times, strict=True):
            counts[time] = counts.get(time, 0) + 1

    def _counts(self, things: tuple[Trait, ...]) -> list[dict[int, int]]:
        """The counts of what each span is."""
        return [self._count_of(thing) for thing in things]

    def _count_of(self, thing: Trait) -> dict[int, int]:
        histogram = self.bucket.get(thing) or Histogram()
        if len(self.bucket) < MOST_TIMED:
            self.bucket[thing] = histogram
        return histogram.counts

    def _end_bucket(self, now: LogTime, half_life_ms: int) -> None:
        for thing, x in relative_times(self.bucket, self.distributions).items():
            self.spreads.setdefault(thing, Spread()).add(abs(x - 0.5))
        kept = self.buckets.end(now, half_life_ms)
        if kept < 1.0:
            self._forget(kept)
        for thing, histogram in self.bucket.items():
            known = self.reference.get(thing)
            if known is not None:
                self.reference[thing] = known.merge(histogram)
            elif len(self.reference) < MOST_TIMED:
                self.reference[thing] = histogram
        self.bucket = {}
        self._distributions = None
        self._counts_of = by_identity(self._counts, _MOST_RECENT)

    def _forget(self, kept: float) -> None:
        """Keep a share of every count of the reference; what nothing is left of goes."""
        for thing, histogram in list(self.reference.items()):
            lessened = _lessened(histogram, kept)
            if lessened.counts:
                self.reference[thing] = lessened
            else:
                del self.reference[thing]
                self.spreads.pop(thing, None)

    @property
    def distributions(self) -> dict[Trait, Distribution]:
        """The reference for many questions."""
        if self._distributions is None:
            timed = self.reference.items()
            self._distributions = {thing: Distribution(histogram) for thing, histogram in timed}
        return self._distributions

    def floor(self, thing: Trait) -> float | None:
        """How far production itself is from .5, in 95 of 100 buckets; None while that is not known."""
        spread = self.spreads.get(thing)
        return None if spread is None else spread.floor

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""
        table = Operations()
        parts = {name: packed(getattr(self, name), table) for name in ("reference", "bucket", "spreads")}
        return {"buckets": self.buckets.pack(), **parts, "operations": table.pack()}

    @classmethod
    def unpack(cls, dimension: str, plain: Mapping[str, Any]) -> Self:
        """The times of a dimension that `pack` packed."""
        times, table = cls(dimension), Operations(plain["operations"])
        times.buckets = Buckets.unpack(plain["buckets"])
        times.reference = unpacked(dimension, plain["reference"], table, Histogram.unpack)
        times.bucket = unpacked(dimension, plain["bucket"], table, Histogram.unpack)
        times.spreads = unpacked(dimension, plain["spreads"], table, Spread.unpack)
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
