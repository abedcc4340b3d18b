"""Production as units: all traces of one path that began in the same five seconds of log time.

Test runs are units of their own accord; production has no end, so log time cuts it. A slice is kept only
while somebody watches; else a trace costs a comparison.
"""

from typing import Any, Self

from monitor.base.units import DAY_MS, LogTime
from monitor.fingerprints.tally import Tally
from monitor.fingerprints.units import Unit
from monitor.flows.flow import Flow

SLICE_MS = 5000
BACK = DAY_MS // SLICE_MS
"""From this many back, a clock has jumped. Less than that, one source partition lags behind another: what it
brings counts in the slice that is open."""


class Slices:
    """The open slice, by its number since the epoch; `kept`: its traces while it was watched."""

    __slots__ = ("kept", "number")

    def __init__(self) -> None:
        self.number = 0
        self.kept = Tally()

    @property
    def began(self) -> LogTime:
        """Log time in ms at which the open slice began."""
        return LogTime(self.number * SLICE_MS)

    def is_over(self, now: LogTime) -> bool:
        """Whether a trace that began at `now` is in another slice."""
        return not 0 <= self.number - now // SLICE_MS <= BACK

    def turn(self, now: LogTime) -> Unit | None:
        """Begin the slice of `now`; the one before it as a unit, if anything was kept of it."""
        unit = Unit((self.kept,)) if self.kept.traces else None
        self.number = now // SLICE_MS
        self.kept = Tally()
        return unit

    def keep(self, flow: Flow) -> None:
        """Count a complete trace of the open slice."""
        self.kept.observe(flow)

    def pack(self) -> list[Any]:
        """Plain lists for JSON; None where nothing was kept."""
        return [self.number, self.kept.pack() if self.kept.traces else None]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The slices that `pack` packed."""
        slices = cls()
        slices.number, kept = plain
        slices.kept = Tally.unpack(kept) if kept else Tally()
        return slices
