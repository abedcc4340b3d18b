"""One detector and what people want to know of it: since when, over how many runs, how large."""

from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.stats.rate import Rate


class Expected(NamedTuple):
    """A tolerated interval of a rate, and production's own rate inside it."""

    low: float
    high: float
    prior: float


class Stream:
    """A `Rate` detector with the onset's log time, its runs, and the mean since the onset.

    Units are fed run by run, so counting changes of the batch counts distinct runs.
    """

    __slots__ = ("batch", "batches", "onset", "rate", "total", "units")

    def __init__(self) -> None:
        self.rate = Rate()
        self.onset: LogTime | None = None
        self.batch = ""
        self.batches = 0
        self.total = 0.0
        self.units = 0

    def feed(self, x: float, expected: Expected, batch: str, at: LogTime) -> None:
        """One unit with rate `x` (0..1) of the run or bucket `batch`, which ended at log time `at`."""
        self.rate.update(x, expected.low, expected.high, expected.prior)
        if self.rate.onset_units <= 1:
            self._restart(at)
        if batch != self.batch or self.batches == 0:
            self.batch = batch
            self.batches += 1
        self.total += x
        self.units += 1

    def _restart(self, at: LogTime) -> None:
        self.onset = at
        self.batches = 0
        self.total = 0.0
        self.units = 0

    @property
    def mean(self) -> float | None:
        """Mean of the units since the onset; None before the first one."""
        return self.total / self.units if self.units else None

    def pack(self) -> list[Any]:
        """Plain values for JSON."""
        return [self.rate.pack(), self.onset, self.batch, self.batches, self.total, self.units]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The stream that `pack` packed."""
        stream = cls()
        rate, stream.onset, stream.batch, stream.batches, stream.total, stream.units = plain
        stream.rate = Rate.unpack(rate)
        return stream
