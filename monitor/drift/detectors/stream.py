"""One detector and what people want to know of it: since when, over how many runs, how large, and until when.

A stream fires when its evidence pages, the mean since the onset lies outside the tolerance, and two runs (or
buckets) spoke, or three of what only tests have: one flaky run may not page, and what is new is often in the
tests before it is deployed. What fired is frozen as a witness, and the stream keeps firing until a detector
of its own says that it is over (`stats.resolve`); then everything begins anew. Evidence that goes up and down
around the threshold, or a tolerance that moves with production, ends nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, Self, TypeVar

from monitor.base.units import LogTime
from monitor.drift.detectors.since import Since
from monitor.fingerprints.units import Origin
from monitor.stats.lower_bound import MeanLowerBound, MixLowerBound
from monitor.stats.mean import Mean
from monitor.stats.rate import Rate
from monitor.stats.resolve import RESOLVED, still_like

Bettors = TypeVar("Bettors", Rate, Mean)
WORTH_A_BOUND = 1e3
"""Evidence at which it is worth the work to prove how large the effect is."""
CALM = 64
"""After this many units in a row within the tolerance a stream may be quiet."""
LEAST_BATCHES = 2
"""Runs (or buckets) since the onset before a stream may fire."""
LEAST_MOVE = 0.35
"""Of a mean rank, before a stream fires: about four times as long, or a quarter. Less, however well it is
proven, is what a cold start or another load does as well, and stays suspect."""
LEAST_SLOW = 0.2
"""Of the traces of tests, before a stream of slow ones fires: in every run the first case of many meets a
machine that is cold, and that is no slow system."""
LEAST_OF_TESTS_ALONE = 3
"""The same of what only tests have: they often have a change before production does."""


class Expected(NamedTuple):
    """A tolerated interval of a rate or a mean, production's own inside it, and how far that may be wrong."""

    low: float
    high: float
    prior: float
    error: float = 0.0

    @property
    def null(self) -> tuple[float, float, float]:
        """What a `Rate` receives: the interval, and production's rate."""
        return self.low, self.high, self.prior

    def allows(self, mean: float) -> bool:
        """Whether a mean lies inside the tolerance."""
        return self.low <= mean <= self.high


class Witness:
    """What fired: the mean since the onset at that moment, the tolerance then, and what says it is over."""

    __slots__ = ("expected", "rate", "seen")

    def __init__(self, seen: float, expected: Expected) -> None:
        self.seen = seen
        self.expected = expected
        self.rate = Rate()

    def is_over(self, xs: Sequence[float], expected: Expected) -> bool:
        """Fold the units of a run; whether tests are back, or production has come to where they are."""
        above = self.seen > self.expected.high
        null = still_like(above, expected.low, expected.high, self.seen)
        evidence = self.rate.update_run(xs, *null, expected.prior)
        return evidence >= RESOLVED or expected.allows(self.seen)

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        return [self.seen, list(self.expected), self.rate.pack()]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The witness that `pack` packed."""
        seen, expected, rate = plain
        witness = cls(seen, Expected(*expected))
        witness.rate = Rate.unpack(rate)
        return witness


class Stream(Since, ABC, Generic[Bettors]):
    """A detector, and the mean of its units since the onset, which stands while it fires.

    calm: units in a row within the tolerance, up to now. bet: the mean S of the last unit, no part of the
    state.
    """

    __slots__ = ("bet", "bound", "calm", "detector", "total", "witness")

    def __init__(self) -> None:
        self.bet = 1.0
        self.begin_anew()

    @staticmethod
    @abstractmethod
    def _detector(packed: Any = None) -> Bettors:
        """A new detector, or the packed one."""

    @abstractmethod
    def _update(self, xs: Sequence[float], expected: Expected) -> None:
        """Let the detector bet on the units of a run, and the bound, where there is one, prove more."""

    @staticmethod
    @abstractmethod
    def _new_bound(packed: str | None = None) -> Any:
        """A new lower bound of the effect, or the packed one."""

    def begin_anew(self) -> None:
        """Forget everything: no evidence, no onset, no witness."""
        super().__init__()
        self.detector: Bettors = self._detector()
        self.bound: Any = None
        self.witness: Witness | None = None
        self.total = 0.0
        self.calm = 0

    def feed(
        self,
        xs: Sequence[float],
        expected: Expected,
        batch: Origin,
        at: LogTime,
        page: float,
        cases: int | None = None,
    ) -> None:
        """The units of a run or bucket, each with a number of 0..1; `at`: log time at which it began.

        They are folded together: the units of one run share causes, so none may teach the bet on the next.
        page: the evidence at which it fires. cases: test cases in the units; None: one in each.
        """
        self._update(xs, expected)
        self.bet = self.detector.bet
        if self.witness is None and self.detector.onset_units <= len(xs):
            self.restart(at, batch)
            self.total = 0.0
            self.bound = None
        if self.bound is None and self.detector.evidence >= WORTH_A_BOUND:
            self.bound = self._new_bound()
        self.count(batch, len(xs), len(xs) if cases is None else cases)
        self.total += sum(xs)
        self.calm = self.calm + len(xs) if all(map(expected.allows, xs)) else 0
        self._fire_or_end(xs, expected, page)

    def _fire_or_end(self, xs: Sequence[float], expected: Expected, page: float) -> None:
        if self.witness is not None:
            if self.witness.is_over(xs, expected):
                self.begin_anew()
        elif self.detector.evidence >= page:
            mean = self.total / self.units
            if self._differs(mean, expected) and self.batches >= self._least_batches(mean, expected):
                self.witness = Witness(mean, expected)

    @staticmethod
    def _least_batches(mean: float, expected: Expected) -> int:  # noqa: ARG004 - of a rate it matters
        return LEAST_BATCHES

    @staticmethod
    def _differs(mean: float, expected: Expected) -> bool:
        """Whether a mean lies so far outside the tolerance that a stream fires."""
        return not expected.allows(mean)

    @property
    def firing(self) -> bool:
        """Whether it fired and is not over."""
        return self.witness is not None

    @property
    def lower_bound(self) -> float:
        """The effect that is proven; 0.0 while none is."""
        return self.bound.proven if self.bound else 0.0

    @property
    def quiet(self) -> bool:
        """Nothing hints at a drift any more; M would not show it, as it stands still while nobody bets."""
        return self.witness is None and self.detector.onset_units == 0 and self.calm >= CALM

    @property
    def mean(self) -> float | None:
        """Mean of the units since the onset; None before the first one."""
        return self.total / self.units if self.units else None

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        witness = self.witness and self.witness.pack()
        bound = self.bound and self.bound.pack()
        return [self.detector.pack(), *self.pack_since(), self.total, self.calm, bound, witness]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The stream that `pack` packed."""
        stream = cls()
        detector, *since, stream.total, stream.calm, bound, witness = plain
        stream.unpack_since(since)
        stream.detector = cls._detector(detector)
        stream.bound = bound and cls._new_bound(bound)
        stream.witness = witness and Witness.unpack(witness)
        return stream


class RateStream(Stream[Rate]):
    """Units are rates: in which share of its traces a unit had something."""

    __slots__ = ()

    @staticmethod
    def _detector(packed: Any = None) -> Rate:
        return Rate() if packed is None else Rate.unpack(packed)

    def _update(self, xs: Sequence[float], expected: Expected) -> None:
        self.detector.update_run(xs, *expected.null)
        if self.bound:
            rates = [(1.0 - x, x) for x in xs]
            self.bound.update(rates, (1.0 - expected.prior, expected.prior), expected.error)

    @staticmethod
    def _least_batches(mean: float, expected: Expected) -> int:
        return LEAST_OF_TESTS_ALONE if mean > expected.high else LEAST_BATCHES

    @staticmethod
    def _new_bound(packed: str | None = None) -> MixLowerBound:
        return MixLowerBound(2) if packed is None else MixLowerBound.unpack(packed)


class SlowStream(RateStream):
    """Units are shares of slow traces."""

    __slots__ = ()

    @staticmethod
    def _differs(mean: float, expected: Expected) -> bool:
        return mean > expected.high and mean >= LEAST_SLOW


class MeanStream(Stream[Mean]):
    """Units are ranks among production: 0.5 where they are like it."""

    __slots__ = ()

    @staticmethod
    def _detector(packed: Any = None) -> Mean:
        return Mean() if packed is None else Mean.unpack(packed)

    def _update(self, xs: Sequence[float], expected: Expected) -> None:
        self.detector.update_run(xs, expected.low, expected.high)
        if self.bound:
            self.bound.update(xs, expected.error)

    @staticmethod
    def _differs(mean: float, expected: Expected) -> bool:
        return not expected.allows(mean) and abs(mean - expected.prior) >= LEAST_MOVE

    @staticmethod
    def _new_bound(packed: str | None = None) -> MeanLowerBound:
        return MeanLowerBound() if packed is None else MeanLowerBound.unpack(packed)


def lacking(enough: int, seen: int, most: int) -> int:
    """Units still needed of `enough`; above `most` no number of them would do, so silence is never 'ok'."""
    return enough if enough > most else max(0, enough - seen)
