"""Presence counts of one path by day of log time: whole numbers, so that merging is exact in any order.

What is old counts less, but only in a `Snapshot`: decay is applied when one is taken, never to the counts.
Rows of counts stand in one table per path, since a path has some dozens of names and some dozens of days.
"""

from array import array
from collections.abc import Iterable, Iterator
from typing import Any, Self

from monitor.base.units import UNIT_WEIGHT
from monitor.fingerprints.structure import Edge, Structure, structure_of
from monitor.flows.flow import Flow, Operation
from monitor.wire.span import Kind

DAY_MS = 86_400_000
MOST = 2000
"""Of so many operations, and edges, of one path counts are kept: the first ones; the rest is not counted."""
_TRACES = 0
_MOST_RECENT = 64
_NOTHING = (0, 0)


class Days:
    """Mergeable counts over complete traces of one path, a row for each day (days since the epoch).

    traces, weight, squares: totals, which no forgetting lessens: how many, the sum of their sampling weights
    (1/1024) and of the squares. operations, edges: place of each in a row; place 0 counts the day's traces.
    counts: traces in which each was present at least once. excess: what weights
    other than 1 add to the sums of weights and of squares. An edge's caller is always counted.
    """

    __slots__ = ("_recent", "counts", "edges", "excess", "operations", "squares", "traces", "weight")

    def __init__(self) -> None:
        self.traces = 0
        self.weight = 0
        self.squares = 0
        self.operations: dict[Operation, int] = {}
        self.edges: dict[Edge, int] = {}
        self.counts: dict[int, array[int]] = {}
        self.excess: dict[int, dict[int, tuple[int, int]]] = {}
        self._recent: dict[int, tuple[Structure, list[int], int]] = {}

    @property
    def counted(self) -> int:
        """Traces that the rows stand for: those of this epoch that are not forgotten."""
        return sum(row[_TRACES] for row in self.counts.values())

    def begin_anew(self) -> None:
        """Forget every count, as a new epoch begins; the totals stay."""
        self.operations, self.edges = {}, {}
        self.counts, self.excess = {}, {}
        self._recent.clear()

    @property
    def complete(self) -> bool:
        """Whether every edge is counted, so that one without a count was never there."""
        return len(self.edges) < MOST and len(self.operations) < MOST

    def observe(self, flow: Flow) -> None:
        """Count one complete trace on the day on which it began."""
        weight = flow.weight
        self.traces += 1
        self.weight += weight
        self.squares += weight * weight
        day = flow.began // DAY_MS
        row = self.counts.get(day)
        if row is None:
            row = self.counts[day] = array("q", (0,))
        structure = structure_of(flow.shape)
        known = self._recent.get(id(structure)) or self._remembered(structure)
        places = known[1]
        if len(row) <= known[2]:
            row.extend([0] * (self._last + 1 - len(row)))
        for place in places:
            row[place] += 1
        if weight != UNIT_WEIGHT:
            self._weigh(day, places, (weight - UNIT_WEIGHT, weight * weight - UNIT_WEIGHT * UNIT_WEIGHT))

    @property
    def _last(self) -> int:
        return len(self.operations) + len(self.edges)

    def _remembered(self, structure: Structure) -> tuple[Structure, list[int], int]:
        """A structure, its places and the last of them: by identity, as hashing costs more than counting."""
        if len(self._recent) >= _MOST_RECENT:
            self._recent.clear()
        places = self._places(structure)
        known = self._recent[id(structure)] = (structure, places, max(places))
        return known

    def _places(self, structure: Structure) -> list[int]:
        """Places of what a trace has, new ones among them while there is room."""
        operations, edges = self.operations, self.edges
        places = [_TRACES]
        for operation in structure.operations:
            place = operations.get(operation)
            if place is None and len(operations) < MOST:
                place = operations[operation] = self._last + 1
            if place is not None:
                places.append(place)
        for edge in structure.edges:
            place = edges.get(edge)
            if (
                place is None
                and len(edges) < MOST
                and edge.caller in operations
                and edge.callee in operations
            ):
                place = edges[edge] = self._last + 1
            if place is not None:
                places.append(place)
        return places

    def _weigh(self, day: int, places: Iterable[int], more: tuple[int, int]) -> None:
        row = self.excess.setdefault(day, {})
        for place in places:
            weight, squares = row.get(place, _NOTHING)
            row[place] = (weight + more[0], squares + more[1])

    def forget(self, kept: int) -> None:
        """Keep the counts of the last `kept` days that have any, and the names that these have."""
        if len(self.counts) > kept:
            recent = sorted(self.counts)[-kept:]
            self._recent.clear()
            old, self.operations, self.edges = (self.operations, self.edges), {}, {}
            counts, self.counts = self.counts, {}
            excess, self.excess = self.excess, {}
            for day in recent:
                self.add(day, counts[day], excess.get(day), *old)

    def merge(self, other: Self) -> Self:
        """The counts of both sets of traces together; operands stay as they are."""
        merged = type(self)()
        for part in (self, other):
            merged.traces += part.traces
            merged.weight += part.weight
            merged.squares += part.squares
            for day, row in part.counts.items():
                merged.add(day, row, part.excess.get(day), part.operations, part.edges)
        return merged

    def add(
        self,
        day: int,
        row: "array[int]",
        excess: dict[int, tuple[int, int]] | None,
        operations: dict[Operation, int],
        edges: dict[Edge, int],
    ) -> None:
        """Add the counts of a day that have their names at other places; totals are not touched."""
        place_of = {_TRACES: _TRACES}
        for operation, place in operations.items():
            if place < len(row) and row[place]:
                place_of[place] = self.operations.setdefault(operation, self._last + 1)
        for edge, place in edges.items():
            if place < len(row) and row[place]:
                place_of[place] = self.edges.setdefault(edge, self._last + 1)
        mine = self.counts.setdefault(day, array("q"))
        mine.extend([0] * (self._last + 1 - len(mine)))
        for there, here in place_of.items():
            mine[here] += row[there]
        for there, more in (excess or {}).items():
            self._weigh(day, (place_of[there],), more)

    def named(self) -> Iterator[tuple[Operation | Edge | None, int]]:
        """Every name and its place; None is the trace itself."""
        yield None, _TRACES
        yield from self.operations.items()
        yield from self.edges.items()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Days) and self._content() == other._content()

    __hash__ = None  # type: ignore[assignment]  # mutable

    def _content(self) -> tuple[Any, ...]:
        """All that is counted, whatever place it has."""
        names = list(self.named())
        counts = {
            (day, name): (row[place], self.excess.get(day, {}).get(place, _NOTHING))
            for day, row in self.counts.items()
            for name, place in names
            if place < len(row) and row[place]
        }
        return (self.traces, self.weight, self.squares, counts)

    def pack(self) -> list[Any]:
        """Plain lists for JSON; squares may pass 64 bits: as text."""
        excess = [
            [day, [[place, weight, str(squares)] for place, (weight, squares) in row.items()]]
            for day, row in self.excess.items()
        ]
        return [
            [self.traces, self.weight, str(self.squares)],
            [[*operation, place] for operation, place in self.operations.items()],
            [
                [self.operations[edge.caller], self.operations[edge.callee], place]
                for edge, place in self.edges.items()
            ],
            [[day, row.tolist()] for day, row in self.counts.items()],
            excess,
        ]

    @classmethod
    def unpack(cls, plain: list[Any]) -> Self:
        """The counts that `pack` packed, in the same order."""
        days = cls()
        (days.traces, days.weight, squares), operations, edges, counts, excess = plain
        days.squares = int(squares)
        days.operations = {Operation(s, Kind(kind), name): place for s, kind, name, place in operations}
        at = {place: operation for operation, place in days.operations.items()}
        days.edges = {Edge(at[caller], at[callee]): place for caller, callee, place in edges}
        days.counts = {day: array("q", row) for day, row in counts}
        days.excess = {day: {p: (weight, int(q)) for p, weight, q in row} for day, row in excess}
        return days
