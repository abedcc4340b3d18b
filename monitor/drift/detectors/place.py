"""Place: where among production's numbers stand those of the tests?

A unit's number per thing is the rank x of its times among production's, after the speed of the machine is
removed (`stats.timing`). The tolerance is the dimension's, or the distance that production keeps from itself
where that is larger.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.dimensions.dimension import Dimension, Judged, Place, Seen
from monitor.dimensions.trait import Trait
from monitor.dimensions.words import more_evidence
from monitor.drift.detectors.stream import Expected, MeanStream, lacking
from monitor.drift.signal import Signal, path_signal
from monitor.fingerprints.packing import streams, unpacked_streams
from monitor.fingerprints.times import Times
from monitor.fingerprints.units import Origin, Unit
from monitor.stats.effects import cliffs_delta, noise_floor
from monitor.stats.mean import units_to_tell
from monitor.stats.timing import MIN_OPERATIONS, relative_times

MOST_STREAMS = 200
"""Things of one path that get a detector: the first ones."""
MOST_UNITS = 1000
_NOTHING_COUNTED = Judged(0, 0, 0)
YOUNG = "The reference has been watched for too short a time to know how much it differs from itself."
RESTLESS = "The reference differs so much from itself that no number of test runs would decide."


def tolerated(judge: Place, floor: float) -> Expected:
    """The tolerated x of a thing of which production keeps `floor` from itself."""
    tau = min(max(judge.tau, floor), 0.5)
    return Expected(0.5 - tau, 0.5 + tau, 0.5, floor)


class PlaceDetector:
    """The detectors of what one path times in one comparison."""

    __slots__ = ("_dimension", "streams", "units")

    def __init__(self, dimension: Dimension[Place]) -> None:
        self._dimension = dimension
        self.streams: dict[Trait, MeanStream] = {}
        self.units = 0

    def feed(self, units: Sequence[Unit], reference: Times, batch: Origin, at: LogTime, page: float) -> None:
        """Fold the units of one run (or bucket) against production's times as they were before them.

        page: the evidence at which a stream fires.
        """
        xs: dict[Trait, list[float]] = {}
        for unit in units:
            times = unit.times(self._dimension.name)
            for thing, x in relative_times(times, reference.distributions).items():
                xs.setdefault(thing, []).append(x)
        known = [thing for thing in xs if reference.floor(thing) is not None]
        for thing in known:
            stream = self.streams.get(thing)
            if stream is None and len(self.streams) < MOST_STREAMS:
                stream = self.streams[thing] = MeanStream()
            if stream is not None:
                null = tolerated(self._dimension.evidence, reference.floor(thing) or 0.0)
                stream.feed(xs[thing], null, batch, at, page)
        self.units += max((len(xs[thing]) for thing in known), default=0)

    def signals(self, outcome: str, reference: Times, warn: float) -> Iterator[Signal]:
        """One signal that speaks for the path, then one per thing; `warn`: evidence to be reached.

        Nothing of a path that has too few operations to distinguish the machine from one of them.
        """
        if len(reference.reference) >= MIN_OPERATIONS:
            yield self._power(outcome, reference, warn)
            for thing, stream in self.streams.items():
                yield self._signal(outcome, thing, stream, reference, warn)

    def _power(self, outcome: str, reference: Times, warn: float) -> Signal:
        dimension, judge = self._dimension, self._dimension.evidence
        floors = [reference.floor(thing) for thing in self.streams]
        known = [each for each in reference.reference if reference.floor(each) is not None]
        null = tolerated(judge, max((floor or 0.0 for floor in floors), default=0.0))
        enough = units_to_tell(null.low, null.high, *judge.of_interest, warn, MOST_UNITS)
        missing = lacking(enough, self.units, MOST_UNITS)
        says = self._says_power(missing, enough) if len(known) >= MIN_OPERATIONS else YOUNG
        size = reference.traces
        return path_signal(dimension.name, dimension.severity, outcome, size, self.units, missing, says)

    def _says_power(self, missing: int, enough: int) -> str:
        if enough > MOST_UNITS:
            return RESTLESS
        return more_evidence(missing, "path") if missing else self._dimension.claims(_NOTHING_COUNTED)

    def _signal(
        self, outcome: str, thing: Trait, stream: MeanStream, reference: Times, warn: float
    ) -> Signal:
        found = stream.firing or stream.detector.evidence >= warn
        # While nothing is found, an onset means nothing, and its few units are noise.
        mean = stream.mean if found and stream.mean is not None else stream.detector.level
        units = stream.units if found else stream.detector.units
        noise = 0.0 if found else noise_floor(2, units)
        floor = reference.floor(thing) or 0.0
        null = tolerated(self._dimension.evidence, floor)
        seen = Seen(null.prior, reference.traces, mean, units, stream.shown_in(found=found))
        return Signal(
            outcome=outcome,
            dimension=self._dimension.name,
            severity=self._dimension.severity,
            subject=self._dimension.subject(thing),
            service=thing.service,
            effect=cliffs_delta(mean),
            noise_floor=max(noise_floor(2, units), 2.0 * floor),
            evidence=stream.detector.evidence,
            beyond=abs(mean - null.prior) > null.high - null.prior + noise,
            reference_n=reference.traces,
            candidate_n=units,
            missing=0,
            firing=stream.firing,
            lower_bound=stream.lower_bound,
            onset=stream.onset,
            says=self._dimension.says(thing, seen),
        )

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"units": self.units, **streams(self.streams)}

    @classmethod
    def unpack(cls, dimension: Dimension[Place], plain: Mapping[str, Any]) -> Self:
        """The detectors that `pack` packed."""
        detector = cls(dimension)
        detector.units = plain["units"]
        detector.streams = unpacked_streams(dimension.name, plain, MeanStream.unpack)
        return detector
