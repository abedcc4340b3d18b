"""Since when something is seen, and over how many runs, units and test cases."""

from collections.abc import Sequence
from typing import Any

from monitor.base.units import LogTime
from monitor.dimensions.dimension import Cases
from monitor.fingerprints.units import Origin


class Since:
    """Since when something is seen: onset in log time (None before any unit), over how many runs and units.

    cases: test cases in those units. origin: the batch at the onset; batch: the last one. Units come run by
    run, so counting changes of the batch counts distinct runs.
    """

    __slots__ = ("batch", "batches", "cases", "onset", "origin", "units")

    def __init__(self) -> None:
        self.batch: Origin | None = None
        self.restart(None, None)

    def restart(self, at: LogTime | None, batch: Origin | None) -> None:
        """Something begins with a batch that began at log time `at`."""
        self.onset = at
        self.origin = batch
        self.batches = 0
        self.units = 0
        self.cases = 0

    def count(self, batch: Origin, units: int, cases: int) -> None:
        """Count the units of a batch, and the test cases in them."""
        if batch != self.batch or self.batches == 0:
            self.batch = batch
            self.batches += 1
        self.units += units
        self.cases += cases

    def shown_in(self, *, found: bool) -> Cases:
        """The test cases since the onset, for people; `found`: else the time of an onset means nothing."""
        run, _, trace = self.batch or Origin("", 0)
        since = self.onset if found else None
        return Cases(self.cases, self.batches, since, known=bool(run), alone=bool(trace))

    def pack_since(self) -> list[Any]:
        """Plain values for JSON."""
        origins = (each and each.pack() for each in (self.origin, self.batch))
        return [self.onset, *origins, self.batches, self.units, self.cases]

    def unpack_since(self, plain: Sequence[Any]) -> None:
        """Take what `pack_since` packed."""
        # Version 0.1 did not count cases: a unit stands for one.
        self.onset, origin, batch, self.batches, self.units, self.cases = (*plain, plain[4])[:6]
        self.origin, self.batch = Origin.read(origin), Origin.read(batch)
