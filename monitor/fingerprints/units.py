"""Evidence units: the candidate's traces of one path, kept per (run, case) until the run is settled.

Repeats inside a test case are one unit, not many, and a run gives at most `SLOTS` units per path: the
cases of one run share caches and flags, so they are averaged in slots chosen by a hash of their name
(statistics 0, finding 2). Without a run, the unit is a time bucket. A run that goes on for longer than
`PART_MS` is cut into parts of that length, each with units of its own, so that an id that never changes
gives evidence, too, and memory stays bounded.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Literal, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.dimensions.dimension import SLOTS, Split
from monitor.dimensions.trait import Trait
from monitor.fingerprints.tally import Tally
from monitor.flows.flow import Flaw, Flow, Outcome
from monitor.stats.histogram import Histogram

PART_MS = 30 * 60_000
"""A run is cut into parts of so much log time, from its beginning."""
MOST_CASES = 1000
"""Of one flow and batch so many cases are told apart; the traces of later ones count as one of each slot."""

UnitKind = Literal["auto", "run+case", "run", "bucket", "trace"]
"""What one piece of evidence is. auto: a test case of a run, else a run, else a bucket, by what spans say."""


class Batch(NamedTuple):
    """What closes together: the part of a run that starts at `bucket`, or (run '') the bucket itself."""

    environment: str
    run: str
    bucket: LogTime

    @property
    def name(self) -> str:
        """The run and the part of it, or the bucket, as text; `run_of` gives the run back."""
        return f"{self.run} {self.bucket}"

    def end(self, bucket_ms: int) -> LogTime:
        """Log time at which the part, or the bucket of `bucket_ms`, ends."""
        return LogTime(self.bucket + (PART_MS if self.run else bucket_ms))


def run_of(batch: str) -> str:
    """The run in the name of a batch; '' in that of a bucket."""
    return batch.rpartition(" ")[0]


def batch_of(flow: Flow, kind: UnitKind, bucket_ms: int, run_began: LogTime) -> Batch | None:
    """The batch to which a candidate's flow belongs; None where it lacks the ids that `kind` asks for.

    run_began: log time from which the parts of its run are counted; what began earlier is in the first one.
    """
    if flow.run and kind != "bucket":
        part = max(0, flow.began - run_began) // PART_MS
        batch = Batch(flow.environment, flow.run, LogTime(run_began + part * PART_MS))
        return batch if flow.case or kind != "run+case" else None
    bucket = Batch(flow.environment, "", LogTime(flow.began // bucket_ms * bucket_ms))
    return bucket if kind in ("auto", "bucket", "trace") else None


class Member(NamedTuple):
    """Which unit of its batch a trace belongs to, and as what it is averaged there."""

    outcome: Outcome
    unit: str
    case: str


def member_of(flow: Flow, kind: UnitKind) -> Member:
    """Where a flow goes inside its batch: a slot of cases, all of it, or (`trace`) a unit of its own."""
    if kind == "trace":
        return Member(flow.outcome, flow.trace_id.hex(), "")
    if flow.run and flow.case and kind in ("auto", "run+case"):
        return Member(flow.outcome, _slot(flow.case), flow.case)
    return Member(flow.outcome, "", "")


class OpenUnits:
    """The open units of one flow in one batch: a tally of complete traces per case of each unit."""

    __slots__ = ("tallies",)

    def __init__(self) -> None:
        self.tallies: dict[Member, Tally] = {}

    def observe(self, flow: Flow, kind: UnitKind = "auto") -> bool:
        """Count one complete flow; an incomplete one is no evidence. Whether its case's traces doubled."""
        if flow.flaws != Flaw.NONE:
            return False
        member = member_of(flow, kind)
        tally = self.tallies.get(member)
        if tally is None:
            if member.case and len(self.tallies) >= MOST_CASES:
                member = member._replace(case="")
            tally = self.tallies.setdefault(member, Tally())
        tally.observe(flow)
        return tally.traces & (tally.traces - 1) == 0

    def units(self) -> Iterator[tuple[Outcome, "Unit"]]:
        """The units that this batch gives, ordered by (outcome, unit)."""
        units: dict[tuple[Outcome, str], list[Tally]] = {}
        for member, tally in sorted(self.tallies.items(), key=lambda item: item[0]):
            units.setdefault((member.outcome, member.unit), []).append(tally)
        for (outcome, _), cases in units.items():
            yield outcome, Unit(tuple(cases))

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [[*member, tally.pack()] for member, tally in self.tallies.items()]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The units that `pack` packed."""
        units = cls()
        for outcome, unit, case, tally in plain:
            units.tallies[Member(Outcome(outcome), unit, case)] = Tally.unpack(tally)
        return units


class Unit(NamedTuple):
    """One evidence unit of a path: the cases that share a slot, each with its tally."""

    cases: tuple[Tally, ...]

    @property
    def traces(self) -> int:
        """Complete traces inside the unit; repeats do not make more evidence of it."""
        return sum(case.traces for case in self.cases)

    def traits(self, dimension: str) -> Mapping[Trait, None]:
        """The traits of a dimension that any trace of the unit had, in the order of first appearance."""
        had = (thing for case in self.cases for thing in case.had)
        return dict.fromkeys(each for each in had if isinstance(each, Trait) and each.dimension == dimension)

    def times(self, dimension: str) -> dict[Trait, Histogram]:
        """Self times of all traces of the unit, of what a dimension times."""
        times: dict[Trait, Histogram] = {}
        for case in self.cases:
            for thing, histogram in case.times.get(dimension, {}).items():
                known = times.get(thing)
                times[thing] = histogram if known is None else known.merge(histogram)
        return times

    def presence(self, trait: Trait) -> float | None:
        """Mean over cases of the share of traces with a trait among those with its given, if any."""
        shares = [share for case in self.cases if (share := case.share(trait)) is not None]
        return sum(shares) / len(shares) if shares else None


def by_outcome(units: OpenUnits) -> dict[Outcome, list[Unit]]:
    """The units that a batch gives (so far), per path."""
    paths: dict[Outcome, list[Unit]] = {}
    for outcome, unit in units.units():
        paths.setdefault(outcome, []).append(unit)
    return paths


def shares_of(units: OpenUnits, split: Split) -> list[list[float]]:
    """Per unit of a flow, whatever its outcome: shares of a split's values, mean over its cases."""
    place = {value: index for index, value in enumerate(split.values)}
    cases: dict[str, dict[str, list[int]]] = {}
    for member, tally in sorted(units.tallies.items(), key=lambda item: item[0]):
        ended = cases.setdefault(member.unit, {}).setdefault(member.case, [0] * len(place))
        ended[place[split.extract(member.outcome)]] += tally.traces
    return [_mean_shares(list(unit.values())) for unit in cases.values()]


def _mean_shares(cases: list[list[int]]) -> list[float]:
    shares = [[n / sum(case) for n in case] for case in cases]
    return [sum(each) / len(cases) for each in zip(*shares, strict=True)]


@lru_cache(maxsize=65536)
def _slot(case: str) -> str:
    return str(blake2b(case.encode(), digest_size=8).digest()[0] % SLOTS)
