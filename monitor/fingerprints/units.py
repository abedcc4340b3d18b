"""Evidence units: the candidate's traces of one path, kept per (run, case) until the run is settled.

Repeats inside a test case are one unit, not many, and a run gives at most `SLOTS` units per path: the
cases of one run share caches and flags, so they are averaged in slots (statistics 0, finding 2). Cases are
dealt to the slots in turn, in the order of their names, when units are read: n cases give min(4, n) units,
whatever their names and in whatever order they came. Without a run, the unit is a time bucket. A run that
goes on for longer than `PART_MS` is cut into parts of that length, each with units of its own, so that an id
that never changes gives evidence, too, and memory stays bounded.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Self, TypeVar

from monitor.base.run import RunKey
from monitor.base.units import MINUTE_MS, LogTime
from monitor.dimensions.dimension import SLOTS, Split
from monitor.dimensions.trait import Trait
from monitor.fingerprints.tally import Tally
from monitor.flows.flow import Flow, Outcome
from monitor.stats.timing import Distribution, Relative, mean_of, relative_times

PART_MS = 30 * MINUTE_MS
"""A run is cut into parts of so much log time, from its beginning."""
MOST_CASES = 1000
"""Of one flow and batch at most this many cases are known by name; all others count as one."""

UnitKind = Literal["auto", "run+case", "run", "bucket", "trace"]
"""What one piece of evidence is. auto: a test case of a run, else a run, else a bucket, by what spans say."""


class Origin(NamedTuple):
    """Where units come from: the part of a run that began at `part`, or (run '') a bucket or slice.

    trace: of a unit that is one trace; `part` is then when it began.
    """

    run: str
    part: int
    trace: str = ""

    def pack(self) -> list[Any]:
        """A plain list for JSON."""
        return list(self) if self.trace else [self.run, self.part]

    @classmethod
    def read(cls, plain: Any) -> "Origin | None":
        """An origin packed as a list, None for nothing; version 0.1 packed it as text, '<run> <part>'."""
        if isinstance(plain, str):
            run, _, part = plain.rpartition(" ")
            return cls(run, int(part)) if part.isdecimal() else cls(plain, 0) if plain else None
        return plain and cls(*plain)


class Batch(NamedTuple):
    """What closes together: the part of a run that starts at `bucket`, or (run '') the bucket itself."""

    environment: str
    run: str
    bucket: LogTime

    @property
    def key(self) -> RunKey:
        """The run, or all that is none."""
        return RunKey(self.environment, self.run)

    @property
    def origin(self) -> Origin:
        """What its units come from."""
        return Origin(self.run, self.bucket)

    def end(self, bucket_ms: int) -> LogTime:
        """Log time at which the part, or the bucket of `bucket_ms`, ends."""
        return LogTime(self.bucket + (PART_MS if self.run else bucket_ms))


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
    """As what a trace is averaged inside its batch: a case, or (trace not '') by itself.

    case: '' for what belongs to no case, or to one of too many. trace: when it began, and its id: text that
    has the order of their starts.
    """

    outcome: Outcome
    trace: str
    case: str


def member_of(flow: Flow, kind: UnitKind) -> Member:
    """Where a flow goes inside its batch: to its case, to all without one, or (`trace`) it stands alone."""
    if kind == "trace":
        return Member(flow.outcome, f"{flow.began:016} {flow.trace_id.hex()}", "")
    told_apart = flow.run and kind in ("auto", "run+case")
    return Member(flow.outcome, "", flow.case if told_apart else "")


class OpenUnits:
    """The open units of one flow in one batch: a tally of complete traces per case and outcome.

    _cases: the names of the cases that are distinguished, sorted.
    """

    __slots__ = ("_cases", "tallies")

    def __init__(self) -> None:
        self.tallies: dict[Member, Tally] = {}
        self._cases: list[str] = []

    def observe(self, flow: Flow, kind: UnitKind = "auto") -> bool:
        """Count one complete flow; an incomplete one is no evidence. Whether its case's traces doubled."""
        if flow.flaws:
            return False
        member = member_of(flow, kind)
        tally = self.tallies.get(member)
        if tally is None:
            tally = self.tallies.setdefault(self._admitted(member), Tally())
        tally.observe(flow)
        return tally.traces & (tally.traces - 1) == 0

    def _admitted(self, member: Member) -> Member:
        """The member itself, or the nameless one where its case is not among the first by name.

        So the cases that are distinguished are the same ones, in whatever order they come.
        """
        if member.case and not self._is_known(member.case):
            insort(self._cases, member.case)
            if len(self._cases) > MOST_CASES:
                self._join(self._cases.pop())
        return member if self._is_known(member.case) else member._replace(case="")

    def _is_known(self, case: str) -> bool:
        place = bisect_left(self._cases, case)
        return not case or (place < len(self._cases) and self._cases[place] == case)

    def _join(self, case: str) -> None:
        """Count a case with the nameless ones from now on."""
        for outcome in Outcome:
            tally = self.tallies.pop(Member(outcome, "", case), None)
            if tally is not None:
                nameless = Member(outcome, "", "")
                self.tallies[nameless] = self.tallies.get(nameless, Tally()).merge(tally)

    def cases(self) -> dict[str, int]:
        """How many test cases (or traces that stand alone) had each outcome, and ('') any."""
        outcomes = Counter[str](member.outcome.value for member in self.tallies)
        return {"": len({member[1:] for member in self.tallies}), **outcomes}

    def units(self) -> Iterator[tuple[Outcome, "Unit"]]:
        """The units that this batch gives, ordered by outcome."""
        for outcome in sorted({member.outcome for member in self.tallies}):
            members = (member for member in self.tallies if member.outcome is outcome)
            cases = {(member.trace, member.case): self.tallies[member] for member in members}
            for trace, unit in _dealt(cases):
                yield outcome, Unit(tuple(unit), trace)

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [[*member, tally.pack()] for member, tally in self.tallies.items()]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The units that `pack` packed."""
        units = cls()
        for outcome, trace, case, packed in plain:
            # Version 0.1 had the number of a slot in the place of the trace.
            member = Member(Outcome(outcome), trace if len(trace) > 1 else "", case)
            known, tally = units.tallies.get(member), Tally.unpack(packed)
            units.tallies[member] = tally if known is None else known.merge(tally)
        units._cases = sorted({member.case for member in units.tallies if member.case})
        return units


class Unit(NamedTuple):
    """An evidence unit of a path: the cases that share a slot, each with its tally. trace: as in `Member`."""

    cases: tuple[Tally, ...]
    trace: str = ""

    @property
    def traces(self) -> int:
        """Complete traces inside the unit; repeats do not make more evidence of it."""
        return sum(case.traces for case in self.cases)

    def traits(self, dimension: str) -> Mapping[Trait, None]:
        """The traits of a dimension that any trace of the unit had, in the order of first appearance."""
        return dict.fromkeys(trait for case in self.cases for trait in case.traits(dimension))

    def relative_times(
        self, kind: str, production: Mapping[Trait, Distribution], moved: int
    ) -> dict[Trait, Relative]:
        """What takes time, among production's times of this kind: mean over the cases that can say it.

        moved: by how much the pace had moved before this unit (`stats.timing`).
        """
        cases: dict[Trait, list[Relative]] = {}
        for case in self.cases:
            for thing, relative in relative_times(case.times.get(kind, {}), production, moved).items():
                cases.setdefault(thing, []).append(relative)
        return {thing: mean_of(each) for thing, each in cases.items()}

    def shares(self, trait: Trait) -> list[float]:
        """Per case the share of traces with a trait among those with its given; of cases that have any."""
        return [share for case in self.cases if (share := case.share(trait)) is not None]

    def presence(self, trait: Trait) -> float | None:
        """Mean of the shares; None where no case has any."""
        shares = self.shares(trait)
        return sum(shares) / len(shares) if shares else None


def presences(units: Iterable[Unit], trait: Trait) -> tuple[tuple[float, ...], int]:
    """The presence of a trait in each unit in which its question arises, and in how many cases that was."""
    asked = [shares for unit in units if (shares := unit.shares(trait))]
    return tuple([sum(shares) / len(shares) for shares in asked]), sum(map(len, asked))


def by_outcome(units: OpenUnits) -> dict[Outcome, list[Unit]]:
    """The units that a batch gives (so far), per path."""
    paths: dict[Outcome, list[Unit]] = {}
    for outcome, unit in units.units():
        paths.setdefault(outcome, []).append(unit)
    return paths


class Values(NamedTuple):
    """Shares of a split's values in one unit of a flow, whatever its outcome; trace: as in `Member`."""

    shares: list[float]
    trace: str = ""


def shares_of(units: OpenUnits, split: Split) -> list[Values]:
    """Of every unit the mean over its cases."""
    place = {value: index for index, value in enumerate(split.values)}
    cases: dict[tuple[str, str], list[int]] = {}
    for member, tally in units.tallies.items():
        ended = cases.setdefault((member.trace, member.case), [0] * len(place))
        ended[place[split.extract(member.outcome)]] += tally.traces
    return [Values(_mean_shares(unit), trace) for trace, unit in _dealt(cases)]


_Unit = TypeVar("_Unit", Unit, Values)


def in_turn(
    units: Sequence[_Unit], batch: Batch, began: LogTime
) -> Iterator[tuple[list[_Unit], Origin, LogTime]]:
    """The units of a batch that began at log time `began`, those that are fed together, and their origin.

    What shares causes is fed together; traces that are units of their own one by one, by their starts.
    """
    if together := [unit for unit in units if not unit.trace]:
        yield together, batch.origin, began
    for unit in units:
        if unit.trace:
            start, _, trace = unit.trace.rpartition(" ")
            at = LogTime(int(start or began))
            yield [unit], Origin(batch.run, at, trace), at


_Counts = TypeVar("_Counts")


def _dealt(cases: Mapping[tuple[str, str], _Counts]) -> list[tuple[str, list[_Counts]]]:
    """Counts by (trace, case) as units: cases dealt to slots in the order of their names, traces alone."""
    in_order = sorted(cases)
    together = [cases[key] for key in in_order if not key[0]]
    slots = [together[slot::SLOTS] for slot in range(min(SLOTS, len(together)))]
    return [*(("", slot) for slot in slots), *((key[0], [cases[key]]) for key in in_order if key[0])]


def _mean_shares(cases: list[list[int]]) -> list[float]:
    shares = [[n / sum(case) for n in case] for case in cases]
    return [sum(each) / len(cases) for each in zip(*shares, strict=True)]
