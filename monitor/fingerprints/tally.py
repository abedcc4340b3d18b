"""Counts of one path: how many complete traces had an operation, and an edge; how long operations took."""

from collections.abc import Iterable
from typing import Any, Self, TypeVar

from monitor.fingerprints.structure import Edge, structure_of
from monitor.flows.flow import Flow, Operation
from monitor.stats.histogram import Histogram
from monitor.wire.span import Kind

_Key = TypeVar("_Key")
MOST = 2000
"""Of so many operations, and edges, of one path counts are kept: the first ones; the rest is not counted."""


class Tally:
    """Mergeable counts over complete traces of one path; all integers, so that merging is exact.

    traces: how many; weight, squares: sums of their sampling weights (1/1024) and of the squares;
    operations, edges: traces in which each was present at least once; times: self times of operations. An
    edge's caller is always counted.
    """

    __slots__ = ("edges", "operations", "squares", "times", "traces", "weight")

    def __init__(self) -> None:
        self.traces = 0
        self.weight = 0
        self.squares = 0
        self.operations: dict[Operation, int] = {}
        self.edges: dict[Edge, int] = {}
        self.times: dict[Operation, Histogram] = {}

    def observe(self, flow: Flow) -> None:
        """Count one complete trace."""
        self.traces += 1
        self.weight += flow.weight
        self.squares += flow.weight * flow.weight
        structure = structure_of(flow.shape)
        _count(self.operations, structure.operations)
        if len(self.operations) < MOST:
            _count(self.edges, structure.edges)
        else:
            _count(self.edges, (e for e in structure.edges if self.operations.keys() >= {e.caller, e.callee}))
        for node, time in zip(flow.shape, flow.self_times, strict=True):
            if node.operation in self.operations:
                self.times.setdefault(node.operation, Histogram()).add(time)

    def lacks(self, edge: Edge) -> bool:
        """Whether no trace had `edge`; never said where some edges were not counted."""
        return edge not in self.edges and len(self.edges) < MOST and len(self.operations) < MOST

    def merge(self, other: Self) -> Self:
        """The tally of both sets of traces together; operands stay as they are."""
        merged = type(self)()
        for part in (self, other):
            merged.traces += part.traces
            merged.weight += part.weight
            merged.squares += part.squares
            _add(merged.operations, part.operations)
            _add(merged.edges, part.edges)
            for operation, histogram in part.times.items():
                merged.times[operation] = merged.times.get(operation, Histogram()).merge(histogram)
        return merged

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]  # mutable

    def pack(self) -> list[Any]:
        """Plain lists for JSON, in the order of first appearance; squares may pass 64 bits: as text."""
        place = {operation: index for index, operation in enumerate(self.operations)}
        return [
            self.traces,
            self.weight,
            str(self.squares),
            [[*operation, n, self.times[operation].pack()] for operation, n in self.operations.items()],
            [[place[edge.caller], place[edge.callee], count] for edge, count in self.edges.items()],
        ]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The tally that `pack` packed, in the same order."""
        tally = cls()
        tally.traces, tally.weight, squares, operations, edges = plain
        tally.squares = int(squares)
        for service, kind, name, count, times in operations:
            operation = Operation(service, Kind(kind), name)
            tally.operations[operation] = count
            tally.times[operation] = Histogram.unpack(times)
        known = list(tally.operations)
        for caller, callee, count in edges:
            tally.edges[Edge(known[caller], known[callee])] = count
        return tally


def _count(counts: dict[_Key, int], keys: Iterable[_Key]) -> None:
    for key in keys:
        if key in counts:
            counts[key] += 1
        elif len(counts) < MOST:
            counts[key] = 1


def _add(counts: dict[_Key, int], more: dict[_Key, int]) -> None:
    for key, count in more.items():
        counts[key] = counts.get(key, 0) + count
