"""Place: where among production's times stand those of the tests, and how many are beyond its slowest?

Per thing and unit there are two numbers (`stats.timing`): the rank x among production's times, judged by
`Mean` where production's distance from itself is known; and the share of slow traces, judged by `Rate` from
the first slow one on (statistics 9). The tolerance of the rank is the dimension's, or production's distance
from itself where that is larger; that of slow traces is the odds of production's rate.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Self

from monitor.base.units import LogTime
from monitor.dimensions.dimension import Dimension, Judged, Place, Seen, Took
from monitor.dimensions.trait import Given, Trait
from monitor.dimensions.words import more_evidence
from monitor.drift.detectors.stream import Expected, MeanStream, SlowStream, lacking
from monitor.drift.detectors.usual import Usual, packed, unpacked
from monitor.drift.signal import Signal, Slow, path_signal
from monitor.fingerprints.packing import streams, unpacked_streams
from monitor.fingerprints.times import Times
from monitor.fingerprints.units import Origin, Unit
from monitor.stats.effects import cliffs_delta, noise_floor
from monitor.stats.interval import clopper_pearson, widened
from monitor.stats.mean import units_to_tell
from monitor.stats.timing import LEAST_TRACES, MIN_THINGS, Limit, Relative, common_move

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


def tolerated_slow(judge: Place, limit: Limit) -> Expected:
    """The tolerated share of slow traces: one-sided, as faster ones are no slow ones."""
    low, high = clopper_pearson(limit.slow, limit.traces)
    rate = limit.slow / limit.traces
    return Expected(0.0, widened(low, high, judge.rho)[1], rate, high - rate)


class PlaceDetector:
    """The detectors of what one path times in one comparison.

    streams: of the ranks. slow: of the slow traces; only of things that had one.
    """

    __slots__ = ("_dimension", "slow", "streams", "units", "usual")

    def __init__(self, dimension: Dimension[Place]) -> None:
        self._dimension = dimension
        self.streams: dict[Trait, MeanStream] = {}
        self.slow: dict[Trait, SlowStream] = {}
        self.usual: dict[Trait, Usual] = {}
        self.units = 0

    def feed(
        self,
        units: Sequence[Unit],
        reference: Times,
        batch: Origin,
        at: LogTime,
        page: float,
        simulated: Collection[Given] = (),
    ) -> None:
        """Fold the units of one run (or bucket) against production's times as they were before them.

        page: the evidence at which a stream fires. simulated: calls that the units simulate.
        """
        numbers: dict[Trait, list[Relative]] = {}
        moved = self._moved(reference)
        for unit in units:
            found = unit.relative_times(self.kind, reference.distributions, moved)
            for thing, relative in found.items():
                if thing in numbers or thing in self.usual or self._has_room(numbers):
                    numbers.setdefault(thing, []).append(relative)
        asked = {thing: each for thing, each in numbers.items() if self._is_asked(thing, simulated)}
        self._leave(numbers.keys() - asked.keys())
        known = {thing: each for thing, each in asked.items() if reference.floor(thing) is not None}
        for thing, each in known.items():
            null = tolerated(self._dimension.evidence, reference.floor(thing) or 0.0)
            stream = self.streams.setdefault(thing, MeanStream())
            stream.feed([relative.x for relative in each], null, batch, at, page)
        self.units += max(map(len, known.values()), default=0)
        for thing, each in numbers.items():
            limit = reference.distributions[thing].limit
            if thing in asked and limit.traces >= LEAST_TRACES:
                self._feed_slow(thing, limit, [relative.slow for relative in each], batch, at, page)
            for relative in each:
                self.usual[thing] = self.usual.get(thing, Usual()).learnt(relative.mean)

    @property
    def kind(self) -> str:
        """The kind of times that it judges."""
        return self._dimension.evidence.times

    @property
    def of_stand_ins(self) -> bool:
        """Whether it asks about what tests simulate alone."""
        return self._dimension.evidence.of_stand_ins

    def _is_asked(self, thing: Trait, simulated: Collection[Given]) -> bool:
        return (thing.what in simulated) is self.of_stand_ins

    def _leave(self, things: Iterable[Trait]) -> None:
        """Forget what was found of things that are not asked about any more."""
        for thing in things:
            self.streams.pop(thing, None)
            self.slow.pop(thing, None)

    def _has_room(self, numbers: Mapping[Trait, Any]) -> bool:
        """Whether another thing, besides these, gets a detector."""
        return len(self.usual.keys() | numbers.keys()) < MOST_STREAMS

    def _moved(self, reference: Times) -> int:
        """By how many bins the tests' pace has moved, as far as their last units say."""
        known = reference.distributions
        both = ((each.mean, known[thing].mean) for thing, each in self.usual.items() if thing in known)
        return common_move([mean - production for mean, production in both])

    def _feed_slow(
        self, thing: Trait, limit: Limit, xs: Sequence[float], batch: Origin, at: LogTime, page: float
    ) -> None:
        stream = self.slow.get(thing)
        if stream is None and not any(xs):
            return
        null = tolerated_slow(self._dimension.evidence, limit)
        if stream is None:
            stream = self.slow[thing] = SlowStream()
            stream.detector.skipped(self.usual.get(thing, Usual()).units, 0.0, *null.null)
        stream.feed(xs, null, batch, at, page)

    def slow_things(self, warn: float) -> Iterator[Slow]:
        """How far each thing is off, by the stronger of its two detectors; `warn`: evidence to be reached.

        What is simulated is nobody's fault.
        """
        if self.of_stand_ins:
            return
        for thing, usual in self.usual.items():
            rank, slow = self.streams.get(thing), self.slow.get(thing)
            by_rank = cliffs_delta(rank.mean or 0.5) if rank and _found(rank, warn) else 0.0
            by_slow = (slow.mean or 0.0) if slow and _found(slow, warn) else 0.0
            asks = self._dimension.evidence.asks(thing)
            yield Slow(thing.service, asks, usual.units, usual.units * max(by_rank, by_slow))

    def signals(self, outcome: str, reference: Times, warn: float) -> Iterator[Signal]:
        """One signal that speaks for the path, then one per thing; `warn`: evidence to be reached.

        Nothing of a path that has too few things to distinguish the machine from one of them, or in which
        nothing is simulated where that alone is asked about.
        """
        asked = self.streams or self.slow or not self.of_stand_ins
        if asked and len(reference.reference) >= MIN_THINGS:
            yield self._power(outcome, reference, warn)
            moved = self._moved(reference)
            for thing in dict.fromkeys((*self.streams, *self.slow)):
                yield self._signal(outcome, thing, reference, moved, warn)

    def _power(self, outcome: str, reference: Times, warn: float) -> Signal:
        dimension, judge = self._dimension, self._dimension.evidence
        floors = [reference.floor(thing) for thing in self.streams]
        known = [each for each in reference.reference if reference.floor(each) is not None]
        null = tolerated(judge, max((floor or 0.0 for floor in floors), default=0.0))
        enough = units_to_tell(null.low, null.high, *judge.of_interest, warn, MOST_UNITS)
        missing = lacking(enough, self.units, MOST_UNITS)
        says = self._says_power(missing, enough) if len(known) >= MIN_THINGS else YOUNG
        size = reference.traces
        return path_signal(dimension.name, dimension.severity, outcome, size, self.units, missing, says)

    def _says_power(self, missing: int, enough: int) -> str:
        if enough > MOST_UNITS:
            return RESTLESS
        return more_evidence(missing, "path") if missing else self._dimension.claims(_NOTHING_COUNTED)

    def _signal(self, outcome: str, thing: Trait, reference: Times, moved: int, warn: float) -> Signal:
        """What the stronger of a thing's two detectors says."""
        rank, slow = self.streams.get(thing), self.slow.get(thing)
        both = []
        if rank:
            both.append(self._of_rank(outcome, thing, rank, reference, moved, warn))
        if slow:
            both.append(self._of_slow(outcome, thing, slow, reference, moved, warn))
        return max(both, key=_strength)

    def _of_rank(
        self, outcome: str, thing: Trait, stream: MeanStream, reference: Times, moved: int, warn: float
    ) -> Signal:
        found = _found(stream, warn)
        # While nothing is found, an onset means nothing, and its few units are noise.
        mean = stream.mean if found and stream.mean is not None else stream.detector.level
        units = stream.units if found else stream.detector.units
        noise = 0.0 if found else noise_floor(2, units)
        floor = reference.floor(thing) or 0.0
        null = tolerated(self._dimension.evidence, floor)
        seen = Seen(null.prior, reference.traces, mean, units, stream.shown_in(found=found))
        return self._line(outcome, thing, stream, reference, moved, seen)._replace(
            effect=cliffs_delta(mean),
            noise_floor=max(noise_floor(2, units), 2.0 * floor),
            beyond=abs(mean - null.prior) > null.high - null.prior + noise,
        )

    def _of_slow(
        self, outcome: str, thing: Trait, stream: SlowStream, reference: Times, moved: int, warn: float
    ) -> Signal:
        known = reference.distributions.get(thing)
        null = tolerated_slow(self._dimension.evidence, known.limit) if known else Expected(0.0, 1.0, 0.0)
        mean = stream.mean or 0.0
        cases = stream.shown_in(found=_found(stream, warn))
        seen = Seen(null.prior, reference.traces, mean, stream.units, cases)
        return self._line(outcome, thing, stream, reference, moved, seen, slow=mean)._replace(
            effect=max(0.0, mean - null.prior),
            noise_floor=noise_floor(2, stream.units),
            beyond=not null.allows(mean),
        )

    def _line(
        self,
        outcome: str,
        thing: Trait,
        stream: MeanStream | SlowStream,
        reference: Times,
        moved: int,
        seen: Seen,
        slow: float = 0.0,
    ) -> Signal:
        """A signal in words; how large the effect is, the caller says."""
        known = reference.distributions.get(thing)
        rank = 0.5 if slow else seen.candidate
        usual, limit = (known.mean, known.limit.position) if known else (0.0, 0)
        bins = (self.usual.get(thing, Usual()).mean - moved, usual, limit)
        took = Took(rank, slow, *map(reference.time_ns, bins))
        return Signal(
            outcome=outcome,
            dimension=self._dimension.name,
            severity=self._dimension.severity,
            subject=self._dimension.subject(thing),
            service=thing.service,
            effect=0.0,
            noise_floor=0.0,
            evidence=stream.detector.evidence,
            beyond=False,
            reference_n=seen.reference_n,
            candidate_n=seen.units,
            missing=0,
            firing=stream.firing,
            lower_bound=stream.lower_bound,
            onset=stream.onset,
            says=self._dimension.says(thing, seen._replace(candidate=took)),
        )

    def pack(self) -> dict[str, Any]:
        """Plain values for JSON; nothing of what there is none of."""
        parts = {"ranks": streams(self.streams), "slow": streams(self.slow), "usual": packed(self.usual)}
        return {"units": self.units, **{name: part for name, part in parts.items() if part}}

    @classmethod
    def unpack(cls, dimension: Dimension[Place], plain: Mapping[str, Any]) -> Self:
        """The detectors that `pack` packed."""
        detector, kind = cls(dimension), dimension.evidence.times
        detector.units = plain["units"]
        detector.streams = unpacked_streams(kind, plain.get("ranks", {}), MeanStream.unpack)
        detector.slow = unpacked_streams(kind, plain.get("slow", {}), SlowStream.unpack)
        detector.usual = unpacked(kind, plain.get("usual", {}))
        return detector


def _found(stream: MeanStream | SlowStream, warn: float) -> bool:
    return stream.firing or stream.detector.evidence >= warn


def _strength(signal: Signal) -> tuple[bool, bool, float]:
    return signal.firing, signal.beyond, signal.evidence
