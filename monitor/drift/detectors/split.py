"""Split: do the flows of one kind have each of few values as often as in production?"""

from collections.abc import Iterator, Sequence
from math import fsum
from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.dimensions.dimension import Dimension, Seen, Split
from monitor.dimensions.trait import Trait
from monitor.dimensions.words import more_evidence
from monitor.drift.detectors.since import Since
from monitor.drift.detectors.stream import LEAST_BATCHES, WORTH_A_BOUND, lacking
from monitor.drift.signal import Signal
from monitor.fingerprints.shares import Shares
from monitor.fingerprints.units import Origin
from monitor.stats.effects import noise_floor, total_variation
from monitor.stats.huber import reference_error
from monitor.stats.lower_bound import MixLowerBound
from monitor.stats.mix import Mix, units_to_tell
from monitor.stats.rate import Rate
from monitor.stats.resolve import RESOLVED, share_of, still_excess

MOST_UNITS = 4096
"""Where more units than this would be needed, the reference says too little for a verdict."""
Unit = Sequence[float]
"""Shares of the values in one evidence unit."""


class Expected(NamedTuple):
    """Production's shares, the distance that is tolerated, and how far the shares may be wrong."""

    shares: tuple[float, ...]
    delta: float
    error: float

    def allows(self, shares: Unit) -> bool:
        """Whether shares lie within the tolerance."""
        return total_variation(self.shares, shares) <= self.delta


def expected(reference: Shares, judge: Split) -> Expected:
    """What is tolerated: the dimension's delta or production's own spread, and the reference's error."""
    error = reference_error(len(judge.values), reference.size)
    delta = max(judge.delta, reference.spread.floor or 0.0) + error
    return Expected(reference.shares, min(1.0, delta), error)


class Witness(NamedTuple):
    """What fired: the values that tests have too often, their share then, and what says it is over."""

    values: tuple[int, ...]
    seen: float
    rate: Rate

    def is_over(self, units: Sequence[Unit], null: Expected) -> bool:
        """Fold the units of a run; whether tests are back, or production has come to where they are."""
        limits = still_excess(null.shares, self.values, null.delta, self.seen)
        prior = share_of(null.shares, self.values)
        evidence = self.rate.update_run([share_of(unit, self.values) for unit in units], *limits, prior)
        return evidence >= RESOLVED or self.seen <= prior + null.delta


class SplitDetector(Since):
    """The detector of one flow's values in one comparison; `totals`: sums of the shares since the onset."""

    __slots__ = ("_dimension", "bound", "mix", "seen", "totals", "witness")

    def __init__(self, dimension: Dimension[Split]) -> None:
        self._dimension = dimension
        self.seen = 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        super().__init__()
        self.mix = Mix(self._kinds)
        self.totals = [0.0] * self._kinds
        self.witness: Witness | None = None
        self.bound: MixLowerBound | None = None

    @property
    def _kinds(self) -> int:
        return len(self._dimension.evidence.values)

    def feed(self, units: Sequence[Unit], reference: Shares, batch: Origin, at: LogTime, page: float) -> None:
        """Fold the units of one run (or bucket) against production's shares as they were before them.

        page: the evidence at which it fires.
        """
        if not units or not reference.size:
            return
        null = expected(reference, self._dimension.evidence)
        self.mix.update_run(units, null.shares, null.delta)
        if self.witness is None and self.mix.onset_units <= len(units):
            self.restart(at, batch)
            self.totals = [0.0] * self._kinds
            self.bound = None
        self.seen += len(units)
        self.count(batch, len(units), len(units))
        self.totals = [fsum(shares) for shares in zip(self.totals, *units, strict=True)]
        if self.bound is not None:
            self.bound.update(units, null.shares, null.error)
        elif self.mix.evidence >= WORTH_A_BOUND:
            self.bound = MixLowerBound(self._kinds)
        self._fire_or_end(units, null, page)

    def _fire_or_end(self, units: Sequence[Unit], null: Expected, page: float) -> None:
        if self.witness is not None:
            if self.witness.is_over(units, null):
                self._begin_anew()
        elif self.mix.evidence >= page and self.batches >= LEAST_BATCHES and not null.allows(self.means):
            values = self.mix.witness()
            self.witness = Witness(values, share_of(self.means, values), Rate())

    @property
    def means(self) -> list[float]:
        """Mean shares of the units since the onset; there must be one."""
        return [total / self.units for total in self.totals]

    def _level(self, null: Expected) -> Unit:
        """The shares that the detector remembers; production's while it has forgotten what is over."""
        return self.mix.level if self.mix.units else null.shares

    def signals(self, reference: Shares, warn: float) -> Iterator[Signal]:
        """One signal for the flow; none without a reference or units. `warn`: evidence to be reached."""
        if self.seen and reference.size:
            yield self._signal(reference, expected(reference, self._dimension.evidence), warn)

    def _signal(self, reference: Shares, null: Expected, warn: float) -> Signal:
        found = self.witness is not None or self.mix.evidence >= warn
        # While nothing is found, an onset means nothing, and its few units are noise.
        means, units = (self.means, self.units) if found else (self._level(null), self.mix.units)
        noise = noise_floor(self._kinds, units)
        effect = total_variation(null.shares, means)
        beyond = effect > null.delta + (0.0 if found else noise)
        missing = self._missing(null, warn)
        cases = self.shown_in(found=found)
        seen = Seen(null.shares, round(reference.size), means, units, cases)
        dimension = self._dimension
        return Signal(
            outcome="",
            dimension=dimension.name,
            severity=dimension.severity,
            subject=dimension.subject(Trait(dimension.name, None, "", "")) if beyond else "",
            service="",
            effect=effect,
            noise_floor=noise,
            evidence=self.mix.evidence,
            beyond=beyond,
            reference_n=round(reference.size),
            candidate_n=units,
            missing=missing,
            firing=self.witness is not None,
            lower_bound=self.bound.proven if self.bound else 0.0,
            onset=self.onset,
            says=self._says(seen, 0 if beyond else missing),
        )

    def _missing(self, null: Expected, warn: float) -> int:
        effect_of_interest = null.delta - null.error + self._dimension.evidence.of_interest
        enough = units_to_tell(self._kinds, null.delta, effect_of_interest, warn, MOST_UNITS)
        return lacking(enough, self.seen, MOST_UNITS)

    def _says(self, seen: Seen, missing: int) -> str:
        name = self._dimension.name
        if missing > MOST_UNITS:
            return f"The reference is too small, or differs too much from itself, for a verdict on {name}."
        if missing:
            return more_evidence(missing, "flow")
        return self._dimension.says(Trait(name, None, "", ""), seen)

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        witness = self.witness and [self.witness.values, self.witness.seen, self.witness.rate.pack()]
        bound = self.bound and self.bound.pack()
        return [self.mix.pack(), self.seen, self.totals, witness, bound, *self.pack_since()]

    @classmethod
    def unpack(cls, dimension: Dimension[Split], plain: Sequence[Any]) -> Self:
        """The detector that `pack` packed."""
        detector = cls(dimension)
        mix, detector.seen, totals, witness, bound, *since = plain
        detector.unpack_since(since)
        detector.mix, detector.totals = Mix.unpack(mix), list(totals)
        detector.bound = bound and MixLowerBound.unpack(bound)
        if witness:
            values, seen, rate = witness
            detector.witness = Witness(tuple(values), seen, Rate.unpack(rate))
        return detector
