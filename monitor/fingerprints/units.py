"""Evidence units: the candidate's traces of one path, kept per (run, case) until the run is settled.

Repeats inside a test case are one unit, not many, and a run gives at most `SLOTS` units per path: the
cases of one run share caches and flags, so they are averaged in slots chosen by a hash of their name
(statistics 0, finding 2). Without a run, the unit is a time bucket.
"""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple, Self

from monitor.base.units import LogTime
from monitor.fingerprints.structure import Edge
from monitor.fingerprints.tally import Tally
from monitor.flows.flow import Flaw, Flow, Outcome

SLOTS = 4


class Batch(NamedTuple):
    """What closes together: a run of an environment, or (run '') the bucket that starts at `bucket`."""

    environment: str
    run: str
    bucket: LogTime


def batch_of(flow: Flow, bucket_ms: int) -> Batch:
    """The batch to which a candidate's flow belongs."""
    if flow.run:
        return Batch(flow.environment, flow.run, LogTime(0))
    return Batch(flow.environment, "", LogTime(flow.began // bucket_ms * bucket_ms))


class OpenUnits:
    """The open units of one flow in one batch: a tally per (outcome, case) of complete traces."""

    __slots__ = ("tallies",)

    def __init__(self) -> None:
        self.tallies: dict[tuple[Outcome, str], Tally] = {}

    def observe(self, flow: Flow) -> bool:
        """Count one complete flow; an incomplete one is no evidence. Whether its case's traces doubled."""
        if flow.flaws != Flaw.NONE:
            return False
        tally = self.tallies.setdefault((flow.outcome, flow.case), Tally())
        tally.observe(flow)
        return tally.traces & (tally.traces - 1) == 0

    def units(self) -> Iterator[tuple[Outcome, "Unit"]]:
        """The units that this batch gives, ordered by (outcome, slot)."""
        slots: dict[tuple[Outcome, int], list[Tally]] = {}
        for (outcome, case), tally in sorted(self.tallies.items(), key=lambda item: item[0]):
            slots.setdefault((outcome, _slot(case)), []).append(tally)
        for (outcome, _), cases in sorted(slots.items(), key=lambda item: item[0]):
            yield outcome, Unit(tuple(cases))

    def pack(self) -> list[Any]:
        """Plain lists for JSON."""
        return [[outcome, case, tally.pack()] for (outcome, case), tally in self.tallies.items()]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The units that `pack` packed."""
        units = cls()
        for outcome, case, tally in plain:
            units.tallies[(Outcome(outcome), case)] = Tally.unpack(tally)
        return units


class Unit(NamedTuple):
    """One evidence unit of a path: the cases that share a slot, each with its tally."""

    cases: tuple[Tally, ...]

    @property
    def traces(self) -> int:
        """Complete traces inside the unit; repeats do not make more evidence of it."""
        return sum(case.traces for case in self.cases)

    def edges(self) -> Mapping[Edge, None]:
        """Edges that any trace of the unit had, in the order of first appearance."""
        return dict.fromkeys(edge for case in self.cases for edge in case.edges)

    def presence(self, edge: Edge) -> float | None:
        """Mean over cases of the share of traces with `edge` among those with its caller, if any."""
        shares = [
            case.edges.get(edge, 0) / case.operations[edge.caller]
            for case in self.cases
            if edge.caller in case.operations and (edge in case.edges or case.lacks(edge))
        ]
        return sum(shares) / len(shares) if shares else None


def by_outcome(units: OpenUnits) -> dict[Outcome, list[Unit]]:
    """The units that a batch gives (so far), per path."""
    paths: dict[Outcome, list[Unit]] = {}
    for outcome, unit in units.units():
        paths.setdefault(outcome, []).append(unit)
    return paths


def _slot(case: str) -> int:
    return blake2b(case.encode(), digest_size=8).digest()[0] % SLOTS
