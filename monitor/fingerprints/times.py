"""How long things of a path take: log2 histograms of relative times, and how they differ by the hour.

What is counted is said in `stats.timing`: per trace and thing its slowest self time, less the trace's pace.

The reference is renewed bucket by bucket. Before a bucket is added, it is held against the reference as any
test would be: the `Spread` of production against itself is the noise floor of timing.
"""

from collections.abc import Mapping
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.dimensions.trait import Trait
from monitor.fingerprints.buckets import Buckets
from monitor.fingerprints.digest import Timed, digest_of
from monitor.fingerprints.packing import Operations, packed, unpacked
from monitor.flows.flow import Flow
from monitor.stats.histogram import Histogram, middle_of
from monitor.stats.spread import Spread
from monitor.stats.timing import Distribution, pace_of, relative_times

MOST_TIMED = 2000
"""Things of one path that are timed: the first ones."""
_MOST_RECENT = 64
Histograms = dict[Trait, Histogram]


class Times:
    """Times of one kind on one path: of the reference, and of the bucket since.

    paces: of the traces of both, for people.
    """

    __slots__ = (
        "_counts_of",
        "_distributions",
        "bucket",
        "buckets",
        "kind",
        "paces",
        "reference",
        "spreads",
    )

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.paces = Histogram()
        self.buckets = Buckets()
        self.reference: Histograms = {}
        self.bucket: Histograms = {}
        self.spreads: dict[Trait, Spread] = {}
        self._distributions: dict[Trait, Distribution] | None = None
        self._counts_of: dict[Timed, list[dict[int, int]]] = {}

    @property
    def traces(self) -> int:
        """Traces of the reference."""
        return self.buckets.traces

    def observe(self, flow: Flow, half_life_ms: int) -> None:
        """Count the times of one complete trace."""
        if self.buckets.is_over(flow.began):
            self._end_bucket(flow.began, half_life_ms)
        self.buckets.count(flow.began)
        timed = digest_of(flow.shape).timed[self.kind]
        slowest = timed.slowest(flow.self_times)
        pace = pace_of(slowest)
        if pace is None:
            return
        self.paces.add(pace)
        all_counts = self._counts_of.get(timed) or self._counts(timed)
        for counts, time in zip(all_counts, slowest, strict=True):
            relative = time - pace
            counts[relative] = counts.get(relative, 0) + 1

    def _counts(self, timed: Timed) -> list[dict[int, int]]:
        """The counts of each thing, remembered for what is timed alike."""
        if len(self._counts_of) >= _MOST_RECENT:
            self._counts_of.clear()
        counts = self._counts_of[timed] = [self._count_of(thing) for thing in timed.things]
        return counts

    def _count_of(self, thing: Trait) -> dict[int, int]:
        histogram = self.bucket.get(thing) or Histogram()
        if len(self.bucket) < MOST_TIMED:
            self.bucket[thing] = histogram
        return histogram.counts

    def _end_bucket(self, now: LogTime, half_life_ms: int) -> None:
        for thing, relative in relative_times(self.bucket, self.distributions).items():
            self.spreads.setdefault(thing, Spread()).add(abs(relative.x - 0.5))
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
        self._counts_of = {}

    def _forget(self, kept: float) -> None:
        """Keep a share of every count of the reference; what nothing is left of goes."""
        self.paces = _lessened(self.paces, kept)
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

    def time_ns(self, relative: float) -> float:
        """What takes so much more than the pace, in bins, takes in a usual trace, in ns; 0.0 of no trace."""
        return middle_of(round(Distribution(self.paces).mean + relative)) if self.paces.counts else 0.0

    def floor(self, thing: Trait) -> float | None:
        """How far production itself is from .5, in 95 of 100 buckets; None while that is not known."""
        spread = self.spreads.get(thing)
        return None if spread is None else spread.floor

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""
        table = Operations()
        parts = {name: packed(getattr(self, name), table) for name in ("reference", "bucket", "spreads")}
        paces = self.paces.pack()
        return {"buckets": self.buckets.pack(), "paces": paces, **parts, "operations": table.pack()}

    @classmethod
    def unpack(cls, kind: str, plain: Mapping[str, Any]) -> Self:
        """The times of this kind that `pack` packed."""
        times, table = cls(kind), Operations(plain["operations"])
        times.paces = Histogram.unpack(plain["paces"])
        times.buckets = Buckets.unpack(plain["buckets"])
        times.reference = unpacked(kind, plain["reference"], table, Histogram.unpack)
        times.bucket = unpacked(kind, plain["bucket"], table, Histogram.unpack)
        times.spreads = unpacked(kind, plain["spreads"], table, Spread.unpack)
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
