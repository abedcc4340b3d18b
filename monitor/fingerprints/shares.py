"""Which values the flows of one kind have in a reference environment, and how that varies by the hour."""

from typing import Any, Self

from monitor.base.units import UNIT_WEIGHT
from monitor.dimensions.dimension import Split
from monitor.fingerprints.buckets import Buckets
from monitor.flows.flow import Flow
from monitor.stats.effects import total_variation
from monitor.stats.spread import Spread

Weights = list[int]
_NOTICED = 0.01
"""What weights must change, as decay rounds counts."""


class Shares:
    """Sampling weights (1/1024) per value of a split: of the reference, and of the bucket since.

    squares: sum of the squares of the reference's weights, for its effective size. spread: production
    against itself, from bucket to bucket.
    """

    __slots__ = ("_split", "bucket", "bucket_squares", "buckets", "reference", "spread", "squares")

    def __init__(self, split: Split) -> None:
        self._split = split
        self.buckets = Buckets()
        self.reference: Weights = [0] * len(split.values)
        self.squares = 0
        self.bucket: Weights = [0] * len(split.values)
        self.bucket_squares = 0
        self.spread = Spread()

    def observe(self, flow: Flow, half_life_ms: int) -> None:
        """Count the value of one flow."""
        if self.buckets.is_over(flow.began):
            self._end_bucket(flow, half_life_ms)
        self.buckets.count(flow.began)
        self.bucket[self._split.values.index(self._split.extract(flow.outcome))] += flow.weight
        self.bucket_squares += flow.weight * flow.weight

    def _end_bucket(self, flow: Flow, half_life_ms: int) -> None:
        if sum(self.reference) and sum(self.bucket):
            self.spread.add(total_variation(_shares(self.reference), _shares(self.bucket)))
        kept = self.buckets.end(flow.began, half_life_ms)
        self.reference = [int(kept * w) + new for w, new in zip(self.reference, self.bucket, strict=True)]
        self.squares = int(kept * self.squares) + self.bucket_squares
        self.bucket, self.bucket_squares = [0] * len(self.bucket), 0

    @property
    def shares(self) -> tuple[float, ...]:
        """Shares of the values in the reference; nothing anywhere before the first bucket."""
        return tuple(_shares(self.reference))

    @property
    def size(self) -> float:
        """Effective traces of the reference (Kish)."""
        total = sum(self.reference)
        return total * total / self.squares if self.squares else 0.0

    @property
    def weighted(self) -> bool:
        """Whether the reference has sampling weights other than 1."""
        return self.squares > (1 + _NOTICED) * UNIT_WEIGHT * sum(self.reference)

    @property
    def unevenly_weighted(self) -> bool:
        """Whether weights differ within the reference: only then is it worth fewer traces than it has."""
        return 0 < self.size < (1 - _NOTICED) * self.buckets.traces

    def pack(self) -> list[Any]:
        """Plain lists for JSON; squares may pass 64 bits: as text."""
        weights = [self.reference, str(self.squares), self.bucket, str(self.bucket_squares)]
        return [self.buckets.pack(), *weights, self.spread.pack()]

    @classmethod
    def unpack(cls, split: Split, plain: list[Any]) -> Self:
        """The shares of a split that `pack` packed."""
        shares = cls(split)
        buckets, reference, squares, bucket, bucket_squares, spread = plain
        shares.buckets = Buckets.unpack(buckets)
        shares.reference, shares.bucket = list(reference), list(bucket)
        shares.squares, shares.bucket_squares = int(squares), int(bucket_squares)
        shares.spread = Spread.unpack(spread)
        return shares


def _shares(weights: Weights) -> list[float]:
    total = sum(weights)
    return [weight / total if total else 0.0 for weight in weights]
