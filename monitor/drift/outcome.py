"""Outcome: whether the flows of one kind end as they do in production: ok, as the client's error, or failed.

A `Mix` over the outcomes of a whole flow. Tests provoke errors on purpose, so its tolerance is wide and it
warns and never pages.
"""

from collections.abc import Sequence
from math import fsum
from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.drift.signal import Dimension, Signal
from monitor.drift.stream import LEAST_BATCHES, WORTH_A_BOUND, Since
from monitor.drift.structure import counted, lacking, share
from monitor.fingerprints.outcomes import ORDER, Outcomes
from monitor.fingerprints.units import SLOTS
from monitor.stats.effects import noise_floor, total_variation
from monitor.stats.huber import reference_error
from monitor.stats.lower_bound import MixLowerBound
from monitor.stats.mix import Mix, units_to_tell
from monitor.stats.rate import Rate
from monitor.stats.resolve import RESOLVED, share_of, still_excess

DELTA = 0.20
"""Tolerated share of the tests' traffic that ends otherwise than production's."""
OF_INTEREST = 0.20
"""A difference so far beyond the tolerance would have been told before this dimension is ok."""
MOST_UNITS = 4096
"""Where more units than this would be needed, the reference says too little for a verdict."""
Shares = Sequence[float]


class Expected(NamedTuple):
    """Production's shares, in `ORDER`, the distance that is tolerated, and how far they may be wrong."""

    shares: tuple[float, ...]
    delta: float
    error: float

    def allows(self, shares: Shares) -> bool:
        """Whether shares lie within the tolerance."""
        return total_variation(self.shares, shares) <= self.delta


def expected(reference: Outcomes) -> Expected:
    """What is tolerated: DELTA or, where it is more, production's own spread; and the reference's error."""
    error = reference_error(len(ORDER), reference.size)
    delta = max(DELTA, reference.spread.floor or 0.0) + error
    return Expected(reference.shares, min(1.0, delta), error)


class Witness(NamedTuple):
    """What fired: the outcomes that tests have too often, their share then, and what says it is over."""

    outcomes: tuple[int, ...]
    seen: float
    rate: Rate

    def is_over(self, units: Sequence[Shares], null: Expected) -> bool:
        """Fold the units of a run; whether tests are back, or production has come to where they are."""
        limits = still_excess(null.shares, self.outcomes, null.delta, self.seen)
        prior = share_of(null.shares, self.outcomes)
        evidence = self.rate.update_run([share_of(unit, self.outcomes) for unit in units], *limits, prior)
        return evidence >= RESOLVED or self.seen <= prior + null.delta


class OutcomeMix(Since):
    """The detector of one flow's outcomes in one comparison; `totals`: sums of the shares since the onset."""

    __slots__ = ("bound", "mix", "seen", "totals", "witness")

    def __init__(self) -> None:
        self.seen = 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        super().__init__()
        self.mix = Mix(len(ORDER))
        self.totals = [0.0] * len(ORDER)
        self.witness: Witness | None = None
        self.bound: MixLowerBound | None = None

    def feed(
        self, units: Sequence[Shares], reference: Outcomes, batch: str, at: LogTime, page: float
    ) -> None:
        """Fold the units of one run (or bucket) against production's outcomes as they were before them.

        page: the evidence at which it fires.
        """
        if not units or not reference.size:
            return
        null = expected(reference)
        self.mix.update_run(units, null.shares, null.delta)
        if self.witness is None and self.mix.onset_units <= len(units):
            self.restart(at, batch)
            self.totals = [0.0] * len(ORDER)
            self.bound = None
        self.seen += len(units)
        self.count(batch, len(units))
        self.totals = [fsum(shares) for shares in zip(self.totals, *units, strict=True)]
        if self.bound is not None:
            self.bound.update(units, null.shares, null.error)
        elif self.mix.evidence >= WORTH_A_BOUND:
            self.bound = MixLowerBound(len(ORDER))
        self._fire_or_end(units, null, page)

    def _fire_or_end(self, units: Sequence[Shares], null: Expected, page: float) -> None:
        if self.witness is not None:
            if self.witness.is_over(units, null):
                self._begin_anew()
        elif self.mix.evidence >= page and self.batches >= LEAST_BATCHES and not null.allows(self.means):
            outcomes = self.mix.witness()
            self.witness = Witness(outcomes, share_of(self.means, outcomes), Rate())

    @property
    def means(self) -> list[float]:
        """Mean shares of the units since the onset; there must be one."""
        return [total / self.units for total in self.totals]

    def _level(self, null: Expected) -> Shares:
        """The shares that the detector remembers; production's while it has forgotten what is over."""
        return self.mix.level if self.mix.units else null.shares

    def signals(self, reference: Outcomes, warn: float) -> list[Signal]:
        """One signal for the flow; none without a reference or units. `warn`: evidence to be reached."""
        if not self.seen or not reference.size:
            return []
        null = expected(reference)
        told = self.witness is not None or self.mix.evidence >= warn
        # While nothing is told, an onset means nothing, and its few units are noise.
        means, units = (self.means, self.units) if told else (self._level(null), self.mix.units)
        noise = noise_floor(len(ORDER), units)
        effect = total_variation(null.shares, means)
        beyond = effect > null.delta + (0.0 if told else noise)
        effect_of_interest = null.delta - null.error + OF_INTEREST
        enough = units_to_tell(len(ORDER), null.delta, effect_of_interest, warn, MOST_UNITS)
        missing = lacking(enough, self.seen, MOST_UNITS)
        return [
            Signal(
                outcome="",
                dimension=Dimension.OUTCOME,
                subject="outcomes" if beyond else "",
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
                says=_says(null.shares, means, units, 0 if beyond else missing),
            )
        ]

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        witness = self.witness and [self.witness.outcomes, self.witness.seen, self.witness.rate.pack()]
        bound = self.bound and self.bound.pack()
        return [self.mix.pack(), self.seen, self.totals, witness, bound, *self.pack_since()]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The detector that `pack` packed."""
        stream = cls()
        mix, stream.seen, totals, witness, bound, *since = plain
        stream.unpack_since(since)
        stream.mix, stream.totals = Mix.unpack(mix), list(totals)
        stream.bound = bound and MixLowerBound.unpack(bound)
        if witness:
            outcomes, seen, rate = witness
            stream.witness = Witness(tuple(outcomes), seen, Rate.unpack(rate))
        return stream


def _says(shares: Shares, means: Shares, units: int, missing: int) -> str:
    if missing > MOST_UNITS:
        return "The reference is too small, or differs too much from itself, for a verdict on outcomes."
    if missing:
        return f"{counted(missing, 'more evidence unit')} would decide (a run gives up to {SLOTS} per flow)."
    if not units:
        return "The flows end as in the reference again."
    ends = [
        f"{outcome.value.replace('_', ' ')} {share(mean)} (reference {share(p)})"
        for outcome, p, mean in zip(ORDER, shares, means, strict=True)
        if p or mean
    ]
    return f"{counted(units, 'candidate unit')} ended: {', '.join(ends)}."
