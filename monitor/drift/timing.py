"""Timing: which operations take longer, or less, than in production, relative to their flow.

A unit's number per operation is the rank x of its self time among production's, after the speed of the
machine is removed (`stats.timing`): .5 where it is like production, about .8 where it takes twice as
long. The tolerance is TAU, or the distance that production keeps from itself where that is larger.
Timing warns and never pages.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.drift.signal import Dimension, Signal, path_signal
from monitor.drift.stream import Expected, MeanStream
from monitor.drift.structure import counted, lacking
from monitor.fingerprints.times import Timed, Times, packed, unpacked
from monitor.fingerprints.units import SLOTS, Unit
from monitor.stats.effects import cliffs_delta, noise_floor
from monitor.stats.mean import units_to_tell
from monitor.stats.timing import MIN_OPERATIONS, TWICE_AS_SLOW, relative_times

TAU = 0.10
"""Tolerated distance of x from .5."""
MOST_STREAMS = 200
"""Timeds of one path that get a detector: the first ones."""
MOST_UNITS = 1000
YOUNG = "The reference has been watched for too short a time to know how much it differs from itself."


def tolerated(floor: float) -> Expected:
    """The tolerated x of an operation of which production keeps `floor` from itself."""
    tau = min(max(TAU, floor), 0.5)
    return Expected(0.5 - tau, 0.5 + tau, 0.5, floor)


class Timing:
    """The detectors of one path's operations in one comparison."""

    __slots__ = ("streams", "units")

    def __init__(self) -> None:
        self.streams: dict[Timed, MeanStream] = {}
        self.units = 0

    def feed(self, units: Sequence[Unit], reference: Times, batch: str, at: LogTime, page: float) -> None:
        """Fold the units of one run (or bucket) against production's times as they were before them.

        page: the evidence at which a stream fires.
        """
        xs: dict[Timed, list[float]] = {}
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
                yield _signal(outcome, operation, stream, reference, warn)

    def _power(self, outcome: str, reference: Times, warn: float) -> Signal:
        floors = [reference.floor(operation) for operation in self.streams]
        known = [each for each in reference.reference if reference.floor(each) is not None]
        null = tolerated(max((floor or 0.0 for floor in floors), default=0.0))
        enough = units_to_tell(null.low, null.high, *TWICE_AS_SLOW, warn, MOST_UNITS)
        missing = lacking(enough, self.units, MOST_UNITS)
        says = _says_power(missing, enough) if len(known) >= MIN_OPERATIONS else YOUNG
        return path_signal(Dimension.TIMING, outcome, reference.traces, self.units, missing, says)

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [self.units, packed(self.streams)]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The detectors that `pack` packed."""
        timing = cls()
        timing.units, streams = plain
        timing.streams = unpacked(streams, MeanStream.unpack)
        return timing


def _signal(outcome: str, operation: Timed, stream: MeanStream, reference: Times, warn: float) -> Signal:
    told = stream.firing or stream.detector.evidence >= warn
    # While nothing is told, an onset means nothing, and its few units are noise.
    mean = stream.mean if told and stream.mean is not None else stream.detector.level
    units = stream.units if told else stream.detector.units
    noise = 0.0 if told else noise_floor(2, units)
    floor = reference.floor(operation) or 0.0
    return Signal(
        outcome=outcome,
        dimension=Dimension.TIMING,
        subject=str(operation),
        service=operation.service,
        effect=cliffs_delta(mean),
        noise_floor=max(noise_floor(2, units), 2.0 * floor),
        evidence=stream.detector.evidence,
        beyond=abs(mean - 0.5) > tolerated(floor).high - 0.5 + noise,
        reference_n=reference.traces,
        candidate_n=units,
        missing=0,
        firing=stream.firing,
        lower_bound=stream.lower_bound,
        onset=stream.onset,
        says=_says(operation, mean, units),
    )


def _says(operation: Timed, mean: float, units: int) -> str:
    slower, most = ("slower", mean) if mean >= 0.5 else ("faster", 1.0 - mean)
    return (
        f"Relative to its flow, '{operation}' is {slower} than {100 * most:.0f} % of its calls in the "
        f"reference, in {counted(units, 'candidate unit')}."
    )


def _says_power(missing: int, enough: int) -> str:
    if enough > MOST_UNITS:
        return "The reference differs so much from itself that no number of test runs would tell."
    if missing == 0:
        return "No operation takes twice as long as in the reference, relative to its flow, or half as long."
    return f"{counted(missing, 'more evidence unit')} would decide (a test run gives up to {SLOTS} per path)."
