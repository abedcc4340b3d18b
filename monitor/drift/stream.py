"""One detector and what people want to know of it: since when, over how many runs, how large, and until when.

A stream fires when its evidence pages, the mean since the onset lies outside the tolerance, and two runs (or
buckets) spoke: one flaky run may not page. What fired is frozen as a witness, and the stream keeps firing
until a detector of its own says that it is over (`stats.resolve`); then everything begins anew. Evidence that
goes up and down around the threshold, or a tolerance that moves with production, ends nothing.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.stats.rate import Rate
from monitor.stats.resolve import RESOLVED, still_like

LEAST_BATCHES = 2
"""Runs (or buckets) since the onset before a stream may fire."""


class Expected(NamedTuple):
    """A tolerated interval of a rate, and production's own rate inside it."""

    low: float
    high: float
    prior: float

    def allows(self, rate: float) -> bool:
        """Whether a rate lies inside the tolerance."""
        return self.low <= rate <= self.high


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


class Stream:
    """A `Rate` detector with the onset's log time, its runs, and the mean since the onset.

    Units are fed run by run, so counting changes of the batch counts distinct runs. While it fires the
    onset stands. bet: the mean S of the last unit, no part of the state.
    """

    __slots__ = ("batch", "batches", "bet", "onset", "rate", "total", "units", "witness")

    def __init__(self) -> None:
        self.bet = 1.0
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget everything: no evidence, no onset, no witness."""
        self.rate = Rate()
        self.witness: Witness | None = None
        self.batch = ""
        self._restart(None)

    def feed(self, xs: Sequence[float], expected: Expected, batch: str, at: LogTime, page: float) -> None:
        """The units of a run or bucket, each with a rate of 0..1; `at`: log time at which it began.

        They are folded together: the units of one run share causes, so none may teach the bet on the next.
        page: the evidence at which it fires.
        """
        self.rate.update_run(xs, *expected)
        self.bet = self.rate.bet
        if self.witness is None and self.rate.onset_units <= len(xs):
            self._restart(at)
        if batch != self.batch or self.batches == 0:
            self.batch = batch
            self.batches += 1
        self.total += sum(xs)
        self.units += len(xs)
        self._fire_or_end(xs, expected, page)

    def _fire_or_end(self, xs: Sequence[float], expected: Expected, page: float) -> None:
        if self.witness is not None:
            if self.witness.is_over(xs, expected):
                self.begin_anew()
        elif self.rate.evidence >= page and self.batches >= LEAST_BATCHES:
            mean = self.total / self.units
            if not expected.allows(mean):
                self.witness = Witness(mean, expected)

    def _restart(self, at: LogTime | None) -> None:
        self.onset = at
        self.batches = 0
        self.total = 0.0
        self.units = 0

    @property
    def firing(self) -> bool:
        """Whether it fired and is not over."""
        return self.witness is not None

    @property
    def mean(self) -> float | None:
        """Mean of the units since the onset; None before the first one."""
        return self.total / self.units if self.units else None

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        witness = self.witness and self.witness.pack()
        return [self.rate.pack(), self.onset, self.batch, self.batches, self.total, self.units, witness]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The stream that `pack` packed."""
        stream = cls()
        rate, stream.onset, stream.batch, stream.batches, stream.total, stream.units, witness = plain
        stream.rate = Rate.unpack(rate)
        stream.witness = witness and Witness.unpack(witness)
        return stream
