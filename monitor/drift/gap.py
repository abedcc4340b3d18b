"""The gap between tests and production on one path: every dimension's detectors of that path.

A dimension of paths is one file beside this one, with `feed`, `signals`, `pack` and `unpack`, named here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.drift.signal import Signal
from monitor.drift.structure import NONE_LOST, Structure
from monitor.drift.timing import Timing
from monitor.fingerprints.snapshot import Snapshot
from monitor.fingerprints.times import Times
from monitor.fingerprints.units import Unit
from monitor.stats.multiple import merged_dependent


class Reference(NamedTuple):
    """Production on a path, as it is known before the units that are held against it.

    lost: the share of their spans that services lose on the side of the tests.
    """

    snapshot: Snapshot
    times: Times
    lost: Mapping[str, float] = NONE_LOST


class Gap:
    """The detectors of one path in one comparison."""

    __slots__ = ("structure", "timing")

    def __init__(self) -> None:
        self.structure = Structure()
        self.timing = Timing()

    @property
    def units(self) -> int:
        """Evidence units so far."""
        return self.structure.units

    @property
    def updates(self) -> int:
        """Updates of the detectors that can page: what the budget counts."""
        return self.structure.updates

    def feed(
        self, units: Sequence[Unit], reference: Reference, batch: str, at: LogTime, page: float
    ) -> float:
        """Fold the units of a run (or bucket); the e-value of what can page, over this run alone."""
        bets = self.structure.feed(units, reference.snapshot, batch, at, page, lost=reference.lost)
        self.timing.feed(units, reference.times, batch, at, page)
        return merged_dependent(list(bets.values()))

    def signals(self, outcome: str, reference: Reference, warn: float) -> Iterator[Signal]:
        """What every dimension says of the path."""
        yield from self.structure.signals(outcome, reference.snapshot, warn, reference.lost)
        yield from self.timing.signals(outcome, reference.times, warn)

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [self.structure.pack(), self.timing.pack()]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The gap that `pack` packed."""
        gap = cls()
        structure, timing = plain
        gap.structure, gap.timing = Structure.unpack(structure), Timing.unpack(timing)
        return gap
