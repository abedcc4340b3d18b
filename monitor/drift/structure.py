"""Structure: which calls a path makes.

Two questions, each conditional on the caller being present (statistics 1.5): an edge that at least 95 %
of production has, is it in the tests; an edge that at most 1 % of production has, is it not. Edges in
between are branches that tests choose on purpose: they are not judged.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.drift.signal import Dimension, Signal, path_signal
from monitor.drift.stream import WORTH_A_BOUND, Expected, RateStream
from monitor.fingerprints import structure as shapes
from monitor.fingerprints.snapshot import Size, Snapshot
from monitor.fingerprints.span_gaps import lost_by
from monitor.fingerprints.structure import Edge
from monitor.fingerprints.units import SLOTS, Unit
from monitor.stats.effects import noise_floor
from monitor.stats.interval import clopper_pearson, widened, wilson
from monitor.stats.rate import units_to_tell

ALWAYS = 0.95
NEVER = 0.01
NEARLY_ALL = 0.99
HARDLY_ANY = 0.001
RHO = 3.0
"""Tolerance on the odds of an edge's rate."""
MOST_STREAMS = 1000
"""Edges of one path that get a detector: the first ones."""
NONE_LOST: Mapping[str, float] = MappingProxyType({})
MOST_UNITS = 4096
"""A reference that needs more units than this before it can tell anything is too small for a verdict."""


@lru_cache(maxsize=65536)
def expected(present: float, traces: float, weighted: bool = False, lost: float = 0.0) -> Expected:
    """The tolerated rate of an edge that `present` of `traces` production traces (with its caller) had.

    One-sided, as the question is: tests may always make a call that production nearly always makes.
    Counts are whole and have an exact interval; effective ones (`weighted`) have Wilson's. lost: the share of
    such spans that gets lost on the way, and is not missing for that.
    """
    rate = present / traces
    interval = wilson(rate, traces) if weighted else clopper_pearson(round(present), round(traces))
    low, high = widened(*interval, RHO)
    error = max(rate - interval[0], interval[1] - rate)
    low = 0.0 if rate <= NEVER else low * (1.0 - lost)
    return Expected(low, 1.0 if rate >= ALWAYS else high, rate, error)


class Production(NamedTuple):
    """How often production had an edge, and how often its caller; where `weighted`, in effective traces."""

    present: float
    traces: float
    weighted: bool = False

    @property
    def judged(self) -> bool:
        """Always there or (almost) never: only these two are evidence."""
        return self.traces > 0 and not NEVER < self.present / self.traces < ALWAYS

    @property
    def optional(self) -> bool:
        """A branch that production takes now and then."""
        return self.traces > 0 and not self.judged

    @property
    def always(self) -> bool:
        """Production has this edge wherever it has the caller."""
        return self.traces > 0 and self.present / self.traces >= ALWAYS


def production(reference: Snapshot, edge: Edge) -> Production:
    """What the reference says of `edge`: nothing where it may be one that was not counted."""
    return Production(*reference.share(edge))


def is_usual(structure: shapes.Structure, reference: Snapshot) -> bool:
    """Whether a trace has what nearly every one of the reference has, and nothing that hardly any has."""
    operations, edges = set(structure.operations), set(structure.edges)
    known = (production(reference, edge) for edge in structure.edges)
    if any(edge.judged and edge.present <= HARDLY_ANY * edge.traces for edge in known):
        return False
    return not any(
        share.present >= NEARLY_ALL * share.traces
        for edge, share in reference.edges.items()
        if edge.caller in operations and edge not in edges
    )


class Structure:
    """The edge detectors of one path in one comparison; created only for edges that need one."""

    __slots__ = ("streams", "units", "updates")

    def __init__(self) -> None:
        self.streams: dict[Edge, RateStream] = {}
        self.units = 0
        self.updates = 0

    def feed(
        self,
        units: Sequence[Unit],
        reference: Snapshot,
        batch: str,
        at: LogTime,
        page: float,
        *,
        lost: Mapping[str, float] = NONE_LOST,
        lazily: bool = False,
    ) -> dict[Edge, float]:
        """Fold the units of one run (or bucket) against production as it was before them.

        page: the evidence at which a stream fires. lost: the share of a service's spans that the units lost;
        1.0 where they say nothing of what is missing. lazily: an edge gets a detector when units deviate, and
        keeps it until nothing hints at a drift. Returns what each watched edge won or lost over the run.
        """
        bets = {}
        for edge in self._watched(units, reference):
            xs = [x for x in (unit.presence(edge) for unit in units) if x is not None]
            known = production(reference, edge)
            if known.optional and edge in self.streams:
                self.streams[edge].begin_anew()
            if xs and known.judged:
                tolerated = expected(*known, _lost(edge, lost))
                usual = lazily and all(map(tolerated.allows, xs))
                stream = self.streams.get(edge) if usual else self._stream(edge, known, tolerated, lazily)
                if stream is not None:
                    stream.feed(xs, tolerated, batch, at, page)
                    self.updates += len(xs)
                    bets[edge] = stream.bet
            if lazily and edge in self.streams and self.streams[edge].quiet:
                del self.streams[edge]
        self.units += len(units)
        return bets

    def _watched(self, units: Iterable[Unit], reference: Snapshot) -> Iterable[Edge]:
        """Edges production always has, edges already watched, edges these units bring."""
        always = (edge for edge, known in reference.edges.items() if Production(*known).always)
        brought = (edge for unit in units for edge in unit.edges())
        return dict.fromkeys((*always, *self.streams, *brought))

    def _stream(self, edge: Edge, known: Production, tolerated: Expected, lazily: bool) -> RateStream | None:
        stream = self.streams.get(edge)
        if stream is None and len(self.streams) < MOST_STREAMS:
            stream = self.streams[edge] = RateStream()
            if lazily or not known.always:
                stream.detector.skipped(self.units, float(known.always), *tolerated.null)
        return stream

    @property
    def differs(self) -> bool:
        """Whether a call is known, or suspected, to be missing or extra."""
        return any(each.firing or each.detector.evidence >= WORTH_A_BOUND for each in self.streams.values())

    def signals(
        self, outcome: str, reference: Snapshot, warn: float, lost: Mapping[str, float] = NONE_LOST
    ) -> list[Signal]:
        """One signal that speaks for the path, then one per watched edge.

        warn: evidence to be reached. lost: as in `feed`.
        """
        edges = (
            _edge_signal(outcome, edge, each, reference, warn, _lost(edge, lost))
            for edge, each in self.streams.items()
        )
        return [self._power(outcome, reference, warn, lost), *(signal for signal in edges if signal)]

    def _power(self, outcome: str, reference: Snapshot, warn: float, lost: Mapping[str, float]) -> Signal:
        worst = max((_lost(edge, lost) for edge in reference.edges), default=0.0)
        enough = needed(reference.size, warn, worst)
        missing = lacking(enough, self.units, MOST_UNITS)
        says = _says_power(missing, enough, reference.traces, worst)
        return path_signal(Dimension.STRUCTURE, outcome, reference.traces, self.units, missing, says)

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        streams = [[edge.pack(), stream.pack()] for edge, stream in self.streams.items()]
        return [self.units, self.updates, streams]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The detectors that `pack` packed."""
        structure = cls()
        structure.units, structure.updates, streams = plain
        structure.streams = {Edge.unpack(edge): RateStream.unpack(stream) for edge, stream in streams}
        return structure


def needed(size: Size, warn: float, lost: float = 0.0) -> int:
    """Units after which an edge of all production traces, were it missing, would have been told."""
    traces = int(size.traces)
    if traces == 0:
        return MOST_UNITS + 1
    # A little fewer traces need no fewer units; so rounded, a growing reference gives few distinct questions.
    coarse = traces >> max(0, traces.bit_length() - 5) << max(0, traces.bit_length() - 5)
    return units_to_tell(False, *expected(coarse, coarse, size.weighted, lost).null, warn, MOST_UNITS)


def _lost(edge: Edge, lost: Mapping[str, float]) -> float:
    """The share of the spans of an edge that is lost: they are of the service that makes the call."""
    return lost_by(edge.callee.service, lost)


def _edge_signal(
    outcome: str, edge: Edge, stream: RateStream, reference: Snapshot, warn: float, lost: float
) -> Signal | None:
    known, mean = production(reference, edge), stream.mean
    if mean is None or not (known.traces or stream.witness):
        return None
    bounds = expected(*known, lost) if known.traces or not stream.witness else stream.witness.expected
    return Signal(
        outcome=outcome,
        dimension=Dimension.STRUCTURE,
        subject=str(edge),
        service=edge.caller.service,
        effect=abs(bounds.prior - mean),
        noise_floor=noise_floor(2, stream.units),
        evidence=stream.detector.evidence,
        beyond=not bounds.allows(mean),
        reference_n=round(known.traces),
        candidate_n=stream.units,
        missing=0,
        firing=stream.firing,
        lower_bound=stream.lower_bound,
        onset=stream.onset,
        says=_says_edge(edge, bounds.prior, known, mean, stream.units),
        new_in=stream.origin if _is_new(stream, mean, bounds, warn) else "",
    )


def _is_new(stream: RateStream, mean: float, bounds: Expected, warn: float) -> bool:
    """Whether so many units were without the effect before the onset that it would have been told of."""
    if bounds.allows(mean):
        return False
    return stream.detector.units - stream.units >= units_to_tell(mean > bounds.high, *bounds.null, warn)


def _says_edge(edge: Edge, rate: float, known: Production, mean: float, units: int) -> str:
    if not known.traces:
        return f"'{edge}' drifted, and the reference has shown nothing of its caller since."
    return (
        f"'{edge}' happens in {share(rate)} of {round(known.traces):,} reference traces "
        f"and in {share(mean)} of {counted(units, 'candidate unit')} since the onset."
    )


def _says_power(missing: int, enough: int, traces: int, lost: float) -> str:
    if lost == 1.0:
        return "Too many spans get lost on the way: no call can be said to be missing."
    if enough > MOST_UNITS:
        known = counted(traces, "complete trace") if traces else "no complete trace"
        return f"The reference has {known} of this path: too few for a verdict."
    if missing == 0:
        return "Every call that the reference always makes is made, and none that it never makes."
    return f"{counted(missing, 'more evidence unit')} would decide (a test run gives up to {SLOTS} per path)."


def lacking(enough: int, seen: int, most: int) -> int:
    """Units still needed of `enough`; above `most` no number of them would do, so silence is never 'ok'."""
    return enough if enough > most else max(0, enough - seen)


def counted(number: int, thing: str) -> str:
    """How many of a thing, in words."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def share(rate: float) -> str:
    """A rate as a percentage that never rounds something to nothing, or most to all."""
    if 0 < rate < 0.001:
        return "under 0.1 %"
    if 0.999 < rate < 1:
        return "over 99.9 %"
    return f"{100 * rate:.3g} %"
