"""Timing: which operations take longer, or less, than in production, relative to their flow.

A unit's number per operation is the rank x of its self time among production's, after the speed of the
machine is removed (`stats.timing`): .5 where it is like production, about .83 where it takes twice as
long. The tolerance is TAU, or the distance that production keeps from itself where that is larger.
Timing warns and never pages.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.drift.signal import Dimension, Signal
from monitor.drift.stream import Expected, MeanStream
from monitor.drift.structure import counted
from monitor.fingerprints.times import Times
from monitor.fingerprints.units import SLOTS, Unit
from monitor.flows.flow import Operation
from monitor.stats.effects import cliffs_delta, noise_floor
from monitor.stats.mean import Mean
from monitor.stats.timing import MIN_OPERATIONS, relative_times
from monitor.wire.span import Kind

TAU = 0.10
"""Tolerated distance of x from .5."""
TWICE_AS_SLOW = 0.83
"""x of an operation that takes twice as long, at a log standard deviation of .6: what `ok` would have told."""
MOST_STREAMS = 200
"""Operations of one path that get a detector: the first ones."""
MOST_UNITS = 1000


def tolerated(floor: float) -> Expected:
    """The tolerated x of an operation of which production keeps `floor` from itself."""
    tau = min(max(TAU, floor), 0.5)
    return Expected(0.5 - tau, 0.5 + tau, 0.5)


class Timing:
    """The detectors of one path's operations in one comparison."""

    __slots__ = ("streams", "units")

    def __init__(self) -> None:
        self.streams: dict[Operation, MeanStream] = {}
        self.units = 0

    def feed(self, units: Sequence[Unit], reference: Times, batch: str, at: LogTime, page: float) -> None:
        """Fold the units of one run (or bucket) against production's times as they were before them.

        page: the evidence at which a stream fires.
        """
        xs: dict[Operation, list[float]] = {}
        for unit in units:
            for operation, x in relative_times(unit.times(), reference.distributions).items():
                xs.setdefault(operation, []).append(x)
        told = [operation for operation in xs if reference.floor(operation) is not None]
        for operation in told:
            stream = self.streams.get(operation)
            if stream is None and len(self.streams) < MOST_STREAMS:
                stream = self.streams[operation] = MeanStream()
            if stream is not None:
                stream.feed(xs[operation], tolerated(reference.floor(operation) or 0.0), batch, at, page)
        self.units += max((len(xs[operation]) for operation in told), default=0)

    def signals(self, outcome: str, reference: Times, warn: float) -> Iterator[Signal]:
        """One signal that speaks for the path, then one per operation; `warn`: evidence to be reached.

        Nothing of a path that has too few operations to tell the machine from one of them.
        """
        if len(reference.reference) >= MIN_OPERATIONS:
            yield self._power(outcome, reference, warn)
            for operation, stream in self.streams.items():
                yield _signal(outcome, operation, stream, reference)

    def _power(self, outcome: str, reference: Times, warn: float) -> Signal:
        floors = [reference.floor(operation) for operation in self.streams]
        enough = units_to_tell(max((floor or 0.0 for floor in floors), default=0.0), warn)
        missing = max(0, enough - self.units)
        return Signal(
            outcome=outcome,
            dimension=Dimension.TIMING,
            subject="",
            service="",
            effect=0.0,
            noise_floor=noise_floor(2, self.units),
            evidence=0.0,
            beyond=False,
            reference_n=reference.traces,
            candidate_n=self.units,
            missing=missing,
            firing=False,
            onset=None,
            says=_says_power(missing, enough),
        )

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [self.units, [[*operation, stream.pack()] for operation, stream in self.streams.items()]]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The detectors that `pack` packed."""
        timing = cls()
        timing.units, streams = plain
        timing.streams = {Operation(s, Kind(k), name): MeanStream.unpack(each) for s, k, name, each in streams}
        return timing


@lru_cache(maxsize=4096)
def units_to_tell(floor: float, warn: float) -> int:
    """Units after which an operation that takes twice as long would have been told."""
    detector, expected = Mean(), tolerated(floor)
    for unit in range(1, MOST_UNITS + 1):
        if detector.update(TWICE_AS_SLOW, expected.low, expected.high) >= warn:
            return unit
    return MOST_UNITS + 1


def _signal(outcome: str, operation: Operation, stream: MeanStream, reference: Times) -> Signal:
    mean = 0.5 if stream.mean is None else stream.mean
    floor = reference.floor(operation) or 0.0
    return Signal(
        outcome=outcome,
        dimension=Dimension.TIMING,
        subject=str(operation),
        service=operation.service,
        effect=cliffs_delta(mean),
        noise_floor=max(noise_floor(2, stream.units), 2.0 * floor),
        evidence=stream.detector.evidence,
        beyond=not tolerated(floor).allows(mean),
        reference_n=reference.traces,
        candidate_n=stream.units,
        missing=0,
        firing=stream.firing,
        onset=stream.onset,
        says=_says(operation, mean, stream.units),
    )


def _says(operation: Operation, mean: float, units: int) -> str:
    slower = mean >= 0.5
    return (
        f"'{operation}' is {'slower' if slower else 'faster'} than {100 * max(mean, 1 - mean):.0f} % of its "
        f"calls in the reference, relative to the flow, in {counted(units, 'candidate unit')} since the onset."
    )


def _says_power(missing: int, enough: int) -> str:
    if enough > MOST_UNITS:
        return "The reference differs so much from itself that no number of test runs would tell."
    if missing == 0:
        return "No operation takes twice as long as in the reference, relative to its flow, or half as long."
    return f"{counted(missing, 'more evidence unit')} would decide (a test run gives up to {SLOTS} per path)."
